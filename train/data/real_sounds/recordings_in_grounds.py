"""Real recordings played in simulated grounds: music, speech, applause and the rest, through a drawn ground's rooms
and its microphone, over its bed and beside its simulated cries.

A simulated reel says what sounded when; here the sounds that are no cry come from recordings. What a simulator lets
sound is learned by heart, what a thousand studios recorded is not.

Few recordings of a singing crowd may teach. So chants are made of other voices as well: unaccompanied singing, a song,
or a phrase of either or of speech that comes again and again, as if dozens of people sang it in near unison, each with
a delay and a pitch of their own, and groups who cheer shouting at its beat. Whole crowds that may teach are heard as
they were recorded, somewhat higher or lower, and mostly without a second room around them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.match import Bed, Score, at_level, play_cue, simulated_bed
from engine.simulator.sound_cues import ALARMS, Confuser, Cue, Place, Reaction
from engine.simulator.venue import Venue
from train.data.real_sounds.crowd_of_recorded_people import (
    SHOUTERS,
    again_and_again,
    at_pitch,
    at_rms,
    cry_of_groups,
    in_unison,
    many_at_once,
    sum_of,
)
from train.data.real_sounds.recorded_bed import RecordedBed
from train.data.real_sounds.recorded_reel import Kind
from train.data.real_sounds.teaching_recordings import PITCH, Source, TeachingRecordings, faded, from_its_onset

RECORDED_CRIES: Final = 0.5
"""Of the cries of a kind of which groups of people were recorded, and that are no whole crowd's: made of groups; the
others are the simulator's own."""
SUNG_CHANTS: Final = 0.75
"""Of the chants that are no whole crowd's: made of people who sing unaccompanied, where there are some."""
RECORDED_BEDS: Final = 0.75
"""Of the grounds: those whose bed has recorded crowds in it, where there are some."""
WHOLE_CROWDS: Final = 0.6
"""Of the sounds of a kind of which whole crowds were recorded: those, and of its cries half as many, so that 65 % of
cries are recorded where there are groups as well. What is left is made as without recorded crowds."""
SHOUTED: Final = 0.9
"""Of the chants that are no whole crowd's: with some who shout rather than sing, where groups of people were recorded.
A public tagger hears *Crowd* and *Cheering* in them only then."""
_SHOUTED_DB: Final = (-7.0, 4.0)
"""How loud those are beside the singing."""
_SHOUTING: Final = 3
"""How many groups shout."""
_VOICES: Final[tuple[Kind, ...]] = (Reaction.CHANT, Confuser.PA_MUSIC, Confuser.PA_SPEECH)
"""What chants are made of."""
_LINES: Final = (1, 4)
"""How many recordings of singers one line of a chant is made of."""
_FEW: Final = 2
"""Of a kind of ``n`` recordings that is no cry, ``n / (n + _FEW)`` of the sounds are recorded and the others the
simulator's own: one whistle is not all whistles."""
_FALL_DB: Final = -8.0
"""How much a recorded cry falls from its cue's peak to its end."""
_RATE: Final = grid.SAMPLE_RATE_HZ


class _Way(Enum):
    """How the sound of a cue is made."""

    SIMULATED = auto()
    WHOLE_CROWD = auto()
    GROUPS = auto()
    CHANT = auto()
    RECORDING = auto()


OWN_ROOM: Final[Mapping[_Way, float]] = {_Way.WHOLE_CROWD: 0.9, _Way.GROUPS: 0.8, _Way.CHANT: 0.7}
"""Share of the sounds made so that are heard as they are, without a drawn ground's echoes: whole crowds have their
room in them, and many copies of one recording smear already."""


