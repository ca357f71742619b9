"""Anybody's spots on SoccerNet's labels: files read, counted as SoccerNet does, with intervals by game."""
