"""The networks under training, on the engine's own parameters, and their losses."""
