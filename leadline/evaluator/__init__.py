"""The evaluator: reads the sealed truth of simulated firms and says how good each score could be, and is."""
