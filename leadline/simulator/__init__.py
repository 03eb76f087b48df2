"""The demo firm: seeded, causal, with sealed truth. It emits source extracts only (docs/simulator.md)."""
