"""Risk models: one module per stem, each offering the functions of `models.risk_model`."""
