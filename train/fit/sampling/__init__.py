"""Which stretches of which matches make up a batch, and what is done to them."""
