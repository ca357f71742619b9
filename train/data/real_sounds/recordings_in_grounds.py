"""Real recordings played in simulated grounds: music, speech, applause and the rest, through a drawn ground's rooms
and its microphone, over its bed and beside its simulated cries.

A simulated reel says what sounded when; here the sounds that are no cry come from recordings. What a simulator lets
sound is learned by heart, what a thousand studios recorded is not. Only sounds whose manifest allows it are used,
of sources that neither choose nor judge.

Few recordings of a singing crowd may teach. So chants are made of other voices as well: unaccompanied singing, a song,
or a phrase of either or of speech that comes again and again, as if dozens of people sang or shouted it in near unison,
each with a delay and a pitch of their own. Whole crowds that may teach are heard as they were recorded, somewhat higher
or lower.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import Samples
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.match import Bed, at_level, play_cue, simulated_bed
from engine.simulator.sound_cues import ALARMS, Confuser, Cue, Reaction
from engine.simulator.venue import Venue
from train.data.real_sounds.crowd_of_recorded_people import (
    again_and_again,
    at_pitch,
    cry_of_groups,
    many_at_once,
    sung_by_many,
)
from train.data.real_sounds.parts import TEACH_ONLY, TRAIN
from train.data.real_sounds.recorded_bed import RecordedBed
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
RECORDED_CRIES: Final = 0.5
"""Of the cries of a kind of which groups of people were recorded, and that are no whole crowd's: made of groups; the
others are the simulator's own."""
SUNG_CHANTS: Final = 0.6
"""Of the chants that are no whole crowd's: made of people who sing unaccompanied, where there are some."""
RECORDED_BEDS: Final = 0.6
"""Of the grounds: those whose bed has recorded crowds in it, where there are some."""
WHOLE_CROWDS: Final = 0.6
"""Of the sounds of a kind of which whole crowds were recorded: those, and of its cries half as many, so that 65 % of
cries are recorded where there are groups as well. What is left is made as without recorded crowds."""
_QUIET_DB: Final = -30.0
_FADE_S: Final = 0.02
_PITCH: Final = 0.08
"""Standard deviation of the logarithm of how much faster, and so higher, a recording is heard."""
_FALL_DB: Final = -8.0
"""How much a recorded cry falls from its cue's peak to its end."""
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


