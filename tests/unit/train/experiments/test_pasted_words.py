"""What words tell of a match, pasted from other matches: what is told when, and of what."""

import numpy as np
import pytest

from engine.football.events import EventKind, RecordedEvent
from train.commentary.soccernet_label_table import KINDS, Events
from train.experiments.pasted_words import Donor, label_of, paste, pool_of

LENGTH_S = 600.0


def happened(**seconds: tuple[float, ...]) -> Events:
    return tuple(seconds.get(label.replace(" ", "_"), ()) for label in KINDS)


def donor(events: Events) -> Donor:
    """Something is told of every five seconds, as sure as the second that it is."""
    return Donor(tuple((float(t_s), float(t_s)) for t_s in range(0, 600, 5)), events, LENGTH_S)


def test_a_goal_is_told_of_as_late_as_a_real_one_was() -> None:
    pool = pool_of([donor(happened(Goal=(300.0,)))])
    told = paste([(100.0, "Goal")], 400.0, pool, np.random.default_rng(0))
    about = {sure: t_s for t_s, sure in told if 80.0 <= t_s < 190.0}
    assert about == {float(second): second - 200.0 for second in range(280, 390, 5)}


def test_where_nothing_happens_nothing_is_told_that_was_told_of_a_goal() -> None:
    pool = pool_of([donor(happened(Goal=(300.0,)))])
    told = paste([], 2700.0, pool, np.random.default_rng(0))
    assert len(told) > 400
    assert not any(280 <= sure < 390 for _, sure in told)
    assert told == sorted(told)
    assert 0.0 <= told[0][0] <= told[-1][0] < 2700.0


def test_a_goal_is_told_of_even_where_a_foul_follows_it() -> None:
    pool = pool_of([donor(happened(Goal=(200.0,))), donor(happened(Foul=(400.0,)))])
    told = dict(paste([(100.0, "Goal"), (130.0, "Foul")], 300.0, pool, np.random.default_rng(0)))
    assert told[130.0] == 230.0
    assert 400.0 not in [told[t_s] for t_s in told if 80.0 <= t_s < 190.0]


def test_where_there_is_nothing_to_take_from_nothing_is_told() -> None:
    assert paste([(10.0, "Goal")], 60.0, pool_of([]), np.random.default_rng(0)) == []


@pytest.mark.parametrize(
    ("kind", "outcome", "label"),
    [
        (EventKind.SHOT, "saved", "Shots on target"),
        (EventKind.SHOT, "blocked", "Shots off target"),
        (EventKind.GOAL, "", "Goal"),
        (EventKind.CORNER, "", "Corner"),
        (EventKind.BOX_ENTRY, "", None),
    ],
)
def test_events_are_called_what_the_labels_call_them(kind: EventKind, outcome: str, label: str | None) -> None:
    assert label_of(RecordedEvent(1.0, kind, outcome=outcome)) == label
