"""Which customer records are one customer: splink proposes, thresholds and stewards decide, landing keeps it."""
