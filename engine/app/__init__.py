"""Use cases: what a person asks for, from its arguments to its end."""
