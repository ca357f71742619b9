"""A search for better settings of a training: which to try is Optuna's choice, each trial is a task."""
