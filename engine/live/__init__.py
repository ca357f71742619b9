"""From sound to readings to spikes, incremental and causal, for one source or many."""
