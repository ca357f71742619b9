"""A real match as the timeline of a simulated one: its events, placed on the clock of a recording that never was."""

from dataclasses import replace

from engine.football.events import EventKind, MatchEvent, MatchEvents
from engine.simulator.timeline import Timeline, place_events

_LEFT_OUT = frozenset({EventKind.PENALTY, EventKind.KICK_OFF})
"""A penalty given is a foul already, and the simulator whistles every goal's restart itself."""
_SHOT_OUTCOMES = {
    "Saved": "saved",
    "Saved to Post": "saved",
    "Saved Off Target": "off_target",
    "Off T": "off_target",
    "Wayward": "off_target",
    "Blocked": "blocked",
    "Post": "post",
    "Shots on target": "saved",
    "Shots off target": "off_target",
}


def to_timeline(
    match: MatchEvents, kickoff_s: float = 60.0, half_time_s: float = 900.0, after_s: float = 60.0
) -> Timeline:
    """Lay ``match`` on the clock of a recording.

    The recording starts ``kickoff_s`` before the first kick-off, pauses ``half_time_s`` between periods, and runs on
    for ``after_s``. Raises ``UsageError`` for negative times.
    """
    events = [
        replace(event, outcome=outcome_of(event), player="") for event in match.events if event.kind not in _LEFT_OUT
    ]
    events += [MatchEvent(p.number, match.length_s(p.number), EventKind.HALF_END) for p in match.periods]
    return place_events(events, kickoff_s, half_time_s, after_s, match.title)


def outcome_of(event: MatchEvent) -> str:
    """What came of a shot or a card of a data source, in the simulator's words; empty for other events."""
    if event.kind is EventKind.SHOT:
        return _SHOT_OUTCOMES.get(event.outcome, "")
    if event.kind is EventKind.CARD:
        return "yellow" if event.outcome in ("Yellow Card", "Yellow card") else "red"
    return ""
