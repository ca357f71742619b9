from pathlib import Path

import pytest

from engine.core.errors import UsageError
from engine.football.events import EventKind, MatchEvents
from engine.football.statsbomb import load_from_folder
from engine.simulator.real_timeline import to_timeline
from tests.unit.engine.football.statsbomb_match import full_match, half, shot, write_folder


@pytest.fixture
def match(tmp_path: Path) -> MatchEvents:
    return load_from_folder(write_folder(tmp_path, full_match()), 7)


def test_events_lie_where_the_kick_offs_put_them(match: MatchEvents) -> None:
    timeline = to_timeline(match, kickoff_s=100.0, half_time_s=900.0, after_s=30.0)
    second_s = 100.0 + 2790.0 + 900.0
    assert [(goal.t_s, goal.side) for goal in timeline.goals()] == [
        (100.0 + 754.5, "home"), (100.0 + 1200.0, "home"), (second_s + 2830.0, "away"),
    ]  # fmt: skip
    assert [(period.start_s, period.end_s) for period in timeline.periods] == [
        (100.0, 2890.0), (second_s, second_s + 2940.0),
    ]  # fmt: skip
    assert timeline.duration_s == second_s + 2940.0 + 30.0


def test_shots_keep_their_xg_and_how_they_ended(match: MatchEvents) -> None:
    (saved,) = [event for event in to_timeline(match).events if event.kind is EventKind.SHOT]
    assert (saved.xg, saved.outcome, saved.side) == (0.08, "saved", "away")


def test_cards_have_a_colour(match: MatchEvents) -> None:
    (card,) = [event for event in to_timeline(match).events if event.kind is EventKind.CARD]
    assert (card.outcome, card.side) == ("yellow", "away")


def test_every_danger_of_the_match_is_one_of_the_timeline(match: MatchEvents) -> None:
    assert len(to_timeline(match).dangers()) == 3


def test_extra_time_follows(tmp_path: Path) -> None:
    extra = [*half(3, "00:15:30.000"), *half(4, "00:16:00.000"), shot("00:15:10.000", "Goal", 0.4, period=4)]
    folder = write_folder(tmp_path, full_match() + extra)
    (folder / "matches/1/2.json").unlink()
    timeline = to_timeline(load_from_folder(folder, 7), half_time_s=300.0)
    assert [period.number for period in timeline.periods] == [1, 2, 3, 4]
    assert timeline.goals()[-1].t_s == timeline.periods[3].start_s + 910.0


def test_a_pause_of_less_than_nothing_is_refused(match: MatchEvents) -> None:
    with pytest.raises(UsageError):
        to_timeline(match, half_time_s=-1.0)
