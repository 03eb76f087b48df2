"""As-of features and labels: one module per score, reading only what was known."""
