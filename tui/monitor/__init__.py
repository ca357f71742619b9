"""The monitor: a session on a terminal."""
