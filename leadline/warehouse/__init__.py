"""The warehouse: built with dbt, published by an atomic swap, read as of any moment. The only importer of duckdb."""
