"""Speed and size, measured by whole commands; see README.md beside this file."""
