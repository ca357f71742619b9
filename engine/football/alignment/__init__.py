"""Where the kick-offs of a match lie in its recording."""
