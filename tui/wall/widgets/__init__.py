"""What the wall draws itself with."""
