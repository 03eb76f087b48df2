"""Leadline: decision support for professional-services firms."""

__version__ = "0.2.0"
