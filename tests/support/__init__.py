"""In-memory twins, drawn tables and builders for tests."""
