"""A simulated recording: planned once from a seed, then played chunk by chunk with bounded memory."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.signals import AudioBlock, Samples
from engine.simulator import announcer_and_whistle as people
from engine.simulator import chants as songs
from engine.simulator import confuser_schedule, crowd_of_single_people, music, percussion
from engine.simulator import crowd_behaviour as crowd
from engine.simulator import crowd_sounds as reactions
from engine.simulator import synthesis_primitives as syn
from engine.simulator import weather_and_machines as surroundings
from engine.simulator.acoustics import CHUNK, Bus, minimum_phase
from engine.simulator.crowd_bed import Murmur
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.microphone_chain import Microphone
from engine.simulator.sound_cues import Confuser, Cue, Place, Reaction
from engine.simulator.timeline import Timeline, draw_timeline
from engine.simulator.venue import Texture, Venue, draw_venue

BLOCK: Final = 2 * grid.HOP
_LOUDEST_S: Final = 0.4

Player = Callable[[Cue, Venue], Samples]


class Bed(Protocol):
    """What is heard all the while."""

    def next(self) -> tuple[Samples, Samples]:
        """The next stretch: the far crowd, already diffuse, and the near voices, still dry; level 1 at rest."""
        ...


Bedding = Callable[[np.random.Generator, Venue, Mood, int], Bed]
"""Makes the bed of a recording, in stretches of so many short frames."""


def simulated_bed(rng: np.random.Generator, venue: Venue, mood: Mood, frames: int) -> Bed:
    """The simulator's own."""
    make = crowd_of_single_people.Talk if venue.texture is Texture.PEOPLE else Murmur
    return make(rng, venue, mood, frames)


PLAYERS: Final[dict[Reaction | Confuser, Player]] = {
    Reaction.ROAR: reactions.roar,
    Reaction.MUTED_ROAR: reactions.roar,
    Reaction.OOH: reactions.groan,
    Reaction.GROAN: reactions.groan,
    Reaction.APPLAUSE: reactions.applause,
    Reaction.BOO: reactions.boo,
    Reaction.WHISTLING: reactions.whistling,
    Reaction.CHANT: songs.chant,
    Reaction.CLAPPING: songs.clapping,
    Confuser.PA_SPEECH: people.pa_speech,
    Confuser.PA_MUSIC: music.pa_music,
    Confuser.WHISTLE: people.referee,
    Confuser.DRUMS: percussion.fan_drums,
    Confuser.HORNS: music.horns,
    Confuser.COMMENTATOR: people.commentator,
    Confuser.CHATTER: people.chatter,
    Confuser.WIND: surroundings.wind,
    Confuser.RAIN: surroundings.rain,
    Confuser.HELICOPTER: surroundings.helicopter,
    Confuser.AIRCRAFT: surroundings.aircraft,
    Confuser.ENGINE: surroundings.engine_noise,
    Confuser.SIREN: surroundings.siren,
    Confuser.FIREWORKS: surroundings.fireworks,
    Confuser.THUNDER: surroundings.thunder,
    Confuser.KNOCKS: surroundings.knocks,
    Confuser.ANIMAL: surroundings.animal,
    Confuser.CHILD: people.child,
}
PLAYERS_OF_PEOPLE: Final = {
    **PLAYERS,
    Reaction.APPLAUSE: crowd_of_single_people.applause,
    Reaction.CHANT: crowd_of_single_people.chant,
}
"""Who plays at a ground whose crowd is made of single people."""


