"""What a commentator says, as a model learns it: labels, folds by game, fitting, baselines, evaluation, report."""
