"""What every risk model is made of: the protocol, artefacts, learners and metrics."""
