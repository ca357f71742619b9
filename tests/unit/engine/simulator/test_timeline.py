"""Timelines: drawn ones look like football, placed ones keep their events where they were."""

import numpy as np
import pytest

from engine.core.errors import UsageError
from engine.football.events import EventKind, MatchEvent, Side
from engine.simulator.timeline import cut, draw_timeline, place_events


def many() -> list[list[EventKind]]:
    return [[event.kind for event in draw_timeline(np.random.default_rng(seed)).events] for seed in range(150)]


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (EventKind.GOAL, 2.2, 3.0),
        (EventKind.SHOT, 20.0, 26.0),
        (EventKind.CORNER, 8.0, 14.0),
        (EventKind.FOUL, 18.0, 26.0),
        (EventKind.CARD, 2.5, 5.5),
        (EventKind.SUBSTITUTION, 4.5, 7.5),
    ],
)
def test_a_drawn_match_has_as_much_of_everything_as_football(kind: EventKind, low: float, high: float) -> None:
    assert low <= np.mean([kinds.count(kind) for kinds in many()]) <= high


def test_two_halves_with_added_time_and_a_pause() -> None:
    timeline = draw_timeline(np.random.default_rng(1))
    first, second = timeline.periods
    assert 45 * 60 < first.end_s - first.start_s < 50 * 60
    assert 45 * 60 < second.end_s - second.start_s < 55 * 60
    assert 12 * 60 <= second.start_s - first.end_s <= 20 * 60
    assert all(timeline.in_play(goal.t_s) for goal in timeline.goals())


def test_play_rests_after_a_goal() -> None:
    for seed in range(60):
        timeline = draw_timeline(np.random.default_rng(seed))
        dangers = [event.t_s for event in timeline.dangers(0.0)]
        for goal in timeline.goals():
            assert not [t_s for t_s in dangers if 0.0 < t_s - goal.t_s < 45.0]


def test_events_are_placed_by_their_period() -> None:
    events = [
        MatchEvent(2, 60.0, EventKind.GOAL, Side.AWAY, 0.4),
        MatchEvent(1, 2760.0, EventKind.HALF_END),
        MatchEvent(2, 2880.0, EventKind.HALF_END),
        MatchEvent(1, 30.0, EventKind.SHOT, Side.HOME, 0.12, "saved"),
        MatchEvent(5, 3.0, EventKind.GOAL, Side.HOME),
    ]
    timeline = place_events(events, kickoff_s=100.0, half_time_s=900.0, after_s=20.0)
    assert [(event.t_s, event.kind) for event in timeline.dangers()] == [
        (130.0, EventKind.SHOT),
        (100.0 + 2760.0 + 900.0 + 60.0, EventKind.GOAL),
    ]
    assert timeline.duration_s == 100.0 + 2760.0 + 900.0 + 2880.0 + 20.0


def test_a_match_without_events_is_refused() -> None:
    with pytest.raises(UsageError, match="no events"):
        place_events([MatchEvent(5, 1.0, EventKind.GOAL)], 0.0, 0.0, 0.0)


def test_a_cut_has_its_own_clock() -> None:
    whole = draw_timeline(np.random.default_rng(2))
    part = cut(whole, 600.0, 1200.0)
    assert part.duration_s == 1200.0
    assert [event.t_s + 600.0 for event in part.events] == pytest.approx(
        [event.t_s for event in whole.events if 600.0 <= event.t_s < 1800.0]
    )
