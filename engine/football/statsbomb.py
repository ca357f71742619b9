"""StatsBomb events, from a folder in the layout of the open-data repository or online through ``statsbombpy``.

Format: StatsBomb Open Data Specification (Events v4, Matches v3). Its user agreement asks for the source to be named.
What is easy to get wrong: a goal is a ``Shot`` with outcome ``Goal`` or an ``Own Goal For`` (``Own Goal Against`` is
the same goal told by the other side); timestamps restart every period; every half starts and ends twice, once a
team; period 5 is the shoot-out; files are not always in the order of play.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import InputError, MomentumError
from engine.core.extras import installing
from engine.football.events import PERIOD_START_MINUTE, EventKind, MatchEvent, MatchEvents, Period, Shots, Side
from engine.football.json_document import FETCH_AGAIN, MEGABYTE, Node, read_json

ATTRIBUTION = "StatsBomb open data"
SHOOT_OUT = 5
_FILE_LIMIT = 64 * MEGABYTE
_EVENT_LIMIT = 50_000
_MATCH_LIMIT = 5_000
_CLOCK = re.compile(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,6})?)", re.ASCII)
_LONGEST_PERIOD_S = 7200.0
_NOT_FOUND = 404
_BOX_X, _BOX_Y = 102.0, (18.0, 62.0)
"""The penalty area that is attacked, on StatsBomb's pitch of 120 x 80."""


def load_from_folder(folder: Path, match_id: int) -> MatchEvents:
    """Load ``events/<match_id>.json`` with its entry in ``matches/*/*.json``.

    Raises ``InputError`` when a file is missing, broken, or says something else than the other.
    """
    path = folder / "events" / f"{match_id}.json"
    if folder.is_dir() and not path.exists():
        raise InputError(
            f"{folder} holds no events of match {match_id}",
            "Name a folder in the layout of StatsBomb's open data: matches/2/27.json, events/<match id>.json.",
        )
    return parse_events(match_id, read_json(path, _FILE_LIMIT), _match_entry(folder, match_id))


def match_ids(folder: Path) -> list[int]:
    """Every match of which the folder holds events, in order. Raises ``InputError`` if there is none."""
    ids = sorted(int(path.stem) for path in (folder / "events").glob("*.json") if path.stem.isdecimal())
    if not ids:
        raise InputError(f"{folder} holds no events/<match id>.json", "Name a folder of StatsBomb's open data.")
    return ids


def load_online(match_id: int, competition: int | None = None, season: int | None = None) -> MatchEvents:
    """Fetch a match through ``statsbombpy``; ``competition`` and ``season`` add its date and names to it.

    Raises ``MomentumError`` (exit 1) without the package or the network, ``InputError`` for data that make no sense.
    """
    try:
        from statsbombpy import sb
    except ImportError as error:
        raise MomentumError(
            "statsbombpy is not installed", f"{installing('ingest')}, or use --open-data DIR."
        ) from error
    import requests

    name = f"statsbomb:{match_id}"
    with_list = competition is not None and season is not None
    try:
        with warnings.catch_warnings():
            # It warns that it has no password; open data need none.
            warnings.simplefilter("ignore")
            raw: Any = list(sb.events(match_id, fmt="dict").values())
            listed: Any = list(sb.matches(competition, season, fmt="dict").values()) if with_list else []
    except (requests.RequestException, OSError) as error:
        if isinstance(error, requests.HTTPError) and getattr(error.response, "status_code", None) == _NOT_FOUND:
            raise InputError(
                f"StatsBomb has no open events of match {match_id}", "Check the id in the open-data repository."
            ) from error
        raise MomentumError(
            f"match {match_id} could not be fetched: {type(error).__name__}", "Try later, or use --open-data DIR."
        ) from error
    entry = next((node for node in Node(listed, name).items(_MATCH_LIMIT) if _id_of(node) == match_id), None)
    return parse_events(match_id, Node(raw, name), entry)


def _id_of(entry: Node) -> int:
    return entry.get("match_id").whole(0, 2**53)


def _match_entry(folder: Path, match_id: int) -> Node | None:
    for path in sorted(folder.glob("matches/*/*.json")):
        for entry in read_json(path, _FILE_LIMIT).items(_MATCH_LIMIT):
            if _id_of(entry) == match_id:
                return entry
    return None


