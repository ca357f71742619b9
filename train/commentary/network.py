"""The network of words under training: the loss in MLX, the vectors of words beside it as rows of a sparse product.

A batch holds some ten thousand words and a table of twenty thousand vectors, so what is said is summed by a sparse
matrix (scipy), and MLX gives the gradient with respect to the sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.commentary.word_network import Array, Spans

Parameters = dict[str, mx.array]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network: ``width`` of a word's vector, ``hidden`` units."""

    spans: Spans
    kinds: int
    width: int = 32
    hidden: int = 64


def first_parameters(shape: Shape, prior: NDArray[np.float64], counts: int, seed: int) -> Parameters:
    """Parameters before any training; ``prior`` (kinds,) is how often each kind is to be expected."""
    draw = np.random.default_rng(seed)
    inputs = len(shape.spans) * shape.width

    def drawn(*size: int) -> mx.array:
        return mx.array((draw.standard_normal(size) / np.sqrt(size[0])).astype(np.float32))

    return {
        "counts": drawn(counts, shape.width) * 0.3,
        "bias": mx.zeros(shape.width),
        "hidden": drawn(inputs, shape.hidden),
        "hidden_bias": mx.zeros(shape.hidden),
        "out": drawn(shape.hidden, shape.kinds) * 0.3,
        "out_bias": mx.array(np.log(prior / (1 - prior)).astype(np.float32)),
    }


def mean_loss(
    parameters: Parameters,
    said: mx.array,
    counts: mx.array,
    targets: mx.array,
    weights: mx.array,
    keep: mx.array,
    spans: Spans,
) -> mx.array:
    """Cross-entropy of crops: ``said`` (crops, steps, d) summed vectors, ``counts`` (crops, steps, COUNTS), ``targets``
    (crops, steps, kinds) in [0, 1], ``weights`` the same, ``keep`` (crops, 1, spans * d) the dropout's mask."""
    squashed = mx.tanh(said + counts @ parameters["counts"] + parameters["bias"])
    read = spanned_in_mlx(squashed, spans) * keep
    hidden = mx.maximum(read @ parameters["hidden"] + parameters["hidden_bias"], 0.0)
    logits = hidden @ parameters["out"] + parameters["out_bias"]
    loss = mx.logaddexp(mx.zeros_like(logits), logits) - targets * logits
    return (loss * weights).sum() / weights.sum()


def spanned_in_mlx(steps: mx.array, spans: Spans) -> mx.array:
    """As ``engine.commentary.word_network.spanned``, of crops (crops, steps, d)."""
    before, behind = max(0, -min(first for first, _ in spans)), max(0, max(last for _, last in spans))
    length = steps.shape[1]
    summed = mx.cumsum(mx.pad(steps, [(0, 0), (before + 1, behind), (0, 0)]), axis=1)
    parts = []
    for first, last in spans:
        low, high = before + first, before + last
        parts.append((summed[:, high : high + length] - summed[:, low : low + length]) / float(np.sqrt(last - first)))
    return mx.concatenate(parts, axis=2)


def as_numpy(parameters: Parameters, names: Sequence[str]) -> dict[str, Array]:
    return {name: np.array(parameters[name], dtype=np.float32) for name in names}
