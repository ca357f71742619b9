"""The network from words to events: what is said around a moment, span by span, to a logit for each kind of event.

Every step of two seconds is the sum of the vectors of what is said in it, squashed. Around a moment these are averaged
over a few spans, near ones short and far ones long (a convolution whose kernel is constant over each span); a hidden
layer reads the averages. The network is trained in MLX (``train/commentary/network.py``) and run here in numpy, for a
half is one small matrix product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.commentary.features import COUNTS, Features

Array = NDArray[np.float32]
Spans = tuple[tuple[int, int], ...]
"""First step and the one behind the last of each span, counted from the step of the moment."""

_PARTS: Final = 2.0**36
"""Parts of one that steps are counted in: finer than single precision tells apart, and 65,536 steps, 36 hours, add up
without rounding."""

TENSORS: Final = ("table", "vectors", "counts", "bias", "hidden", "hidden_bias", "out", "out_bias")


@dataclass(frozen=True, slots=True, eq=False)
class WordNetwork:
    """Parameters: ``table`` (v,) sorted hashes that have ``vectors`` (v, d); ``counts`` (len(COUNTS), d), ``bias``
    (d,); ``hidden`` (spans * d, h), ``hidden_bias`` (h,); ``out`` (h, kinds), ``out_bias`` (kinds,)."""

    spans: Spans
    table: NDArray[np.uint32]
    vectors: Array
    counts: Array
    bias: Array
    hidden: Array
    hidden_bias: Array
    out: Array
    out_bias: Array

    def __post_init__(self) -> None:
        words, width = self.vectors.shape
        hidden, kinds = self.out.shape
        shapes = {
            "table": (words,),
            "counts": (len(COUNTS), width),
            "bias": (width,),
            "hidden": (len(self.spans) * width, hidden),
            "hidden_bias": (hidden,),
            "out_bias": (kinds,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {getattr(self, name).shape}, not {shape}")

    @property
    def reach_steps(self) -> tuple[int, int]:
        """How many steps before and behind a moment it reads."""
        return -min(first for first, _ in self.spans), max(last for _, last in self.spans) - 1

    def logits(self, features: Features) -> Array:
        """Logit of every kind of event at every step, shape (steps, kinds)."""
        return self._read(self.steps(features))

    def steps(self, features: Features) -> Array:
        """What every step says, before it is squashed, shape (steps, d)."""
        said = row_by_row(features.counts, self.counts) + self.bias
        rows, which = known_rows(self.table, features.hashes)
        np.add.at(said, features.steps[which], self.vectors[rows])
        return np.asarray(said, dtype=np.float32)

    def _read(self, said: Array) -> Array:
        spans = spanned(np.tanh(said), self.spans)
        hidden = np.maximum(row_by_row(spans, self.hidden) + self.hidden_bias, 0.0)
        return np.asarray(row_by_row(hidden, self.out) + self.out_bias, dtype=np.float32)

    def tensors(self) -> Mapping[str, NDArray[np.generic]]:
        return {name: getattr(self, name) for name in TENSORS}


def row_by_row(rows: Array, weight: Array) -> Array:
    """``rows`` (n, k) times ``weight`` (k, m), shape (n, m), each row as if it were alone.

    In one product of many rows the bits of each depend on how many there are, on some processors; a half that is heard
    bit by bit has few at once, and must say what the whole of it says.
    """
    product: Array = np.matmul(np.ascontiguousarray(rows)[:, None, :], weight)[:, 0]
    return product


def known_rows(table: NDArray[np.uint32], hashes: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the hashes that stand in ``table``, and which of ``hashes`` these are."""
    if not len(table):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    rows = np.minimum(np.searchsorted(table, hashes), len(table) - 1)
    which = np.flatnonzero(table[rows] == hashes)
    return rows[which], which


def spanned(steps: Array, spans: Spans) -> Array:
    """The sum over each span around each step, by the root of its length, shape (steps, spans * d).

    ``steps`` (steps, d) are in [-1, 1]. Outside of the half there is nothing. What a span says does not depend on what
    was before it, to the bit: the sums are of whole numbers.
    """
    length = len(steps)
    whole = np.rint(np.multiply(steps, _PARTS, dtype=np.float64))
    summed = np.vstack([np.zeros((1, steps.shape[1])), np.cumsum(whole, axis=0)])
    here = np.arange(length)
    parts = []
    for first, last in spans:
        low, high = np.clip(here + first, 0, length), np.clip(here + last, 0, length)
        parts.append((summed[high] - summed[low]) / (_PARTS * np.sqrt(last - first)))
    return np.concatenate(parts, axis=1).astype(np.float32)
