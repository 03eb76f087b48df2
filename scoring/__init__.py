"""Turn findings into routed, explained exceptions."""
