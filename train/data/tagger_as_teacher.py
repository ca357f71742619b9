"""What a public sound tagger says of sounds that are learned from: a second teacher beside the simulator's truth.

Distillation after Hinton, Vinyals and Dean (2015): the network learns to say what a model says that has heard two
million recordings. The tagger is asked when sounds are drawn and never at run time.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.signals import Samples

CLASSES: Final = (
    "Speech",
    "Shout",
    "Screaming",
    "Singing",
    "Choir",
    "Chant",
    "Mantra",
    "Whistling",
    "Clapping",
    "Cheering",
    "Applause",
    "Crowd",
    "Hubbub, speech noise, speech babble",
    "Music",
    "Drum",
    "Vehicle",
)
"""Of AudioSet's classes, those that matter at a ground."""
STEP_S: Final = 0.4875
"""Between one step of a tagger and the next; its first ends after twice that."""
CONTEXT_S: Final = 3.0
"""A target is the mean over so many seconds before a moment."""


def ear_of(
    scores: Callable[[Samples], NDArray[np.float32]], names: tuple[str, ...]
) -> Callable[[Samples], NDArray[np.float32]]:
    """An ear from a tagger's ``scores`` (steps, all classes) and the ``names`` of its classes: (steps, CLASSES)."""
    columns = [names.index(name) for name in CLASSES]
    return lambda sound: np.asarray(scores(sound)[:, columns], np.float32)


def heard_at(heard: NDArray[np.float32], times_s: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mean of ``heard`` (steps, classes) over the ``CONTEXT_S`` before each of ``times_s``: (times, classes)."""
    sums = np.concatenate([np.zeros((1, heard.shape[1])), np.cumsum(heard, axis=0, dtype=np.float64)])
    last = np.clip(np.floor(times_s / STEP_S).astype(np.int64) - 1, 1, len(heard))
    first = np.maximum(last - round(CONTEXT_S / STEP_S), 0)
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None], np.float32)
