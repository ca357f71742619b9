"""From matches to weights: the library, weak labels, fitting, metrics, evaluation, recipes of shipped weights."""
