"""Which of the events that a commentator spoke of confirms a spike, and how it is said."""

import pytest

from engine.core.said_events import WITHIN_S, confirming, event_said
from engine.core.signals import Alarm, Spike, WordsEvent

SPIKE = Spike(100.0, 104.0, 110.0, 0.9, 102.0)


def said(at: float, kind: str = "goal", probability: float = 0.8) -> WordsEvent:
    return WordsEvent(at + 20.0, at, at + 5.0, kind, probability)


@pytest.mark.parametrize(
    ("event", "confirms"),
    [
        (said(100.0 - WITHIN_S), True),
        (said(110.0 + WITHIN_S), True),
        (said(99.9 - WITHIN_S), False),
        (said(110.1 + WITHIN_S), False),
        (said(105.0, "chance"), True),
        (said(105.0, "penalty"), True),
        (said(105.0, "corner"), False),
        (said(105.0, "no such kind"), False),
    ],
)
def test_a_spike_is_confirmed_by_danger_that_is_said_to_lie_within_reach_of_it(event: WordsEvent, confirms: bool):
    assert (confirming(SPIKE, [event]) is event) is confirms


def test_of_several_the_likeliest_confirms_it():
    events = [said(103.0, "chance", 0.4), said(104.0, "goal", 0.9), said(104.0, "corner", 1.0)]
    assert confirming(SPIKE, events) is events[1] and confirming(SPIKE, []) is None


def test_an_alarm_that_goes_on_is_confirmed_by_what_is_said_of_it():
    assert confirming(Alarm(100.0, 102.0, 0.9), [said(130.0)]) is not None


def test_what_is_said_is_a_kind_and_a_share_whatever_a_store_holds():
    assert event_said(said(1.0, "goal", 0.834)) == "said goal 83%"
    assert "\x1b" not in event_said(said(1.0, "\x1b[31mgoal" * 9))
