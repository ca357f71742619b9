"""A moment of a session explained: the same sound, heard again by the same weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.core.errors import InputError, WeightsError
from engine.core.heard_tags import Heard
from engine.core.signals import Rejected, Spike
from engine.explain.attribution import (
    Attribution,
    History,
    Occlusion,
    attribute,
    history_of,
    occlude,
    say_nothing,
    still_wanted,
)
from engine.explain.give_memory_back import given_back
from engine.model.checkpoint import Weights
from engine.model.installed_weights import list_weights
from engine.model.network import MlxNetwork
from engine.session.folder import SOUND
from engine.session.frames_behind_reading import frames_behind
from engine.session.reader import SessionReader

_NEAR_S: Final = 1.0
"""A reading this long before the moment asked for still stands for it."""
SAME: Final = 0.01
"""The index heard again may differ by this much: sessions keep sound in 16 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why the index was ``attribution.index`` at ``t`` seconds of sound.

    ``then`` is the index that the session holds there; ``occlusion`` None where it was not asked for. ``heard`` is what
    these weights hear in the window that ends there; None where they tell no tags.
    """

    t: float
    then: float
    history: History
    attribution: Attribution
    occlusion: Occlusion | None
    heard: Heard | None = None

    @property
    def same(self) -> bool:
        """Whether the index heard again is the one that the session holds."""
        return abs(self.then - self.attribution.index) <= SAME


def explain(
    reader: SessionReader,
    weights: Weights,
    t: float,
    with_occlusion: bool = False,
    wanted: Callable[[], bool] = still_wanted,
    tell: Callable[[Explanation], None] = say_nothing,
) -> Explanation:
    """Explain the reading at ``t`` seconds of sound, or the last one before it.

    ``tell`` is called with what is known so far, as ``attribute`` calls its own.

    Raises:
        InputError: there is no index there, or its sound was not kept.
        Left: ``wanted`` said that nobody waits any more.
    """
    t, then = reading_at(reader, t)
    frames = frames_behind(reader.folder / SOUND, frames_counted(t))
    done = explain_frames(weights, frames, t, then, wanted, tell)
    if not with_occlusion:
        return done
    with given_back():
        return replace(done, occlusion=occlude(weights.network, weights.config.calibration, done.history))


def explain_frames(
    weights: Weights,
    frames: Frames,
    t: float,
    then: float,
    wanted: Callable[[], bool] = still_wanted,
    tell: Callable[[Explanation], None] = say_nothing,
) -> Explanation:
    """Explain the reading ``then`` at the end ``t`` of ``frames`` (n, MEL_BANDS), log-mel in dB of unbroken sound."""
    history = history_of(frames, weights.network.front_end)
    heard = heard_in(weights.network, history)

    def explanation(of: Attribution) -> Explanation:
        return Explanation(t, then, history, of, None, heard)

    with given_back():
        return explanation(
            attribute(
                weights.network, weights.config.calibration, history, wanted, lambda draft: tell(explanation(draft))
            )
        )


def heard_in(network: MlxNetwork, history: History) -> Heard | None:
    """What is heard in the newest window of a history; None where the network tells no tags."""
    if network.tags_config is None:
        return None
    columns = network.columns(history.given[-grid.WINDOW_FRAMES :])
    means = [columns[first : first + count].mean(axis=0) for first, count in network.encoder.pooled_spans]
    logits = network.tag_logits(np.concatenate(means)[None])
    return network.tags_config.named(network.tags_config.probabilities(logits))[0]


def reading_at(reader: SessionReader, t: float) -> tuple[float, float]:
    """Time and index of the last reading not after ``t``. Raises ``InputError`` where there is no index."""
    readings = reader.readings(t - _NEAR_S, t + 0.5 * grid.HOP_S)
    if not len(readings.t) or np.isnan(readings.pressure[-1]):
        raise InputError(
            f"session {reader.name} holds no index at {t:.1f} s",
            f"The first {grid.HISTORY_S:.0f} s of sound, and of what follows a gap, have none; "
            f"'momentum sessions show {reader.name}' tells what was heard.",
        )
    return float(readings.t[-1]), float(readings.pressure[-1])


def moment_of_spike(reader: SessionReader, spike: Spike | Rejected) -> float:
    """The moment that stands for a spike or a rejected candidate: where the index was highest, seconds of sound."""
    if isinstance(spike, Spike):
        return spike.peak
    readings = reader.readings(spike.onset, spike.decided_at + 0.5 * grid.HOP_S)
    if not len(readings.t) or np.isnan(readings.pressure).all():
        return spike.onset
    return float(readings.t[int(np.nanargmax(readings.pressure))])


def weights_of_session(reader: SessionReader, folders: Iterable[Path]) -> Path:
    """The folder of the weights that the session was heard with, known by their checksum.

    Raises ``WeightsError`` where they are not installed in one of ``folders``.
    """
    heard_with = reader.info.weights
    checksum, name = str(heard_with.get("sha256") or ""), str(heard_with.get("name") or "unknown")
    for found in list_weights(folders):
        if checksum and found.checksum == checksum:
            return found.folder
    raise WeightsError(
        f"session {reader.name} was heard with the weights {name} ({checksum[:12] or 'no checksum'}), "
        "which are not installed",
        "Put them beside the others ('momentum weights list'), or ask what others make of it with --weights NAME.",
    )


def frames_counted(t: float) -> int:
    """The number of frames that a reading at ``t`` had heard: the inverse of ``grid.end_time_s``."""
    return round((t * grid.SAMPLE_RATE_HZ - grid.FRAME_LENGTH) / grid.HOP) + 1
