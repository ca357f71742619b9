"""The events of a match without event data, as its own commentary tells them; for the label rule 'said-danger'."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.commentary.read_transcript import read_transcript
from engine.commentary.transcript import Transcript
from engine.commentary.word_weights import WordsWeights, load_words
from engine.commentary.words_to_events import SaidEvent, check_worth, events_of, hear
from engine.core.errors import InputError, UsageError
from engine.core.text import plain
from engine.football.events import EventKind, MatchEvent, MatchEvents, Period, Shots
from train.data.labels import SAID

SURE: Final = 0.5
"""The probability from which a told goal counts as one; a less likely one is only kept out of the negatives."""
DOUBTED: Final = 0.1
"""The least probability of what is kept out of the negatives."""
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")
_ATTRIBUTION: Final = "the recording's own commentary"
_KINDS: Final = {
    "Substitution": EventKind.SUBSTITUTION,
    "Corner": EventKind.CORNER,
    "Foul": EventKind.FOUL,
    "Offside": EventKind.OFFSIDE,
    "Penalty": EventKind.PENALTY,
    "Red card": EventKind.CARD,
}


def load_said(file: Path, kick_offs: Mapping[int, float | None], weights: WordsWeights | None = None) -> MatchEvents:
    """The events told by the transcript ``file`` of a whole recording, whose kick-offs (second of sound by period, None
    for one that was not recorded) are known: the transcript has the sound's own clock, so nothing else need be aligned.

    Raises:
        InputError: the file is no transcript, or nothing can be told from it.
        UsageError: a kick-off of the first or the second half is missing.
    """
    missing = [number for number in (1, 2) if number not in kick_offs]
    if missing:
        raise UsageError(
            "a commentary does not say when the halves began",
            "Give --kickoff and --second-half as minutes:seconds of the sound, or none for a half not recorded.",
        )
    starts = sorted((at_s, number) for number, at_s in kick_offs.items() if at_s is not None)
    loaded = load_words() if weights is None else weights
    transcript = read_transcript(file)
    check_worth(transcript, loaded)
    events: list[MatchEvent] = []
    for (start_s, number), end_s in zip(starts, [*(at_s for at_s, _ in starts[1:]), float("inf")], strict=True):
        half = _part(transcript, start_s, end_s, number)
        told = events_of(hear([half], loaded), loaded, least=DOUBTED)
        events += [_event(event, number) for event in told]
    if not events:
        raise InputError(f"{plain(file.name, 80)} tells of nothing that is likely", "Is it the match's commentary?")
    return MatchEvents(
        match_id=f"said-{_UNSAFE.sub('-', file.stem.lower()).strip('-')[:60]}",
        home="",
        away="",
        date="",
        competition="",
        score=None,
        periods=tuple(Period(number) for number in sorted(number for _, number in starts)),
        events=tuple(sorted(events, key=lambda event: (event.period, event.clock_s))),
        source=SAID,
        attribution=_ATTRIBUTION,
        shots=Shots.LISTED,
    )


def _part(transcript: Transcript, start_s: float, end_s: float, number: int) -> Transcript:
    """What was said from ``start_s`` to ``end_s``, on a clock that starts there."""
    inside = [segment for segment in transcript.segments if start_s <= segment.start_s < end_s]
    moved = [replace(one, start_s=one.start_s - start_s, end_s=one.end_s - start_s) for one in inside]
    return Transcript(tuple(moved), transcript.game, 2 if number == 2 else 1)


def _event(event: SaidEvent, period: int) -> MatchEvent:
    if event.label == "Goal" and event.probability >= SURE:
        kind = EventKind.GOAL
    else:
        kind = _KINDS.get(event.label, EventKind.SHOT)
    return MatchEvent(period, event.t_s, kind, outcome=f"said {event.probability:.2f}")
