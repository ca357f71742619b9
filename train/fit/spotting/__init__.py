"""Fits spotting models to a folder of features with labels, as SoccerNet lays them out."""
