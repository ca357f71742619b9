"""What live words would have told of a match that nobody commented on, pasted from what they told of real ones.

Where something happens in the match, the goals that were told of from shortly before to a while behind a real event of
the same kind are told at the same distance from it: found or missed, as late, as sure and as wrong as they were.
Between these stands what was told while nothing happened. What is pasted is what the network made of the words, not
the words: a text of pieces would have names and scores that change every minute, and the network hears that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.football.events import EventKind, RecordedEvent
from train.commentary.soccernet_label_table import KINDS, Events

Told = tuple[float, float]
"""When a goal was told of, in seconds of the half, and the log-odds that it was one."""
BEFORE_S: Final = 20.0
BEHIND_S: Final = 40.0
BEHIND_GOAL_S: Final = 90.0
"""A goal is spoken of for longer, and then again told of as if it were another."""
_LEAST_QUIET_S: Final = 8.0
_GOAL: Final = "Goal"
_PRIORITY: Final = (
    "Foul",
    "Offside",
    "Substitution",
    "Corner",
    "Shots off target",
    "Shots on target",
    _GOAL,
)
"""Where events are near each other the later one in this list is spoken of."""
_LABELS: Final[Mapping[EventKind, str]] = {
    EventKind.GOAL: _GOAL,
    EventKind.FOUL: "Foul",
    EventKind.OFFSIDE: "Offside",
    EventKind.SUBSTITUTION: "Substitution",
    EventKind.CORNER: "Corner",
}


@dataclass(frozen=True, slots=True, eq=False)
class Donor:
    """A real half: what was told of, what happened (by ``KINDS``), and how long it is in seconds."""

    told: tuple[Told, ...]
    events: Events
    length_s: float


@dataclass(frozen=True, slots=True)
class Piece:
    """From ``from_s`` to ``to_s`` of a donor's half; ``at_s`` is when the event was that it is about."""

    donor: Donor
    from_s: float
    to_s: float
    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Pieces by the label of their event, and those in which nothing happened."""

    by_label: Mapping[str, tuple[Piece, ...]]
    quiet: tuple[Piece, ...]

    @property
    def goals(self) -> int:
        return len(self.by_label[_GOAL])


def pool_of(donors: Sequence[Donor]) -> Pool:
    """All pieces of some halves."""
    by_label = {
        label: tuple(
            Piece(donor, at_s - BEFORE_S, at_s + behind_s(label), at_s)
            for donor in donors
            for at_s in donor.events[KINDS.index(label)]
        )
        for label in _PRIORITY
    }
    return Pool(by_label, tuple(piece for donor in donors for piece in _quiet(donor)))


def behind_s(label: str) -> float:
    """How long behind an event its words go on."""
    return BEHIND_GOAL_S if label == _GOAL else BEHIND_S


def label_of(event: RecordedEvent) -> str | None:
    """The commentary's name for what happened; None for what it has none for."""
    if event.kind is EventKind.SHOT:
        return "Shots on target" if event.outcome == "saved" else "Shots off target"
    return _LABELS.get(event.kind)


def paste(happened: Sequence[tuple[float, str]], length_s: float, pool: Pool, rng: np.random.Generator) -> list[Told]:
    """What is told of in a half of ``length_s`` seconds in which ``happened`` (second, label) did, in order.

    Times are those of the half. Every second belongs to one piece.
    """
    pieces: list[tuple[Piece, float]] = []
    owner = np.full(max(1, int(np.ceil(length_s))), -1)
    for at_s, label in sorted(happened, key=lambda one: _PRIORITY.index(one[1])):
        if pool.by_label[label]:
            piece = pool.by_label[label][int(rng.integers(len(pool.by_label[label])))]
            first, last = (max(0, round(t_s)) for t_s in (at_s - BEFORE_S, at_s + behind_s(label)))
            owner[first:last] = len(pieces)
            pieces.append((piece, at_s - piece.at_s))
    turns = np.flatnonzero(np.diff(owner)) + 1
    told: list[Told] = []
    for first, last in zip([0, *turns.tolist()], [*turns.tolist(), len(owner)], strict=True):
        if owner[first] >= 0:
            piece, shift_s = pieces[owner[first]]
            told += _told(piece, shift_s, first, last)
        else:
            told += _nothing_much(pool, first, last, rng)
    return sorted(told)


def _quiet(donor: Donor) -> list[Piece]:
    """Stretches before, between and behind all that was spoken of."""
    busy = sorted(
        (second - BEFORE_S, second + behind_s(label))
        for label, seconds in zip(KINDS, donor.events, strict=True)
        for second in seconds
    )
    found, free_s = [], 0.0
    for from_s, to_s in [*busy, (donor.length_s, donor.length_s)]:
        if from_s - free_s >= _LEAST_QUIET_S:
            found.append(Piece(donor, free_s, from_s, free_s))
        free_s = max(free_s, to_s)
    return found


def _nothing_much(pool: Pool, first_s: float, last_s: float, rng: np.random.Generator) -> list[Told]:
    """Quiet pieces one behind the other, from ``first_s`` on until ``last_s``."""
    told: list[Told] = []
    while pool.quiet and first_s < last_s:
        piece = pool.quiet[int(rng.integers(len(pool.quiet)))]
        end_s = min(last_s, first_s + piece.to_s - piece.from_s)
        told += _told(piece, first_s - piece.from_s, first_s, end_s)
        first_s = end_s
    return told


def _told(piece: Piece, shift_s: float, first_s: float, last_s: float) -> list[Told]:
    """What the donor's words told from ``first_s`` to ``last_s``, once it is moved by ``shift_s``."""
    return [(t_s + shift_s, sure) for t_s, sure in piece.donor.told if first_s <= t_s + shift_s < last_s]
