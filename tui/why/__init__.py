"""Why the index stood where it did, for people: in words, in numbers, in a terminal, as a picture."""
