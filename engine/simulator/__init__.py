"""A match to listen to when there is none: timeline, crowd, confusers, venue, microphone chain."""
