"""What a commentator says: transcripts read and cleaned, and the events that the words speak of."""
