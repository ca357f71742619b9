"""Whether a half's words belong to its events, and how far the clock of the words is off the clock of the match.

What the words speak of is laid over what happened, at every offset within reach. How much to trust the best one is read
off the words themselves: the same search is made for events that never were, moved round the half as a ring, and the
best sums of those (a Gumbel distribution, as maxima of many are) say what chance alone would reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.commentary.features import STEP_S
from engine.commentary.spots import smoothed
from engine.commentary.word_network import Array
from engine.core.clock_text import minutes_time
from engine.core.errors import InputError

REACH_S: Final = 120.0
CHANCE: Final = 0.005
"""The largest probability of shuffled events fitting as well with which an offset is still taken."""
LEAST_EVENTS: Final = 4
_HINT: Final = "Is it the right match and half? Labels and words must start at the same second of the same recording."


class WordsRefused(InputError):
    """Words that do not fit the events, or too few of either to tell."""


@dataclass(frozen=True, slots=True)
class WordsAlignment:
    """``offset_s``: how much later the clock of the words is than that of the events; ``chance`` (0 to 1) that events
    which never were fit as well."""

    offset_s: float
    chance: float


def align_words(
    logits: Array, events: Sequence[Sequence[float]], reach_s: float = REACH_S, seed: int = 0, chance: float = CHANCE
) -> WordsAlignment:
    """The offset of words whose ``logits`` (steps, kinds) are given against ``events``, seconds by kind.

    Raises ``WordsRefused`` where fewer than ``LEAST_EVENTS`` events or no words are there, and where the best offset is
    no better than chance.
    """
    found = fit_of_words(logits, events, reach_s, seed)
    if found is None:
        raise WordsRefused("too few words or events to lay one over the other", _HINT)
    if found.chance > chance:
        raise WordsRefused(
            f"the words do not fit these events (shuffled events fit as well in {100 * found.chance:.2g} % of tries, "
            f"the best offset is {minutes_time(found.offset_s)})",
            _HINT,
        )
    return found


_SHUFFLES: Final = 200


def fit_of_words(
    logits: Array, events: Sequence[Sequence[float]], reach_s: float = REACH_S, seed: int = 0
) -> WordsAlignment | None:
    """As ``align_words``, without a verdict; None where there is too little to tell."""
    length = len(logits)
    kinds = np.array([kind for kind, seconds in enumerate(events) for _ in seconds], dtype=np.intp)
    times = np.array([second for seconds in events for second in seconds])
    evidence = _evidence(logits)
    if len(times) < LEAST_EVENTS or not np.ptp(logits, axis=0).any():
        return None
    reach = round(reach_s / STEP_S)
    steps = np.clip((times / STEP_S).astype(np.intp), 0, length - 1)
    sums = _sums(evidence, kinds, steps, reach)
    best = int(np.argmax(sums))
    draw = np.random.default_rng(seed)
    # A ring turned by less than twice the reach would hold what is looked for.
    far = min(2 * reach, length // 4)
    turned = draw.integers(far, max(far + 1, length - far), _SHUFFLES)
    chance_best = np.array([_sums(evidence, kinds, (steps + turn) % length, reach).max() for turn in turned])
    return WordsAlignment((best - reach) * STEP_S, _gumbel_tail(float(sums[best]), chance_best))


_SLOW_S: Final = 300.0
"""What is said of a kind over so long tells where in the match it is, and nothing of a single event."""
_SMOOTH_STEPS: Final = 2.0
_HIGHEST: Final = 4.0
"""In standard deviations: one event that everybody shouts about must not outweigh all others."""


def _evidence(logits: Array) -> NDArray[np.float64]:
    """How much more than around it each kind is spoken of; what the minute of the match alone says is taken off."""
    curves = smoothed(logits, _SMOOTH_STEPS).astype(np.float64)
    slow = max(1, round(_SLOW_S / STEP_S))
    box = np.ones(slow)
    norm = np.convolve(np.ones(len(curves)), box, "same")[: len(curves)]
    level = np.stack([np.convolve(curves[:, k], box, "same")[: len(curves)] / norm for k in range(curves.shape[1])], 1)
    found = curves - level
    spread = found.std(axis=0)
    return np.asarray(np.clip(found / np.where(spread > 0, spread, 1.0), -1.0, _HIGHEST))


def _sums(
    evidence: NDArray[np.float64], kinds: NDArray[np.intp], steps: NDArray[np.intp], reach: int
) -> NDArray[np.float64]:
    """The evidence at the events, summed, at every offset from ``-reach`` to ``reach`` steps."""
    padded = np.vstack([np.zeros((reach, evidence.shape[1])), evidence, np.zeros((reach, evidence.shape[1]))])
    places = steps[:, None] + np.arange(2 * reach + 1)[None, :]
    return np.asarray(padded[places, kinds[:, None]].sum(axis=0))


def _gumbel_tail(value: float, maxima: NDArray[np.float64]) -> float:
    scale = max(1e-9, float(maxima.std()) * np.sqrt(6) / np.pi)
    location = float(maxima.mean()) - 0.5772156649 * scale
    return float(-np.expm1(-np.exp(-(value - location) / scale)))
