"""Fits the fusion of channels: the few weights of a rule, and words with a video model by folds of games."""
