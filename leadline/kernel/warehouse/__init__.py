"""The warehouse: build it with dbt, publish it by an atomic swap, read it as of any moment. The only importer of duckdb."""
