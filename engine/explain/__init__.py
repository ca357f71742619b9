"""Why the index stood where it did: which sound, when and at which pitch, moved it from where it would have been."""
