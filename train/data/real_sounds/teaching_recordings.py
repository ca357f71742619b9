"""Recordings that may teach: which they are, of which of the simulator's kinds, and pieces of them drawn at random.

Only sounds whose manifest allows it are read, of sources that neither choose nor judge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import Samples
from engine.simulator.sound_cues import Confuser, Reaction
from train.data.real_sounds.crowd_of_recorded_people import at_pitch
from train.data.real_sounds.parts import TEACH_ONLY, TRAIN
from train.data.real_sounds.recorded_reel import Kind
from train.data.real_sounds.sound_manifest import Clip, load, read_manifest

KINDS_OF: Final[Mapping[str, tuple[Kind, ...]]] = {
    "music": (Confuser.PA_MUSIC,),
    "speech": (Confuser.PA_SPEECH, Confuser.COMMENTATOR, Confuser.CHATTER),
    "whistle": (Confuser.WHISTLE,),
    "drum": (Confuser.DRUMS,),
    "horn": (Confuser.HORNS,),
    "applause": (Reaction.APPLAUSE,),
    "rain": (Confuser.RAIN,),
    "sea_waves": (Confuser.WIND,),
    "helicopter": (Confuser.HELICOPTER,),
    "chainsaw": (Confuser.ENGINE,),
    "engine": (Confuser.ENGINE,),
    "train": (Confuser.ENGINE,),
    "thunder": (Confuser.THUNDER,),
    "fire_crackling": (Confuser.KNOCKS,),
    "clock_tick": (Confuser.KNOCKS,),
    "typing": (Confuser.KNOCKS,),
    "person_sneeze": (Confuser.CHILD,),
    "baby_cry": (Confuser.CHILD,),
    "dog_bark": (Confuser.ANIMAL,),
    "rooster": (Confuser.ANIMAL,),
    "birds": (Confuser.ANIMAL,),
}
"""Which of the simulator's kinds a recording of this sort can stand for."""
_GROUPS: Final = "people"
_STANDS: Final = "stand"
_BEDS: Final = "murmur"
KINDS_OF_TEACHING: Final[Mapping[tuple[str, str], tuple[Kind, ...]]] = {
    (_GROUPS, "applause"): (Reaction.APPLAUSE,),
    (_GROUPS, "boo"): (Reaction.BOO,),
    (_GROUPS, "cheer"): (Reaction.ROAR, Reaction.MUTED_ROAR),
    (_GROUPS, "groan"): (Reaction.OOH, Reaction.GROAN),
    (_GROUPS, "sing"): (Reaction.CHANT,),
    (_GROUPS, "talk"): (Confuser.CHATTER,),
    ("signal", "horn"): (Confuser.HORNS,),
    ("signal", "drum"): (Confuser.DRUMS,),
    ("signal", "whistle"): (Confuser.WHISTLE,),
    (_STANDS, "applause"): (Reaction.APPLAUSE,),
    (_STANDS, "boo"): (Reaction.BOO,),
    (_STANDS, "chant"): (Reaction.CHANT,),
    (_STANDS, "cheer"): (Reaction.ROAR, Reaction.MUTED_ROAR),
    (_STANDS, "groan"): (Reaction.OOH, Reaction.GROAN),
}
"""The same for what only teaches, by kind and what it is."""
PITCH: Final = 0.08
"""Standard deviation of the logarithm of how much faster, and so higher, a recording is heard."""
_QUIET_DB: Final = -30.0
_FADE_S: Final = 0.02
_RATE: Final = grid.SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Recording:
    """A clip of a folder that may teach."""

    folder: Path
    clip: Clip


@dataclass(frozen=True, slots=True)
class Source:
    """Where recordings come from, for whoever is to be named."""

    name: str
    kinds: str
    author: str
    licence: str


BySource: TypeAlias = Mapping[str, Sequence[Recording]]
"""Recordings by the name of their source."""


