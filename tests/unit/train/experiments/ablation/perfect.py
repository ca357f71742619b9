"""A listener who is always right."""

import numpy as np

from train.data.matches import TrainingMatch
from train.fit.predict import Predicted


def perfect(match: TrainingMatch) -> Predicted:
    """What it says of ``match``."""
    return Predicted(match, match.end_times_s(), match.labels.truth.astype(np.float64))