class Recordings:
    """What may teach in some folders of sounds, heard in simulated grounds; groups of people, whole crowds and beds
    where ``groups`` says so.

    Raises ``InputError`` where there is no manifest, or nothing that may teach.
    """

    def __init__(self, folders: Sequence[Path], groups: bool = True) -> None:
        self._folders = folders
        self._groups = groups
        self._teaching = TeachingRecordings(folders, groups)
        self._by_kind, self._stands = self._teaching.by_kind, self._teaching.stands

    def __reduce__(self) -> tuple[type["Recordings"], tuple[Sequence[Path], bool]]:
        return Recordings, (self._folders, self._groups)  # for another process, which reads what it needs itself

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that there are recordings of, and chants where they can be made."""
        return frozenset(self._by_kind) | frozenset(self._stands) | ({Reaction.CHANT} if self._voices else frozenset())

    @property
    def _voices(self) -> frozenset[Kind]:
        """Which of ``_VOICES`` there are."""
        return frozenset(kind for kind in _VOICES if kind in self._by_kind)

    def sources(self) -> list[Source]:
        """Every source that may be heard, by name."""
        return self._teaching.sources()

    def play(self, cue: Cue, venue: Venue) -> Samples:
        """The sound of ``cue``, dry: a recording, or what is made of some, as often as the shares above say; else the
        simulator's own."""
        rng = cue.draws()
        way = self._way(cue, rng)
        if way is _Way.SIMULATED:
            return play_cue(cue, venue)
        if way is _Way.WHOLE_CROWD:
            sound = self._whole_crowd(cue, rng)
        elif way is _Way.CHANT:
            sound = self._chant(cue.duration_s, rng)
        elif way is _Way.GROUPS and cue.kind in ALARMS:
            sound = cry_of_groups(cue, self._pieces(cue.kind, rng), rng)
        elif way is _Way.GROUPS:
            sound = many_at_once(cue.duration_s, self._pieces(cue.kind, rng), rng)
        else:
            sound = self._teaching.at_some_pitch(self._by_kind[cue.kind], cue.duration_s, rng)
        return at_level(sound, cue.level_db)

    def in_their_rooms(self, score: Score) -> Score:
        """The score with recorded crowds, and crowds made of recordings, mostly without a ground's echoes."""
        return replace(score, cues=tuple(map(self.in_its_room, score.cues)))

    def in_its_room(self, cue: Cue) -> Cue:
        """The cue; ``Place.AS_RECORDED`` for ``OWN_ROOM`` of the crowds that ``play`` makes of recordings."""
        own = OWN_ROOM.get(self._way(cue, cue.draws()), 0.0)
        return replace(cue, place=Place.AS_RECORDED) if cue.draws().spawn(1)[0].random() < own else cue

    def _way(self, cue: Cue, rng: np.random.Generator) -> "_Way":
        if cue.kind in self._stands and rng.random() < WHOLE_CROWDS * (RECORDED_CRIES if cue.kind in ALARMS else 1.0):
            return _Way.WHOLE_CROWD
        if cue.kind is Reaction.CHANT and self._voices:
            return _Way.CHANT
        if cue.kind not in self._by_kind or (cue.kind in ALARMS and rng.random() >= RECORDED_CRIES):
            return _Way.SIMULATED
        clips = sum(len(some) for some in self._by_kind[cue.kind].values())
        if cue.kind not in ALARMS and rng.random() >= clips / (clips + _FEW):
            return _Way.SIMULATED
        return _Way.GROUPS if isinstance(cue.kind, Reaction) else _Way.RECORDING

    def bed(self, rng: np.random.Generator, venue: Venue, mood: Mood, frames: int) -> Bed:
        """The bed of a ground: for ``RECORDED_BEDS`` of them of recorded crowds, where there are some."""
        simulated = simulated_bed(rng, venue, mood, frames)
        apart = rng.spawn(1)[0]  # takes no number of the simulator's: without recorded crowds nothing is otherwise
        if not self._teaching.beds or apart.random() >= RECORDED_BEDS:
            return simulated
        return RecordedBed(apart, lambda: self._teaching.drawn(self._teaching.beds, apart), simulated, mood, frames)

    def _whole_crowd(self, cue: Cue, rng: np.random.Generator) -> Samples:
        """A recorded crowd, somewhat higher or lower: a cry from its onset on, falling evenly from the cue's peak on;
        anything else from anywhere."""
        ratio = float(np.exp(rng.normal(0.0, PITCH)))
        if cue.kind not in ALARMS:
            return at_pitch(self._teaching.piece(self._stands[cue.kind], cue.duration_s * ratio, rng), ratio)
        sound = at_pitch(from_its_onset(self._teaching.drawn(self._stands[cue.kind], rng)), ratio)
        length = round(cue.duration_s * _RATE)
        there_and_back = np.concatenate([sound, sound[::-1]])  # a cry that is too short goes on without a new onset
        fall = np.arange(length) / _RATE - (cue.peak_s - cue.onset_s)
        fall_db = np.interp(fall, [0.0, max(cue.duration_s - (cue.peak_s - cue.onset_s), 0.1)], [0.0, _FALL_DB])
        return faded(np.resize(there_and_back, length) * (10 ** (fall_db / 20)).astype(np.float32))

    def _pieces(self, kind: Kind, rng: np.random.Generator) -> Callable[[float], Samples]:
        return lambda seconds: self._teaching.piece(self._by_kind[kind], seconds, rng)

    def _chant(self, seconds: float, rng: np.random.Generator) -> Samples:
        """Some who sing or shout, mostly with groups who shout as well: at a repeated line's beat, over a song at their
        own.
        """
        line_s, beat = float(rng.uniform(0.8, 4.0)), int(rng.integers(2**32))
        draw = rng.random()
        if self._voices == {Reaction.CHANT} or (Reaction.CHANT in self._by_kind and rng.random() < SUNG_CHANTS):
            if draw < 0.4:
                sound = self._teaching.at_some_pitch(self._by_kind[Reaction.CHANT], seconds, rng)
            else:
                lines = int(rng.integers(*_LINES))
                sound = sum_of(self._again(Reaction.CHANT, line_s, seconds, beat, rng) for _ in range(lines))
        elif Confuser.PA_SPEECH in self._by_kind and (draw >= 0.4 or Confuser.PA_MUSIC not in self._by_kind):
            line_s = min(line_s, 2.5)
            sound = self._again(Confuser.PA_SPEECH, line_s, seconds, beat, rng)
        else:
            sound = self._teaching.at_some_pitch(self._by_kind[Confuser.PA_MUSIC], seconds, rng)
        sound = at_rms(in_unison(sound, rng))
        if Reaction.ROAR in self._by_kind and rng.random() < SHOUTED:
            groups = (self._again(Reaction.ROAR, line_s, seconds, beat, rng) for _ in range(_SHOUTING))
            shouting = at_rms(sum_of(at_rms(in_unison(group, rng, SHOUTERS)) for group in groups))
            sound += np.float32(syn.amplitude(float(rng.uniform(*_SHOUTED_DB)))) * shouting
        return sound

    def _again(self, kind: Kind, line_s: float, seconds: float, beat: int, rng: np.random.Generator) -> Samples:
        """``seconds`` of one line of a recording, in the beat and to the tune of the seed ``beat``."""
        line = self._teaching.at_some_pitch(self._by_kind[kind], line_s, rng)
        length = round(seconds * _RATE)
        return np.resize(at_rms(again_and_again(line, seconds, np.random.default_rng([beat]))), length)
