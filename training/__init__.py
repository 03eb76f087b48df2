"""Train, compare and gate risk models on held-out time."""
