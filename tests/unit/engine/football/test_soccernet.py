import json
from pathlib import Path
from typing import Any

import pytest

from engine.football.events import EventKind, MatchEvents, Shots, Side
from engine.football.soccernet import load_labels
from tests.unit.engine.football.refusals import refusal
from tests.unit.train.shared_data import SOCCERNET, needs_shared_data


def note(label: str, half: int, position_ms: int | str, team: str = "home") -> dict[str, Any]:
    seconds = int(position_ms) // 1000
    return {
        "gameTime": f"{half} - {seconds // 60:02d}:{seconds % 60:02d}",
        "label": label,
        "position": str(position_ms),
        "team": team,
        "visibility": "visible",
    }


def document(*annotations: Any, score: str = "1 - 0") -> dict[str, Any]:
    return {
        "gameHomeTeam": "Northtown",
        "gameAwayTeam": "Southport",
        "gameDate": "01/05/2020 - 20:00",
        "gameScore": score,
        "annotations": list(annotations),
    }


def load(folder: Path, content: Any) -> MatchEvents:
    path = folder / "Labels-v2.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_labels(path)


class TestTimes:
    def test_the_clock_starts_at_the_kick_off_not_at_the_recording(self, tmp_path: Path) -> None:
        match = load(tmp_path, document(note("Kick-off", 1, 30_000), note("Goal", 1, 90_250)))
        assert match.goals[0].clock_s == 60.25

    def test_the_kick_off_after_a_goal_is_not_the_start(self, tmp_path: Path) -> None:
        match = load(tmp_path, document(note("Goal", 1, 20_000), note("Kick-off", 1, 60_000)))
        assert match.goals[0].clock_s == 20.0

    def test_a_late_first_kick_off_is_not_the_start(self, tmp_path: Path) -> None:
        match = load(tmp_path, document(note("Kick-off", 2, 600_000), note("Goal", 2, 700_000)))
        assert match.goals[0].clock_s == 700.0

    def test_shots_are_listed_without_xg(self, tmp_path: Path) -> None:
        match = load(tmp_path, document(note("Goal", 1, 1000), note("Shots on target", 2, 5000, "away")))
        shot = next(event for event in match.events if event.kind is EventKind.SHOT)
        assert (shot.side, shot.xg, match.shots) == (Side.AWAY, None, Shots.LISTED)

    def test_what_no_crowd_answers_is_left_out(self, tmp_path: Path) -> None:
        match = load(tmp_path, document(note("Goal", 1, 1000), note("Throw-in", 1, 5000, "not applicable")))
        assert [event.kind for event in match.events] == [EventKind.GOAL]


BROKEN: dict[str, tuple[Any, str]] = {
    "truncated": ('{"annotations": [', "breaks off or is no JSON at line 1, column 18"),
    "no annotations": ({"gameScore": "1 - 0"}, "'annotations' is missing"),
    "a goal too few": (document(score="1 - 0"), "the annotations hold 0-0, the file says 1-0"),
    "a position in words": (document({**note("Goal", 1, 1), "position": "soon"}), r"\[0\].position: expected millis"),
    "a position beyond the match": (
        document({**note("Goal", 1, 1), "position": "1" + "0" * 99}),
        "position: the number lies outside",
    ),
    "half zero": (document({**note("Goal", 1, 1), "gameTime": "0 - 01:00"}), "gameTime: expected a time"),
    "a score of words": (document(score="two-one"), "gameScore: expected a score"),
    "a name with an escape": ({**document(note("Goal", 1, 1)), "gameHomeTeam": "\x1b]0;x\x07"}, "control characters"),
    "annotations as text": ({**document(), "annotations": "none"}, "annotations: expected a list, found text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_with_the_place(name: str, tmp_path: Path) -> None:
    content, message = BROKEN[name]
    assert refusal(message, load, tmp_path, content).message.startswith("Labels-v2.json")


@needs_shared_data
def test_three_real_games_hold_their_fourteen_goals() -> None:
    matches = [load_labels(path) for path in sorted(SOCCERNET.rglob("Labels-v2.json"))]
    assert sum(len(match.goals) for match in matches) == 14
    assert sorted(match.title for match in matches) == [
        "AC Milan 1-2 Napoli",
        "Bologna 1-7 Napoli",
        "Crotone 1-2 Napoli",
    ]
