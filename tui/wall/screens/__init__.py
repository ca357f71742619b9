"""The wall's screens."""
