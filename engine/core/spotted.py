"""What was spotted in a recording, as it is kept and shown: events, and how sure each channel was all along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

FUSED: Final = "fused"
"""The lane of all channels together."""


@dataclass(frozen=True, slots=True)
class Spotted:
    """An event of the class ``label`` at ``t`` seconds; ``shares`` is what each channel added to it, in log-odds."""

    t: float
    label: str
    confidence: float
    shares: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def onset(self) -> float:
        """Where it is looked for."""
        return self.t


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """The curve of the channel ``name``: at ``t_s`` (n,), rising, the highest probability that it gives any class,
    ``highest`` (n,) in [0, 1]. A value holds for ``step_s`` seconds, and for none where the next is further off."""

    name: str
    t_s: NDArray[np.float64]
    highest: NDArray[np.float32]
    step_s: float
