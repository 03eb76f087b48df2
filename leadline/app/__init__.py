"""The command line: wires the parts together and speaks with people."""
