"""What pages read of the published warehouse: one module per page, SQL over the tables as one user sees them."""
