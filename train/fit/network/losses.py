"""What training makes small."""

import mlx.core as mx


def focal(logits: mx.array, targets: mx.array, weights: mx.array, gamma: float) -> mx.array:
    """Focal loss for soft targets: cross-entropy times the distance to the target to the power ``gamma``.

    Lin et al. (2017) in the form of Li et al. (2020, "quality focal loss"); ``gamma`` 0 is plain cross-entropy.

    Args:
        logits: (..., 2), calm and danger.
        targets: (...), probability of danger.
        weights: (...), 0 for what is left out; the mean is over the rest.
        gamma: how much less what is already right counts.
    """
    log_odds = logits[..., 1] - logits[..., 0]
    entropy = binary_cross_entropy(log_odds, targets)
    if gamma:
        entropy = entropy * mx.abs(mx.sigmoid(log_odds) - targets) ** gamma
    return (weights * entropy).sum() / mx.maximum(weights.sum(), 1.0)


def binary_cross_entropy(log_odds: mx.array, targets: mx.array) -> mx.array:
    """Cross-entropy of each value, computed without overflow."""
    return mx.maximum(log_odds, 0) - log_odds * targets + mx.log1p(mx.exp(-mx.abs(log_odds)))
