"""What every other part stands on: errors, clock, settings, contracts, warehouse. Imports nothing of ours above it."""
