"""As-of features and labels: one module per stem, reading only what was known."""
