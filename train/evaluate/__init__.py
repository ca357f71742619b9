"""How good an index is: on matches, on reels of real sounds, and on single confusers; and the reports of it."""
