"""Real recordings, who may learn from them, and reels of them with their truth."""
