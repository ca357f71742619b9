"""Which cry answers which event, and for how long a reaction is heard."""

import pytest

from engine.football.events import EventKind, RecordedEvent
from engine.football.match_clock import MatchOnSound
from engine.simulator.truth import Sounding
from train.data.labels import Danger
from train.metrics.alarms import DangerEvent, Stretch
from train.metrics.danger_events import danger_events, reactions

GOAL = MatchOnSound((RecordedEvent(100.0, EventKind.GOAL, xg=0.5),), ((0.0, 900.0),))


def heard(kind: str, onset_s: float, cause: str = "goal") -> Sounding:
    return Sounding(kind, onset_s, onset_s + 1.0, onset_s + 4.0, 8.0, cause)


@pytest.mark.parametrize(
    ("onset_s", "answers"), [(98.9, False), (99.0, True), (101.5, True), (108.0, True), (108.1, False)]
)
def test_a_cry_answers_an_event_from_a_second_before_it_to_eight_after_it(onset_s: float, answers: bool) -> None:
    found = danger_events(GOAL, Danger(), [heard("roar", onset_s)])
    assert found == (DangerEvent(100.0, 95.0, 130.0, True, onset_s if answers else None),)


def test_the_first_cry_counts_and_neither_applause_nor_a_cry_without_a_cause_is_one() -> None:
    sounds = [heard("roar", 104.0), heard("ooh", 102.0), heard("applause", 101.0), heard("groan", 100.5, cause="")]
    assert danger_events(GOAL, Danger(), sounds)[0].reaction_s == 102.0


def test_a_reaction_is_heard_until_ten_seconds_after_its_end_and_a_song_is_none() -> None:
    kinds = ["roar", "ooh", "groan", "applause", "boo", "whistling", "chant"]
    found = reactions([heard(kind, 10.0, cause="") for kind in kinds])
    assert found == tuple(Stretch(10.0, 24.0, kind) for kind in kinds[:-1])
