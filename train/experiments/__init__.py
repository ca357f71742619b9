"""Studies, each a program of its own. Nothing imports them."""
