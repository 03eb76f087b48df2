"""The console's pages, one module each: its routes and what they show."""
