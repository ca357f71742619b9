"""Spots what happens in a recording from features of its picture and its sound: (rows, width), two rows a second."""