def draws_for(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one part of a recording: independent of how many the other parts take."""
    if seed < 0:
        raise UsageError(f"{seed} is no seed", "A seed is a whole number from 0 on.")
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """All that is decided before the first sample: where, what happens, and what will sound when."""

    seed: int
    venue: Venue
    timeline: Timeline
    mood: Mood
    cues: tuple[Cue, ...]

    @property
    def duration_s(self) -> float:
        """How long it plays."""
        return self.timeline.duration_s

    def made_of(self, texture: Texture) -> "Score":
        """The same recording with a crowd of another texture."""
        return replace(self, venue=replace(self.venue, texture=texture))

    def only(self, kinds: frozenset[Reaction | Confuser]) -> "Score":
        """The same recording with the cues of these kinds alone."""
        return replace(self, cues=tuple(cue for cue in self.cues if cue.kind in kinds))


def plan_match(
    seed: int,
    timeline: Timeline | None = None,
    minutes: float | None = None,
    kinds: frozenset[Confuser] = frozenset(Confuser),
    density: float = 1.0,
    venue: Venue | None = None,
) -> Score:
    """Plan a match: a drawn one, or ``timeline``; of ``minutes``, or whole.

    ``kinds`` are the confusers that may be heard; the crowd is the same whichever they are. ``density`` scales how
    often they come; ``venue`` is where it is played, or else a drawn ground. Raises ``UsageError`` for a negative
    seed or density, or an impossible length.
    """
    if not 0.0 <= density <= 100.0:
        raise UsageError(f"{density:g} is no density", "1 is as usual, 0 leaves only what events bring with them.")
    venue = venue or draw_venue(draws_for(seed, "venue"))
    if timeline is None:
        timeline = draw_timeline(draws_for(seed, "timeline"), minutes)
    mood = crowd.plan_mood(draws_for(seed, "mood"), venue, timeline)
    cues = crowd.plan_reactions(draws_for(seed, "reactions"), venue, timeline)
    cues += confuser_schedule.plan_confusers(lambda name: draws_for(seed, name), timeline, kinds, density)
    return Score(seed, venue, timeline, mood, in_order(cues))


def in_order(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """Cues by onset, ties by kind and seed, so that the order of planning leaves no trace."""
    return tuple(sorted(cues, key=lambda cue: (cue.onset_s, cue.kind.value, cue.seed, cue.part)))


def play_cue(cue: Cue, venue: Venue) -> Samples:
    """One cue, dry, so loud that its loudest 0.4 s stand ``level_db`` above a bed of level 1."""
    players = PLAYERS_OF_PEOPLE if venue.texture is Texture.PEOPLE else PLAYERS
    return at_level(players[cue.kind](cue, venue), cue.level_db)


def at_level(sound: Samples, level_db: float) -> Samples:
    """``sound`` so loud that its loudest 0.4 s stand ``level_db`` above a bed of level 1."""
    window = min(syn.samples(_LOUDEST_S), len(sound))
    power = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    loudest = float(np.sqrt(np.max(power[window:] - power[:-window]) / window))
    return sound * np.float32(syn.amplitude(level_db) / max(loudest, 1e-9))


class SimulatedMatch:
    """A score as a source of sound: 22050 Hz, deterministic to the bit whatever asks for it.

    It renders in chunks of its own size and hands out blocks of ``BLOCK`` samples; at most a few cues are in memory.

    Args:
        score: what sounds when.
        name: what a person calls it.
        play: makes the sound of a cue, dry; others than the simulator's own may know recordings.
        bedding: makes what is heard all the while.
    """

    live = False
    """A simulation waits for whoever listens."""

    def __init__(
        self, score: Score, name: str = "simulation", play: Player = play_cue, bedding: Bedding = simulated_bed
    ) -> None:
        self.score = score
        self.name = name
        self._play = play
        self._bedding = bedding

    @property
    def duration_s(self) -> float | None:
        """How long it is."""
        return self.score.duration_s

    def close(self) -> None:
        """Nothing to give back."""

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound in blocks of ``BLOCK`` samples, the last one shorter."""
        start = 0
        for chunk in self.chunks():
            for first in range(0, len(chunk), BLOCK):
                block = chunk[first : first + BLOCK]
                yield AudioBlock(block, start)
                start += len(block)

    def chunks(self) -> Iterator[Samples]:
        """Yield the sound in chunks of ``CHUNK`` samples, the last one cut to the length."""
        score = self.score
        venue = score.venue
        left = syn.samples(score.duration_s)
        murmur = self._bedding(draws_for(score.seed, "murmur"), venue, score.mood, CHUNK // syn.STEP)
        buses = {place: Bus(draws_for(score.seed, f"room {place.value}"), venue, place) for place in Place}
        ear = _Ear(minimum_phase(venue.response_db))
        microphone = Microphone(draws_for(score.seed, "microphone"), venue)
        playing: list[tuple[Cue, Samples, int]] = []
        waiting = iter(score.cues)
        cue = next(waiting, None)
        start = 0
        while left > 0:
            while cue is not None and round(cue.onset_s * grid.SAMPLE_RATE_HZ) < start + CHUNK:
                playing.append((cue, self._play(cue, venue), round(cue.onset_s * grid.SAMPLE_RATE_HZ) - start))
                cue = next(waiting, None)
            far, near = murmur.next()
            laid: dict[Place, Samples] = {Place.STANDS: near}
            for playing_cue, sound, first in playing:
                place = playing_cue.place
                if place not in laid:
                    laid[place] = np.zeros(CHUNK, np.float32)
                syn.add_at(laid[place], sound, first)
            playing = [(c, s, first - CHUNK) for c, s, first in playing if first + len(s) > CHUNK]
            mix = ear.through(far)
            for place, bus in buses.items():
                heard = bus.through(laid.get(place))
                if heard is not None:
                    mix += heard
            yield microphone.hear(mix)[:left]
            start += CHUNK
            left -= CHUNK


class _Ear:
    """The microphone's response on sound that has already been through the room."""

    def __init__(self, response: Samples) -> None:
        self._size = CHUNK + len(response)
        self._filter = np.fft.rfft(response, self._size)
        self._tail = np.zeros(len(response), np.float32)

    def through(self, sound: Samples) -> Samples:
        """The next chunk."""
        wet = np.fft.irfft(np.fft.rfft(sound, self._size) * self._filter, self._size).astype(np.float32, copy=False)
        wet[: len(self._tail)] += self._tail
        self._tail = wet[CHUNK:].copy()
        return wet[:CHUNK].copy()
