import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests

from engine.core.errors import InputError, MomentumError
from engine.football.events import EventKind, MatchEvents, Shots, Side
from engine.football.statsbomb import load_from_folder, load_online, match_ids
from tests.unit.engine.football.refusals import refusal
from tests.unit.engine.football.statsbomb_match import (
    AWAY,
    MATCH_ID,
    event,
    full_match,
    half,
    line_ups,
    match_entry,
    shot,
    write_folder,
)
from tests.unit.train.shared_data import STATSBOMB, needs_shared_data, real_matches


def load(folder: Path, events: Any, **entry: Any) -> MatchEvents:
    return load_from_folder(write_folder(folder, events, {**match_entry(), **entry}), MATCH_ID)


class TestWhatCounts:
    def test_an_own_goal_counts_once_and_for_the_side_it_helps(self, tmp_path: Path) -> None:
        match = load(tmp_path, full_match())
        assert [(goal.match_clock, goal.side) for goal in match.goals] == [
            ("12:34", Side.HOME),
            ("20:00", Side.HOME),
            ("90+2:10", Side.AWAY),
        ]
        assert match.score == (2, 1)

    def test_the_shoot_out_is_no_play(self, tmp_path: Path) -> None:
        shoot_out = [*half(5, "00:05:00.000"), shot("00:01:00.000", "Goal", 0.76, period=5)]
        match = load(tmp_path, full_match() + shoot_out)
        assert match.score == (2, 1)
        assert [period.number for period in match.periods] == [1, 2]

    def test_extra_time_has_periods_of_its_own(self, tmp_path: Path) -> None:
        extra = [*half(3, "00:15:30.000"), *half(4, "00:16:00.000"), shot("00:15:10.000", "Goal", 0.4, period=4)]
        match = load(tmp_path, full_match() + extra, home_score=3)
        assert [period.number for period in match.periods] == [1, 2, 3, 4]
        assert match.goals[-1].match_clock == "120+0:10"

    def test_times_restart_with_every_period(self, tmp_path: Path) -> None:
        match = load(tmp_path, full_match())
        assert [goal.clock_s for goal in match.goals] == [754.5, 1200.0, 2830.0]

    def test_half_starts_told_twice_and_late_make_one_kick_off(self, tmp_path: Path) -> None:
        rows = [*full_match(), event("Half Start", "00:00:02.000"), event("Half End", "00:46:31.000")]
        assert [period.end_s for period in load(tmp_path, rows).periods] == [2791.0, 2940.0]

    def test_the_clock_of_a_half_starts_at_its_first_start(self, tmp_path: Path) -> None:
        late = [row for row in full_match() if not (row["type"]["name"] == "Half Start" and row["period"] == 2)]
        late.append(event("Half Start", "00:00:03.000", period=2))
        assert load(tmp_path, late).goals[-1].clock_s == 2827.0

    def test_events_come_in_the_order_of_play(self, tmp_path: Path) -> None:
        match = load(tmp_path, list(reversed(full_match())))
        assert [e.clock_s for e in match.in_period(1)] == sorted(e.clock_s for e in match.in_period(1))

    def test_shots_carry_their_xg_and_goals_too(self, tmp_path: Path) -> None:
        match = load(tmp_path, full_match())
        assert [e.xg for e in match.events if e.kind is EventKind.SHOT] == [0.08]
        assert match.goals[0].xg == 0.3 and match.goals[1].xg is None
        assert match.shots is Shots.WITH_XG

    def test_corners_box_entries_penalties_and_cards_are_told_apart(self, tmp_path: Path) -> None:
        kinds = {e.kind: e.side for e in load(tmp_path, full_match()).events}
        assert kinds[EventKind.CORNER] is Side.HOME and kinds[EventKind.BOX_ENTRY] is Side.HOME
        assert kinds[EventKind.FOUL] is Side.AWAY and kinds[EventKind.CARD] is Side.AWAY
        assert kinds[EventKind.PENALTY] is Side.HOME, "it is given to the side that was fouled"


