"""From matches to weights: event data, alignment, weak labels, the library, fitting, evaluation."""
