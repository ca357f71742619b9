"""From logit to probability."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's scaling (1999): probability = sigmoid(slope * logit + offset), fitted on matches not trained on.

    ``fitted`` False means that nobody has measured what the probability is worth.
    """

    slope: float = 1.0
    offset: float = 0.0
    fitted: bool = False

    def probability(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (n, 2) of calm and danger -> probability of danger (n,)."""
        difference = logits[:, 1].astype(np.float64) - logits[:, 0]
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-(self.slope * difference + self.offset))))


def undo_prior(trained_share: float, true_share: float) -> float:
    """The offset that turns log-odds learned at one share of positives into log-odds at another."""
    return log(true_share / (1.0 - true_share)) - log(trained_share / (1.0 - trained_share))
