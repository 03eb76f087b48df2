"""The queue as JSON: what the pages show and do, for programs. One application below ``/api/v1`` of the console."""