class TeachingRecordings:
    """What may teach in some folders of sounds: ``by_kind`` what stands for one of the simulator's kinds, ``stands``
    whole crowds, which do as well, and ``beds`` crowds that wait; groups of people, whole crowds and beds where
    ``groups`` says so.

    Raises ``InputError`` where there is no manifest, or nothing that may teach.
    """

    def __init__(self, folders: Sequence[Path], groups: bool = True) -> None:
        self.by_kind: dict[Kind, dict[str, list[Recording]]] = {}
        self.stands: dict[Kind, dict[str, list[Recording]]] = {}
        self.beds: dict[str, list[Recording]] = {}
        for folder in folders:
            for clip in read_manifest(folder):
                if clip.kind in (_GROUPS, _STANDS, _BEDS) and not groups:
                    continue
                if clip.kind == _BEDS and clip.may_train:
                    self.beds.setdefault(clip.source, []).append(Recording(folder, clip))
                there = self.stands if clip.kind == _STANDS else self.by_kind
                for kind in _kinds_of(clip):
                    there.setdefault(kind, {}).setdefault(clip.source, []).append(Recording(folder, clip))
        if not self.by_kind and not self.stands:
            raise InputError(
                f"{', '.join(map(str, folders))}: no sound there may teach", "See may_train_shipped_weights."
            )
        self._load = lru_cache(256)(lambda recording: load(recording.folder, recording.clip))

    def sources(self) -> list[Source]:
        """Every source that may be heard, by name."""
        found: dict[str, list[tuple[Clip, str]]] = {}
        for kind, by_source in (*self.by_kind.items(), *self.stands.items()):
            for name, some in by_source.items():
                found.setdefault(name, []).extend((recording.clip, kind.value) for recording in some)
        for name, some in self.beds.items():
            found.setdefault(name, []).extend((recording.clip, _BEDS) for recording in some)
        return [
            Source(
                name,
                ", ".join(sorted({clip.kind for clip, _ in clips})),
                "; ".join(sorted({clip.author for clip, _ in clips})),
                "; ".join(sorted({clip.licence for clip, _ in clips})),
            )
            for name, clips in sorted(found.items())
        ]

    def drawn(self, sources: BySource, rng: np.random.Generator) -> Samples:
        """A whole recording; every source is drawn equally often, whatever it holds."""
        names = sorted(sources)
        some = sources[names[int(rng.integers(len(names)))]]
        return self._load(some[int(rng.integers(len(some)))])

    def piece(self, sources: BySource, seconds: float, rng: np.random.Generator) -> Samples:
        """``seconds`` from anywhere in a recording, a short one again and again."""
        sound = self.drawn(sources, rng)
        length = round(seconds * _RATE)
        if len(sound) > length:
            first = int(rng.integers(len(sound) - length + 1))
            sound = sound[first : first + length]
        return faded(np.resize(from_its_onset(sound), length))

    def at_some_pitch(self, sources: BySource, seconds: float, rng: np.random.Generator) -> Samples:
        """``seconds`` of a recording that is played somewhat faster or slower: few voices do for more."""
        ratio = float(np.exp(rng.normal(0.0, PITCH)))
        return np.resize(at_pitch(self.piece(sources, seconds * ratio, rng), ratio), round(seconds * _RATE))


def _kinds_of(clip: Clip) -> tuple[Kind, ...]:
    if not clip.may_train or clip.part not in ("", TRAIN):
        return ()
    if clip.kind in KINDS_OF:
        return KINDS_OF[clip.kind]
    if clip.kind in TEACH_ONLY:
        return KINDS_OF_TEACHING.get((clip.kind, clip.what), ())
    if clip.kind == "reaction":
        return KINDS_OF.get(clip.what, ())
    if clip.kind in ("negative", "surroundings"):
        return next((kinds for name, kinds in KINDS_OF.items() if name in clip.what), ())
    return ()


def from_its_onset(sound: Samples) -> Samples:
    """Without the quiet before and after it."""
    step = _RATE // 50
    power = np.square(sound[: len(sound) // step * step], dtype=np.float64).reshape(-1, step).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (_QUIET_DB / 10))
    return sound[loud[0] * step : (loud[-1] + 1) * step] if len(loud) else sound


def faded(sound: Samples) -> Samples:
    """With a beginning and an end that do not click."""
    fade = min(round(_FADE_S * _RATE), len(sound) // 2)
    out = sound.copy()
    out[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    out[len(out) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out
