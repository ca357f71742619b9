"""The wall: all venues on one screen."""