def parse_events(match_id: int, document: Node, entry: Node | None) -> MatchEvents:
    """``MatchEvents`` of a match's event list and, where there is one, its entry in the list of matches.

    Raises ``InputError`` naming file and place for whatever is missing or impossible, and when the goals among the
    events are not the score: such a file is incomplete, and labels made from it would be wrong.
    """
    rows = [_Row.of(node) for node in document.items(_EVENT_LIMIT)]
    rows = [row for row in rows if row.period != SHOOT_OUT]
    home, away = _teams(document, rows, entry)
    periods = _periods(document, rows)
    starts = {number: _start_s(rows, number) for number in periods}
    sides = {home: Side.HOME, away: Side.AWAY}
    for row in rows:
        if row.team not in sides:
            raise row.node.fault(f"{row.team} does not play in {home} against {away}")
    events = sorted(
        (event for row in rows for event in _events(row, sides[row.team], starts[row.period])),
        key=lambda event: (event.period, event.clock_s),
    )
    goals = [sum(event.kind is EventKind.GOAL and event.side is side for event in events) for side in Side]
    score = (goals[0], goals[1])
    if entry is not None:
        named = (entry.get("home_score").whole(0, 200), entry.get("away_score").whole(0, 200))
        if named != score:
            raise document.fault(
                f"the events hold {score[0]}-{score[1]}, the list of matches says {named[0]}-{named[1]}", FETCH_AGAIN
            )
    return MatchEvents(
        match_id=f"statsbomb-{match_id}",
        home=home,
        away=away,
        date=entry.get("match_date").text() if entry else "",
        competition=_competition(entry) if entry else "",
        score=score,
        periods=tuple(Period(number, end_s) for number, end_s in periods.items()),
        events=tuple(events),
        source="statsbomb",
        attribution=ATTRIBUTION,
        shots=Shots.WITH_XG,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """What every event has."""

    node: Node
    period: int
    time_s: float
    kind: str
    team: str

    @classmethod
    def of(cls, node: Node) -> "_Row":
        clock = node.get("timestamp")
        match = _CLOCK.fullmatch(clock.text())
        if match is None:
            raise clock.fault(f"expected a time like 00:12:34.567, found {clock.text()[:20]!a}")
        hours, minutes, seconds = match.groups()
        time_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        if time_s > _LONGEST_PERIOD_S:
            raise clock.fault(f"a period of more than {_LONGEST_PERIOD_S / 3600:g} hours")
        period = node.get("period").whole(1, SHOOT_OUT)
        return cls(node, period, time_s, node.name_of("type"), node.name_of("team"))


def _teams(document: Node, rows: list[_Row], entry: Node | None) -> tuple[str, str]:
    line_ups = [row.team for row in rows if row.kind == "Starting XI"]
    if len(set(line_ups)) != 2:
        raise document.fault("the line-ups of two teams are missing")
    if entry is None:
        return line_ups[0], line_ups[1]
    home = entry.get("home_team").get("home_team_name").text()
    away = entry.get("away_team").get("away_team_name").text()
    if {home, away} != set(line_ups):
        raise document.fault(f"the events are of {' and '.join(line_ups[:2])}, the match is {home} against {away}")
    return home, away


def _competition(entry: Node) -> str:
    return f"{entry.get('competition').get('competition_name').text()} {entry.get('season').get('season_name').text()}"


def _start_s(rows: list[_Row], period: int) -> float:
    return min((row.time_s for row in rows if row.period == period and row.kind == "Half Start"), default=0.0)


def _periods(document: Node, rows: list[_Row]) -> dict[int, float]:
    """Length in seconds of each period that was played, from its first start to its last end."""
    periods: dict[int, float] = {}
    for number in PERIOD_START_MINUTE:
        times = [row.time_s for row in rows if row.period == number]
        if times:
            ends = [row.time_s for row in rows if row.period == number and row.kind == "Half End"]
            periods[number] = max(ends or times) - _start_s(rows, number)
    if not {1, 2} <= periods.keys():
        raise document.fault("one of the two halves is missing")
    return periods


def _events(row: _Row, side: Side, start_s: float) -> Iterator[MatchEvent]:
    node, clock_s = row.node, max(0.0, row.time_s - start_s)
    name = node.name_of("player") if node.find("player") else ""

    def event(kind: EventKind, outcome: str = "", xg: float | None = None) -> MatchEvent:
        return MatchEvent(row.period, clock_s, kind, side, xg, outcome, name)

    match row.kind:
        case "Shot":
            shot = node.get("shot")
            outcome = shot.name_of("outcome")
            kind = EventKind.GOAL if outcome == "Goal" else EventKind.SHOT
            yield event(kind, outcome, shot.get("statsbomb_xg").number(0.0, 1.0))
        case "Own Goal For":
            yield event(EventKind.GOAL, "Own Goal")
        case "Foul Committed" | "Bad Behaviour":
            details = node.find("foul_committed" if row.kind == "Foul Committed" else "bad_behaviour")
            if row.kind == "Foul Committed":
                yield event(EventKind.FOUL)
            if details and details.find("penalty"):
                yield MatchEvent(row.period, clock_s, EventKind.PENALTY, _other(side))
            if details and details.find("card"):
                yield event(EventKind.CARD, details.name_of("card"))
        case "Pass" | "Carry":
            yield from _ball_moves(row, event)
        case "Substitution":
            yield event(EventKind.SUBSTITUTION)
        case "Injury Stoppage":
            yield event(EventKind.STOPPAGE)
        case "Offside":
            yield event(EventKind.OFFSIDE)


def _other(side: Side) -> Side:
    return Side.AWAY if side is Side.HOME else Side.HOME


def _ball_moves(row: _Row, event: Any) -> Iterator[MatchEvent]:
    """Corners, kick-offs, offsides and entries into the box: what a pass or a carry can be."""
    move = row.node.get(row.kind.lower())
    kind = move.name_of("type") if move.find("type") else ""
    result = move.name_of("outcome") if move.find("outcome") else ""
    if result == "Pass Offside":
        yield event(EventKind.OFFSIDE)
    if kind == "Corner":
        yield event(EventKind.CORNER)
    elif kind == "Kick Off":
        yield event(EventKind.KICK_OFF)
    elif not result and not _in_box(row.node.find("location")) and _in_box(move.find("end_location")):
        yield event(EventKind.BOX_ENTRY)


def _in_box(location: Node | None) -> bool:
    if location is None:
        return False
    place = [axis.number(-20.0, 200.0) for axis in location.items(3)]
    if len(place) < 2:
        raise location.fault("a place on the pitch has two coordinates")
    return place[0] >= _BOX_X and _BOX_Y[0] <= place[1] <= _BOX_Y[1]
