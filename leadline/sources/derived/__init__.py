"""What follows from the input contract: staging and core models, their properties, sources, the page (ADR 0018)."""
