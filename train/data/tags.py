"""What a tag read-out is taught: which tags (``engine.model.tags.TAG_NAMES``) are heard when, from what sounds when."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.model.tags import TAG_NAMES
from engine.simulator.sound_cues import Confuser, Reaction
from engine.simulator.truth import Sounding

TAG_OF: Final[Mapping[str, str]] = {
    Reaction.ROAR: "cheer",
    Reaction.MUTED_ROAR: "cheer",
    Reaction.OOH: "groan",
    Reaction.GROAN: "groan",
    Reaction.BOO: "boo",
    Reaction.APPLAUSE: "applause",
    Reaction.CLAPPING: "applause",
    Reaction.CHANT: "chant",
    Reaction.WHISTLING: "whistle",
    Confuser.WHISTLE: "whistle",
    Confuser.PA_MUSIC: "music",
    Confuser.PA_SPEECH: "speech",
    Confuser.COMMENTATOR: "speech",
    Confuser.CHATTER: "speech",
    Confuser.HORNS: "horn",
    Confuser.DRUMS: "drum",
}
"""The tag of each kind of sound; all others are surroundings. An ooh is a groan: both are one vowel that falls."""
NOW_S: Final = 2.0
"""A tag counts by its share of the last two seconds."""
_HEARD_DB: Final = 1.0
"""From this level above the bed on a sound is heard; below ``_UNSURE_DB`` it is not, and between nobody can say."""
_UNSURE_DB: Final = -8.0


def tag_of(kind: str) -> str:
    """The tag of a kind of sound."""
    return TAG_OF.get(kind, "surroundings")


def tags_at(
    sounds: Iterable[Sounding], times_s: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The share of the two seconds before each of ``times_s`` that each tag is heard, and how sure that is.

    Both are of shape (times, tags); the second is 0 where a sound of the tag is too quiet to say, else 1.
    """
    heard = np.zeros((len(times_s), len(TAG_NAMES)), np.float32)
    sure = np.ones_like(heard)
    for sound in sounds:
        first, last = np.searchsorted(times_s, [sound.onset_s, sound.end_s + NOW_S])
        if first == last or sound.level_db < _UNSURE_DB:
            continue
        column = TAG_NAMES.index(tag_of(sound.kind))
        t_s = times_s[first:last]
        share = (np.minimum(t_s, sound.end_s) - np.maximum(t_s - NOW_S, sound.onset_s)) / NOW_S
        short = max(min(sound.end_s - sound.onset_s, NOW_S) / NOW_S, 0.25)  # a whistle's blow is heard as one
        share = np.clip(share / short, 0.0, 1.0).astype(np.float32)
        if sound.level_db >= _HEARD_DB:
            heard[first:last, column] = np.maximum(heard[first:last, column], share)
        else:
            sure[first:last, column] = np.where(share > 0, 0.0, sure[first:last, column])
    return heard, np.maximum(sure, (heard > 0).astype(np.float32))
