"""A commentary that goes on is asked bit by bit, and tells what the whole of it would."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.commentary.features import STEP_S
from engine.commentary.said_so_far import MOST_WORDS, SaidSoFar
from engine.commentary.transcript import Segment, Transcript
from engine.commentary.word_weights import LIVE, WordsWeights, load_words
from engine.commentary.words_to_events import SaidEvent, events_of, hear
from tests.unit.engine.commentary.networks import chatter, weights

GOAL = "And it is a goal! Goal! One nil, what a strike, into the back of the net!"
MATCH = chatter(
    300.0, (62.0, "corner for them"), (104.0, GOAL), (109.0, "A goal for Messi, two nil"), (201.0, "corner")
)


def told_so_far(
    transcript: Transcript, model: WordsWeights, until_s: float, every_s: float = 0.5, late_s: float = 0.0
) -> list[tuple[float, SaidEvent]]:
    """What is told and when, if each segment is known ``late_s`` behind its end."""
    coming = sorted(transcript.segments, key=lambda segment: segment.end_s)
    so_far = SaidSoFar(model, least=0.2)
    told: list[tuple[float, SaidEvent]] = []
    now_s = 0.0
    while now_s < until_s:
        now_s += every_s
        while coming and coming[0].end_s + late_s <= now_s:
            so_far.take(coming.pop(0))
        told += [(now_s, event) for event in so_far.until(now_s - late_s)]
    return told


HALF = chatter(2700.0, (104.0, GOAL), (1500.0, "corner for them"), (2650.0, GOAL))


@pytest.mark.parametrize(
    ("made", "said", "every_s"),
    [(weights, MATCH, 0.3), (weights, MATCH, 7.0), (load_words, MATCH, 0.3), (load_words, HALF, 7.0)],
    ids=["by hand, 0.3 s", "by hand, 7 s", "shipped, 0.3 s", "shipped, a half, 7 s"],
)
def test_bit_by_bit_a_commentary_tells_what_the_whole_of_it_tells(
    made: Callable[[], WordsWeights], said: Transcript, every_s: float
):
    model, end_s = made(), said.end_s + 20.0
    told = told_so_far(said, model, end_s, every_s)
    whole = events_of(hear([said], model, LIVE, end_s), model, LIVE)
    known_s = max(now_s for now_s, _ in told)
    in_order = sorted((replace(event, words=()) for _, event in told), key=lambda event: (event.t_s, event.label))
    assert in_order == sorted(
        (event for event in whole if event.told_s <= known_s), key=lambda event: (event.t_s, event.label)
    )
    assert all(0.0 <= now_s - event.told_s <= every_s for now_s, event in told)


def test_a_goal_is_told_with_the_words_that_moved_it():
    goal = max((event for _, event in told_so_far(MATCH, load_words(), 130.0)), key=lambda event: event.probability)
    assert goal.label == "Goal" and 100.0 < goal.t_s < 120.0
    assert {share.text.lower() for share in goal.words} & {"goal", "nil", "net", "strike"}
    assert all(104.0 <= share.t_s <= 112.0 for share in goal.words)


def test_words_that_come_late_are_told_of_late_and_at_the_same_moment():
    in_time, late = (told_so_far(MATCH, weights(), 320.0, 1.0, late_s) for late_s in (0.0, 20.0))
    assert [event for _, event in late] == [event for now_s, event in in_time if now_s <= 300.0] != []
    assert min(now_s for now_s, _ in late) == min(now_s for now_s, _ in in_time) + 20.0


def test_a_flood_of_words_in_one_step_costs_no_more_than_a_page():
    so_far = SaidSoFar(weights())
    for _ in range(300):
        so_far.take(Segment(0.0, 1.0, "goal " * 100))
    assert sum(len(one.said) for one in so_far._placed) == MOST_WORDS
    assert len(so_far.until(60.0)) < 30


def test_what_is_past_is_not_kept():
    so_far = SaidSoFar(weights())
    for second in range(0, 600, 2):
        so_far.take(Segment(second, second + 1.0, "a corner"))
        so_far.until(second + 2.0)
    before, behind = so_far._network.reach_steps
    assert len(so_far._placed) <= before + behind + 8 and so_far._next > 600 / STEP_S - 10
