"""Reels of real sounds: how scorers and tags do on them."""
