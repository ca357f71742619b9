"""A small match in StatsBomb's form, made here: no byte of it comes from anybody's data."""

import json
from pathlib import Path
from typing import Any

HOME, AWAY = "Northtown", "Southport"
MATCH_ID = 7


def event(kind: str, clock: str, period: int = 1, team: str = HOME, **more: Any) -> dict[str, Any]:
    return {"period": period, "timestamp": clock, "type": {"name": kind}, "team": {"name": team}, **more}


def shot(clock: str, outcome: str, xg: float, period: int = 1, team: str = HOME) -> dict[str, Any]:
    details = {"outcome": {"name": outcome}, "statsbomb_xg": xg, "type": {"name": "Open Play"}}
    return event("Shot", clock, period, team, shot=details, player={"name": "Ana Example"})


def half(period: int, end: str) -> list[dict[str, Any]]:
    """Starts and ends are told by both teams."""
    return [event(kind, clock, period, team) for kind, clock in (("Half Start", "00:00:00.000"), ("Half End", end))
            for team in (HOME, AWAY)]  # fmt: skip


def line_ups() -> list[dict[str, Any]]:
    return [event("Starting XI", "00:00:00.000", team=team) for team in (HOME, AWAY)]


def full_match() -> list[dict[str, Any]]:
    """2-1: a header, an own goal, and one for the guests in added time."""
    return [
        *line_ups(),
        *half(1, "00:46:30.000"),
        *half(2, "00:49:00.000"),
        shot("00:12:34.500", "Goal", 0.3),
        shot("00:10:00.000", "Saved", 0.08, team=AWAY),
        event("Own Goal Against", "00:20:00.000", team=AWAY),
        event("Own Goal For", "00:20:00.000", team=HOME),
        shot("00:47:10.000", "Goal", 0.5, period=2, team=AWAY),
        event("Pass", "00:30:00.000", **{"pass": {"type": {"name": "Corner"}, "end_location": [110.0, 40.0]}}),
        event("Pass", "00:31:00.000", location=[90.0, 40.0], **{"pass": {"end_location": [110.0, 40.0]}}),
        event("Foul Committed", "00:32:00.000", team=AWAY,
              foul_committed={"penalty": True, "card": {"name": "Yellow Card"}}),
    ]  # fmt: skip


def match_entry(home_score: int = 2, away_score: int = 1) -> dict[str, Any]:
    return {
        "match_id": MATCH_ID,
        "match_date": "2020-05-01",
        "competition": {"competition_name": "Test League"},
        "season": {"season_name": "2019/2020"},
        "home_team": {"home_team_name": HOME},
        "away_team": {"away_team_name": AWAY},
        "home_score": home_score,
        "away_score": away_score,
    }


def write_folder(folder: Path, events: Any, entry: dict[str, Any] | None = None) -> Path:
    """A folder in the layout of the open-data repository."""
    for path, value in (("events/7.json", events), ("matches/1/2.json", [entry or match_entry()])):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(value if isinstance(value, str) else json.dumps(value))
    return folder
