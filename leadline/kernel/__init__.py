"""The base of every other package: errors, clock, settings, contracts. Imports nothing of ours above it."""