class Recordings:
    """What may teach in some folders of sounds, by the simulator's kind and by source; groups of people and
    whole crowds where ``groups`` says so.

    Raises ``InputError`` where there is no manifest, or nothing that may teach.
    """

    def __init__(self, folders: Sequence[Path], groups: bool = True) -> None:
        self._folders = folders
        self._groups = groups
        self._by_kind: dict[Kind, dict[str, list[Recording]]] = {}
        self._stands: dict[Kind, dict[str, list[Recording]]] = {}
        self._beds: dict[str, list[Recording]] = {}
        for folder in folders:
            for clip in read_manifest(folder):
                if clip.kind in (_GROUPS, _STANDS, _BEDS) and not groups:
                    continue
                if clip.kind == _BEDS and clip.may_train:
                    self._beds.setdefault(clip.source, []).append(Recording(folder, clip))
                there = self._stands if clip.kind == _STANDS else self._by_kind
                for kind in _kinds_of(clip):
                    there.setdefault(kind, {}).setdefault(clip.source, []).append(Recording(folder, clip))
        if not self._by_kind and not self._stands:
            raise InputError(
                f"{', '.join(map(str, folders))}: no sound there may teach", "See may_train_shipped_weights."
            )
        self._load = lru_cache(256)(lambda recording: load(recording.folder, recording.clip))

    def __reduce__(self) -> tuple[type["Recordings"], tuple[Sequence[Path], bool]]:
        return Recordings, (self._folders, self._groups)  # for another process, which reads what it needs itself

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that there are recordings of, and chants where they can be made."""
        voices = {Confuser.PA_MUSIC, Confuser.PA_SPEECH} & set(self._by_kind)
        return frozenset(self._by_kind) | frozenset(self._stands) | ({Reaction.CHANT} if voices else frozenset())

    def sources(self) -> list[Source]:
        """Every source that may be heard, by name."""
        found: dict[str, list[tuple[Clip, str]]] = {}
        for kind, by_source in (*self._by_kind.items(), *self._stands.items()):
            for name, some in by_source.items():
                found.setdefault(name, []).extend((recording.clip, kind.value) for recording in some)
        for name, some in self._beds.items():
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

    def play(self, cue: Cue, venue: Venue) -> Samples:
        """The sound of ``cue``, dry: a recording where there is one of its kind, else the simulator's own."""
        rng = cue.draws()
        if cue.kind in self._stands and rng.random() < WHOLE_CROWDS * (RECORDED_CRIES if cue.kind in ALARMS else 1.0):
            return at_level(self._whole_crowd(cue, rng), cue.level_db)
        if cue.kind is Reaction.CHANT:
            return at_level(self._chant(cue, venue, rng), cue.level_db)
        if cue.kind not in self._by_kind or (cue.kind in ALARMS and rng.random() >= RECORDED_CRIES):
            return play_cue(cue, venue)
        if cue.kind in ALARMS:
            sound = cry_of_groups(cue, self._pieces(cue.kind, rng), rng)
        elif cue.kind is Reaction.APPLAUSE:
            sound = many_at_once(cue.duration_s, self._pieces(cue.kind, rng), rng)
        else:
            sound = self._at_some_pitch(cue.kind, cue.duration_s, rng)
        return at_level(sound, cue.level_db)

    def bed(self, rng: np.random.Generator, venue: Venue, mood: Mood, frames: int) -> Bed:
        """The bed of a ground: for ``RECORDED_BEDS`` of them of recorded crowds, where there are some."""
        simulated = simulated_bed(rng, venue, mood, frames)
        apart = rng.spawn(1)[0]  # takes no number of the simulator's: without recorded crowds nothing is otherwise
        if not self._beds or apart.random() >= RECORDED_BEDS:
            return simulated
        return RecordedBed(apart, lambda: self._drawn(self._beds, apart), simulated, mood, frames)

    def _whole_crowd(self, cue: Cue, rng: np.random.Generator) -> Samples:
        """A recorded crowd, somewhat higher or lower: a cry from its onset on, falling evenly from the cue's peak on;
        anything else from anywhere."""
        ratio = float(np.exp(rng.normal(0.0, _PITCH)))
        if cue.kind not in ALARMS:
            return at_pitch(self._piece(cue.kind, cue.duration_s * ratio, rng, self._stands), ratio)
        sound = at_pitch(_from_its_onset(self._drawn(self._stands[cue.kind], rng)), ratio)
        length = round(cue.duration_s * _RATE)
        there_and_back = np.concatenate([sound, sound[::-1]])  # a cry that is too short goes on without a new onset
        fall = np.arange(length) / _RATE - (cue.peak_s - cue.onset_s)
        fall_db = np.interp(fall, [0.0, max(cue.duration_s - (cue.peak_s - cue.onset_s), 0.1)], [0.0, _FALL_DB])
        return _faded(np.resize(there_and_back, length) * (10 ** (fall_db / 20)).astype(np.float32))

    def _drawn(self, sources: Mapping[str, list[Recording]], rng: np.random.Generator) -> Samples:
        """A recording; every source is drawn equally often, whatever it holds."""
        names = sorted(sources)
        some = sources[names[int(rng.integers(len(names)))]]
        return self._load(some[int(rng.integers(len(some)))])

    def _at_some_pitch(self, kind: Kind, seconds: float, rng: np.random.Generator) -> Samples:
        """``seconds`` of a recording that is played somewhat faster or slower: few voices do for more."""
        ratio = float(np.exp(rng.normal(0.0, _PITCH)))
        return np.resize(at_pitch(self._piece(kind, seconds * ratio, rng), ratio), round(seconds * _RATE))

    def _pieces(self, kind: Kind, rng: np.random.Generator) -> Callable[[float], Samples]:
        return lambda seconds: self._piece(kind, seconds, rng)

    def _piece(
        self,
        kind: Kind,
        seconds: float,
        rng: np.random.Generator,
        among: Mapping[Kind, Mapping[str, list[Recording]]] | None = None,
    ) -> Samples:
        """``seconds`` from anywhere in a recording, a short one again and again."""
        sound = self._drawn((self._by_kind if among is None else among)[kind], rng)
        length = round(seconds * _RATE)
        if len(sound) > length:
            first = int(rng.integers(len(sound) - length + 1))
            sound = sound[first : first + length]
        return _faded(np.resize(_from_its_onset(sound), length))

    def _chant(self, cue: Cue, venue: Venue, rng: np.random.Generator) -> Samples:
        if Reaction.CHANT in self._by_kind and rng.random() < SUNG_CHANTS:
            if rng.random() < 0.5:
                return sung_by_many(self._at_some_pitch(Reaction.CHANT, cue.duration_s, rng), rng)
            line = self._at_some_pitch(Reaction.CHANT, float(rng.uniform(1.2, 5.0)), rng)
            return sung_by_many(again_and_again(line, cue.duration_s, rng), rng)
        draw = rng.random()
        if draw < 0.35 and Confuser.PA_MUSIC in self._by_kind:
            return sung_by_many(self._at_some_pitch(Confuser.PA_MUSIC, cue.duration_s, rng), rng)
        if draw < 0.85 and Confuser.PA_SPEECH in self._by_kind:
            phrase = self._at_some_pitch(Confuser.PA_SPEECH, float(rng.uniform(0.6, 2.5)), rng)
            return sung_by_many(again_and_again(phrase, cue.duration_s, rng), rng)
        return play_cue(cue, venue)


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


def _from_its_onset(sound: Samples) -> Samples:
    """Without the quiet before and after it."""
    step = _RATE // 50
    power = np.square(sound[: len(sound) // step * step], dtype=np.float64).reshape(-1, step).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (_QUIET_DB / 10))
    return sound[loud[0] * step : (loud[-1] + 1) * step] if len(loud) else sound


def _faded(sound: Samples) -> Samples:
    fade = min(round(_FADE_S * _RATE), len(sound) // 2)
    out = sound.copy()
    out[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    out[len(out) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out