BROKEN: dict[str, tuple[Any, str]] = {
    "truncated": (json.dumps(full_match())[:-40], "7.json breaks off or is no JSON at line 1"),
    "empty": ("", "7.json breaks off"),
    "not a list": ({"events": []}, "expected a list, found an object"),
    "no events": ([], "line-ups"),
    "an event that is a number": ([3], r"at \[0\]: expected an object"),
    "no type": ([{**event("Pass", "00:00:01.000"), "type": None}], r"at \[0\]: 'type' is missing"),
    "period 9": ([event("Pass", "00:00:01.000", period=9)], r"at \[0\].period: the number lies outside 1 to 5"),
    "period true": ([{**event("Pass", "00:00:01.000"), "period": True}], "expected a number, found true or false"),
    "time 99:99": ([event("Pass", "00:99:00.000")], r"at \[0\].timestamp: expected a time"),
    "a period of a day": ([event("Pass", "23:00:00.000")], "more than 2 hours"),
    "xg of 7": ([*full_match(), shot("00:01:00.000", "Saved", 7)], r"statsbomb_xg: the number lies outside 0 to 1"),
    "xg not a number": (json.dumps(full_match()).replace("0.08", "NaN"), "NaN is no JSON number"),
    "xg with a thousand digits": (json.dumps(full_match()).replace("0.08", "1" + "0" * 999), "outside 0 to 1"),
    "xg with ten thousand digits": (json.dumps(full_match()).replace("0.08", "1" * 10_000), "7.json"),
    "control characters": ([event("Pass", "00:00:01.000", team="\x1b[2JNorth")], r"control characters in '\\x1b"),
    "text that runs backwards": ([event("Pass", "00:00:01.000", team="\u202eNorth")], "control characters"),
    "a name of a megabyte": ([event("Pass", "00:00:01.000", team="N" * 1_000_000)], "characters"),
    "a stranger": ([*full_match(), event("Pass", "00:01:00.000", team="Eastville")], "Eastville does not play"),
    "one half": ([*line_ups(), *half(1, "00:46:00.000")], "one of the two halves is missing"),
    "a goal is missing": (
        [row for row in full_match() if row.get("shot", {}).get("statsbomb_xg") != 0.3],
        "the events hold 1-1, the list of matches says 2-1",
    ),
    "nested deeply": ("[" * 200_000, "7.json"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_with_the_place(name: str, tmp_path: Path) -> None:
    events, message = BROKEN[name]
    said = refusal(message, load, tmp_path, events)
    assert said.message.startswith("7.json") and said.hint
    assert len(said.message) < 300


class TestFiles:
    def test_a_match_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no events of match 8"):
            load_from_folder(write_folder(tmp_path, full_match()), 8)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="does not exist"):
            load_from_folder(tmp_path / "absent", 8)
        with pytest.raises(InputError, match="holds no events"):
            match_ids(tmp_path)

    def test_a_file_too_large_is_not_read(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, full_match())
        with (folder / "events/7.json").open("r+b") as file:
            file.truncate(100_000_000)
        with pytest.raises(InputError, match="100 MB, where 64 are the most"):
            load_from_folder(folder, MATCH_ID)

    def test_a_folder_in_place_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "events/7.json").mkdir(parents=True)
        with pytest.raises(InputError, match="is not a file"):
            load_from_folder(tmp_path, MATCH_ID)

    def test_without_a_list_of_matches_the_line_ups_say_who_is_at_home(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, full_match())
        (folder / "matches/1/2.json").unlink()
        match = load_from_folder(folder, MATCH_ID)
        assert match.title == f"Northtown 2-1 {AWAY}" and match.date == ""


def stand_in(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    """Put a module in the place of ``statsbombpy``."""
    package = ModuleType("statsbombpy")
    package.sb = SimpleNamespace(**functions)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "statsbombpy", package)


class TestOnline:
    def test_events_come_through_statsbombpy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stand_in(
            monkeypatch,
            events=lambda match_id, fmt: dict(enumerate(full_match())),
            matches=lambda competition, season, fmt: {MATCH_ID: match_entry()},
        )
        assert load_online(MATCH_ID).score == (2, 1)
        assert load_online(MATCH_ID, 1, 2).date == "2020-05-01"

    def test_without_the_package_it_says_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "statsbombpy", None)
        with pytest.raises(MomentumError, match="not installed") as caught:
            load_online(MATCH_ID)
        assert "pip install" in caught.value.hint

    def test_without_a_network_it_offers_the_folder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def offline(*_: Any, **__: Any) -> None:
            raise ConnectionError("no route")

        stand_in(monkeypatch, events=offline)
        with pytest.raises(MomentumError, match="could not be fetched") as caught:
            load_online(MATCH_ID)
        assert "--open-data" in caught.value.hint

    def test_a_match_that_is_not_open_is_no_fault_of_the_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(*_: Any, **__: Any) -> None:
            response = requests.Response()
            response.status_code = 404
            raise requests.HTTPError(response=response)

        stand_in(monkeypatch, events=missing)
        with pytest.raises(InputError, match="no open events of match 7"):
            load_online(MATCH_ID)


@pytest.mark.xdist_group("real matches")
@needs_shared_data
def test_the_goals_of_sixty_real_matches_are_their_scores() -> None:
    listed = json.loads((STATSBOMB / "matches/2/27.json").read_text())
    scores = {entry["match_id"]: (entry["home_score"], entry["away_score"]) for entry in listed}
    matches = real_matches()
    assert len(matches) == 60
    for match_id, match in matches.items():
        sides = [goal.side for goal in match.goals]
        assert (sides.count(Side.HOME), sides.count(Side.AWAY)) == scores[match_id]
        assert all(45 * 60 <= (period.end_s or 0) < 60 * 60 for period in match.periods)
