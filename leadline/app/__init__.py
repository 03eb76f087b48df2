"""The command line: wires the parts together and handles all terminal output."""
