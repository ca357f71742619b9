"""SoccerNet-v2's two files: ``Labels-v2.json`` is read, ``results_spotting.json`` (predictions) is written.

Format: SoccerNet-v2 action spotting labels (Deliege et al., CVPR Workshops 2021): ``gameTime`` is ``half - mm:ss`` and
``position`` milliseconds in the recording of that half, which usually starts within seconds of the kick-off. Shots
have no xG, so their grade is unknown. In predictions every value is text, and each says its ``half`` once more.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.core.clock_text import minutes_time
from engine.football.events import PERIOD_START_MINUTE, EventKind, MatchEvent, MatchEvents, Period, Shots, Side
from engine.football.json_document import MEGABYTE, Node, read_json

ATTRIBUTION = "SoccerNet-v2 labels"
HALVES: Final = (1, 2)
_FILE_LIMIT = 8 * MEGABYTE
_ANNOTATION_LIMIT = 20_000
_LONGEST_PERIOD_MS = 2 * 3600 * 1000
_LATEST_FIRST_KICK_OFF_S = 120.0
GAME_TIME: Final = re.compile(r"([1-9]) - ([0-9]{1,3}):([0-5][0-9])", re.ASCII)
_SCORE = re.compile(r"([0-9]{1,2}) - ([0-9]{1,2})", re.ASCII)
KINDS: Final = {
    "Goal": EventKind.GOAL,
    "Shots on target": EventKind.SHOT,
    "Shots off target": EventKind.SHOT,
    "Penalty": EventKind.PENALTY,
    "Corner": EventKind.CORNER,
    "Foul": EventKind.FOUL,
    "Yellow card": EventKind.CARD,
    "Red card": EventKind.CARD,
    "Yellow->red card": EventKind.CARD,
    "Offside": EventKind.OFFSIDE,
    "Substitution": EventKind.SUBSTITUTION,
    "Kick-off": EventKind.KICK_OFF,
}
"""What a crowd can be heard to answer; throw-ins, clearances and the like are left out."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An event, or a prediction of one, ``position_ms`` after the kick-off of its half (1 or 2)."""

    half: int
    position_ms: int
    label: str
    confidence: float = 1.0
    shown: bool = True
    """Whether the broadcast showed it, as far as labels say so (``visibility``)."""
    side: Side | None = None
    """Whose it was, as far as labels say so (``team``)."""


def predictions(game: str, spots: Iterable[Spot]) -> dict[str, Any]:
    """The document ``results_spotting.json`` of one game, which SoccerNet names by a path."""
    return {
        "UrlLocal": game,
        "predictions": [
            {
                "gameTime": f"{spot.half} - {minutes_time(spot.position_ms / 1000, digits=2)}",
                "label": spot.label,
                "position": str(spot.position_ms),
                "half": str(spot.half),
                "confidence": str(round(spot.confidence, 6)),
            }
            for spot in spots
        ],
    }


def load_labels(path: Path) -> MatchEvents:
    """Load a ``Labels-v2.json``. Raises ``InputError`` as ``parse_labels`` does, and when the file can't be read."""
    return parse_labels(read_json(path, _FILE_LIMIT))


def parse_labels(document: Node) -> MatchEvents:
    """``MatchEvents`` of a labels document.

    Raises ``InputError`` naming file and place for whatever is missing or impossible, and when the goals are not the
    score that the file itself names.
    """
    events: list[MatchEvent] = []
    for node in document.get("annotations").items(_ANNOTATION_LIMIT):
        event = _event(node)
        if event is not None:
            events.append(event)
    events = _since_kick_off(sorted(events, key=lambda event: (event.period, event.clock_s)))
    score = _score(document)
    goals = [sum(event.kind is EventKind.GOAL and event.side is side for event in events) for side in Side]
    if score is not None and list(score) != goals:
        raise document.fault(f"the annotations hold {goals[0]}-{goals[1]}, the file says {score[0]}-{score[1]}")
    home, away = document.get("gameHomeTeam").text(), document.get("gameAwayTeam").text()
    date = document.get("gameDate").text()
    played = sorted({*HALVES} | {event.period for event in events})
    return MatchEvents(
        match_id=f"soccernet-{_slug(date, home, away)}",
        home=home,
        away=away,
        date=date,
        competition="",
        score=score or (goals[0], goals[1]),
        periods=tuple(Period(number) for number in played),
        events=tuple(events),
        source="soccernet",
        attribution=ATTRIBUTION,
        shots=Shots.LISTED,
    )


def _event(node: Node) -> MatchEvent | None:
    game_time = node.get("gameTime")
    match = GAME_TIME.fullmatch(game_time.text())
    if match is None:
        raise game_time.fault(f"expected a time like '1 - 12:34', found {game_time.text()[:20]!a}")
    label = node.get("label").text()
    period = int(match[1])
    if period not in PERIOD_START_MINUTE or label not in KINDS:
        return None
    team = node.get("team").text()
    side = Side(team) if team in tuple(Side) else None
    return MatchEvent(period, _position_s(node), KINDS[label], side, outcome=label)


def _position_s(node: Node) -> float:
    """``position`` is written as text in the published files."""
    position = node.get("position")
    if isinstance(position.value, str):
        text = position.text()
        if not (text.isascii() and text.isdecimal()):
            raise position.fault(f"expected milliseconds, found {text[:20]!a}")
        position = Node(int(text), position.file, position.where)
    return position.number(0, _LONGEST_PERIOD_MS) / 1000


def _since_kick_off(events: list[MatchEvent]) -> list[MatchEvent]:
    """Times since the kick-off of the half instead of since the start of its recording.

    The first thing annotated in a half is its kick-off; a later one follows a goal and says nothing about the start.
    """
    first: dict[int, float] = {}
    for number in PERIOD_START_MINUTE:
        kick_offs = [e.clock_s for e in events if e.period == number and e.kind is EventKind.KICK_OFF]
        goals = [e.clock_s for e in events if e.period == number and e.kind is EventKind.GOAL]
        if kick_offs and kick_offs[0] <= min([_LATEST_FIRST_KICK_OFF_S, *goals]):
            first[number] = kick_offs[0]
    return [
        MatchEvent(e.period, max(0.0, e.clock_s - first.get(e.period, 0.0)), e.kind, e.side, outcome=e.outcome)
        for e in events
    ]


def _score(document: Node) -> tuple[int, int] | None:
    score = document.find("gameScore")
    if score is None:
        return None
    match = _SCORE.fullmatch(score.text())
    if match is None:
        raise score.fault(f"expected a score like '2 - 1', found {score.text()[:20]!a}")
    return int(match[1]), int(match[2])


def _slug(*parts: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")[:80]
