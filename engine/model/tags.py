"""The tag read-out: what is heard, from what the network has computed of a window anyway.

A tag is a kind of sound; several may be heard at once, so each has a probability of its own. Two layers read what the
newest window is pooled to, which is what its embedding is made of: there is no second pass over the sound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, Final

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from numpy.typing import NDArray

from engine.model.encoder import he_uniform
from engine.model.matrix_products import Dense, mlx_dense, relu6

TAG_NAMES: Final = (
    "cheer",
    "groan",
    "boo",
    "applause",
    "chant",
    "music",
    "speech",
    "whistle",
    "horn",
    "drum",
    "surroundings",
)
"""All that a read-out may know; weights may know fewer."""
_WIDEST: Final = 4096
_RNG_STREAM: Final = 1
"""A stream of its own: the initial weights of the rest are the same with tags and without."""


@dataclass(frozen=True, slots=True)
class TagsConfig:
    """Shape of the tag read-out and what makes probabilities of its log-odds, each by the order of ``names``.

    A probability is sigmoid(slope * log-odds + offset), a Platt's scaling for each tag.

    Raises ``ValueError`` where that describes no read-out.
    """

    names: tuple[str, ...] = TAG_NAMES
    hidden: int = 64
    slopes: tuple[float, ...] = (1.0,) * len(TAG_NAMES)
    offsets: tuple[float, ...] = (0.0,) * len(TAG_NAMES)

    def __post_init__(self) -> None:
        unknown = [name for name in self.names if name not in TAG_NAMES]
        if unknown:
            raise ValueError(f"unknown tag {unknown[0]!r}")
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError("the tags need names, each of them once")
        for what, values in (("slopes", self.slopes), ("offsets", self.offsets)):
            if len(values) != len(self.names):
                raise ValueError(f"there are {len(self.names)} tags and {len(values)} {what}")
            if not all(isfinite(value) for value in values):
                raise ValueError(f"the {what} of the tags hold what is no number")
        if not 0 < self.hidden <= _WIDEST:
            raise ValueError(f"the tags have {self.hidden} hidden values")

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds (n, tags) -> probabilities (n, tags)."""
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-(np.array(self.slopes) * logits + np.array(self.offsets)))))

    def named(self, probabilities: NDArray[np.float64]) -> list[Mapping[str, float]]:
        """Probabilities (n, tags) -> for each row every tag's by its name."""
        return [dict(zip(self.names, row, strict=True)) for row in probabilities.tolist()]


def tags_of(row: Any) -> TagsConfig | None:
    """From a config's JSON, None where it has no tags. Raises ``ValueError`` or ``OverflowError`` for what is wrong.

    Every value must be there: defaults would be those of this version, and the tensors' order another's.
    """
    if row is None:
        return None
    if not isinstance(row, dict):
        raise ValueError(f"tags needs named values, not {row!r}")
    known = [entry.name for entry in fields(TagsConfig)]
    if missing := [name for name in known if name not in row]:
        raise ValueError(f"the tags lack {missing[0]!r}")
    if unknown := sorted(set(row) - set(known)):
        raise ValueError(f"unknown setting {unknown[0]!r} of the tags")
    if type(row["hidden"]) is not int:
        raise ValueError(f"hidden of the tags is no whole number: {row['hidden']!r}")
    slopes, offsets = (tuple(map(float, _list_of(row, name, int | float))) for name in ("slopes", "offsets"))
    return TagsConfig(tuple(_list_of(row, "names", str)), row["hidden"], slopes, offsets)


def _list_of(row: dict[str, Any], name: str, kind: Any) -> list[Any]:
    values = row[name]
    if not isinstance(values, list) or not all(isinstance(v, kind) and not isinstance(v, bool) for v in values):
        raise ValueError(f"the {name} of the tags are no such list: {values!r}")
    return values


class TagReadout(Module):
    """What windows are pooled to in, log-odds of the tags out.

    Args:
        inputs: values that a window is pooled to.
        config: the shape.
        seed: of the initial weights.
    """

    def __init__(self, inputs: int, config: TagsConfig, seed: int) -> None:
        super().__init__()
        rng = np.random.default_rng((seed, _RNG_STREAM))
        self.hidden = he_uniform(rng, (inputs, config.hidden), inputs)
        self.hidden_bias = mx.zeros((config.hidden,))
        self.out = he_uniform(rng, (config.hidden, len(config.names)), config.hidden)
        self.out_bias = mx.zeros((len(config.names),))
        self.config = config
        self._dense: Dense = mlx_dense

    def use(self, dense: Dense) -> None:
        """Choose how products are computed."""
        self._dense = dense

    def __call__(self, pooled: mx.array) -> mx.array:
        """What windows are pooled to (n, pooled_width) -> log-odds (n, tags)."""
        hidden = relu6(self._dense(pooled, self.hidden, self.hidden_bias))
        return self._dense(hidden, self.out, self.out_bias)
