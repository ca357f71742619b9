"""How weights that are shipped were made, to be made again."""
