"""``MatchEvents`` as JSON and back: how a match in the library remembers what happened in it."""

from dataclasses import asdict
from enum import StrEnum
from typing import Any, TypeVar

from engine.football.events import PERIOD_START_MINUTE, EventKind, MatchEvent, MatchEvents, Period, Shots, Side
from engine.football.json_document import Node

_EVENT_LIMIT = 50_000
_LONGEST_PERIOD_S = 7200.0
Term = TypeVar("Term", bound=StrEnum)


def to_json(match: MatchEvents) -> dict[str, Any]:
    """A JSON object; what an event does not have is left out of it."""
    row = asdict(match)
    row["events"] = [{key: value for key, value in event.items() if value not in (None, "")} for event in row["events"]]
    return row


def from_json(node: Node) -> MatchEvents:
    """The inverse of ``to_json``. Raises ``InputError`` naming file and place."""
    score = node.find("score")
    scored = [side.whole(0, 200) for side in score.items(2)] if score else []
    try:
        return MatchEvents(
            match_id=node.get("match_id").text(),
            home=node.get("home").text(),
            away=node.get("away").text(),
            date=node.get("date").text(),
            competition=node.get("competition").text(),
            score=(scored[0], scored[1]) if len(scored) == 2 else None,
            periods=tuple(_period(period) for period in node.get("periods").items(len(PERIOD_START_MINUTE))),
            events=tuple(_event(event) for event in node.get("events").items(_EVENT_LIMIT)),
            source=node.get("source").text(),
            attribution=node.get("attribution").text(),
            shots=_term(node.get("shots"), Shots),
        )
    except ValueError as error:
        raise node.fault(str(error)) from error


def _period(node: Node) -> Period:
    end = node.find("end_s")
    return Period(node.get("number").whole(1, 4), end.number(0, _LONGEST_PERIOD_S) if end else None)


def _event(node: Node) -> MatchEvent:
    side, xg, outcome, player = (node.find(key) for key in ("side", "xg", "outcome", "player"))
    return MatchEvent(
        period=node.get("period").whole(1, 4),
        clock_s=node.get("clock_s").number(0, _LONGEST_PERIOD_S),
        kind=_term(node.get("kind"), EventKind),
        side=_term(side, Side) if side else None,
        xg=xg.number(0, 1) if xg else None,
        outcome=outcome.text() if outcome else "",
        player=player.text() if player else "",
    )


def _term(node: Node, terms: type[Term]) -> Term:
    text = node.text()
    if text not in tuple(terms):
        raise node.fault(f"{text[:20]!a} is none of {', '.join(terms)}")
    return terms(text)
