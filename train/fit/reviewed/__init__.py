"""A head fitted to what people said of spikes."""
