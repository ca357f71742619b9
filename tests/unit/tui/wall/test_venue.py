"""A venue never goes back in time and never shows a number that is old."""

import math

import pytest

from engine.core.signals import Alarm, End, Health, HealthChange, Mark, Spike
from tests.unit.tui.wall.made_up import LATER, SESSION, delivery, reading, start
from tui.wall.delivery import Delivery, News, Presence
from tui.wall.recent_index import COLUMNS, PressureRing
from tui.wall.standing import State, clock_words, standing_of
from tui.wall.venue import Venue


def venue_with(*deliveries: Delivery) -> Venue:
    venue = Venue("oldham", 0.0)
    for came in deliveries:
        venue.take(came)
    return venue


def came(news: News, at_s: float = 0.0, **how: object) -> Delivery:
    return delivery("oldham", news, at_s, **how)  # type: ignore[arg-type]


def state(venue: Venue, now_s: float) -> State:
    return standing_of(venue, now_s).state


def test_a_venue_that_went_silent_kept_its_last_number() -> None:
    venue = venue_with(came(start()), came(reading(100.0, 0.4)))
    assert standing_of(venue, 2.0).pressure == pytest.approx(0.4)
    gone = standing_of(venue, 2.6)
    assert (gone.state, gone.word, gone.pressure) == (State.NO_SIGNAL, "NO SIGNAL", None)


def test_an_alarm_does_not_outlive_the_signal() -> None:
    venue = venue_with(came(reading(100.0, 0.9)), came(Alarm(99.0, 100.0, 0.9)))
    assert state(venue, 1.0) is State.ALARM
    assert state(venue, 3.0) is State.NO_SIGNAL


def test_readings_sent_anew_after_an_outage_moved_the_number_back() -> None:
    venue = venue_with(came(reading(100.0, 0.4)))
    venue.take(came(reading(60.0, 0.9), 1.0, late=True))
    venue.take(came(reading(101.0, 0.95), 1.0, late=True))
    venue.take(came(reading(99.0, 0.9), 1.0))
    shown = standing_of(venue, 1.0)
    assert shown.pressure == pytest.approx(0.4)
    assert not venue.is_fresh(2.6)
    assert max(value for _, value in venue.ring.columns()) == pytest.approx(0.95)


def test_a_reading_that_the_broker_kept_was_shown_as_if_it_were_of_now() -> None:
    venue = venue_with(came(start(), retained=True), came(reading(100.0, 0.9), retained=True))
    assert state(venue, 0.5) is State.WAITING
    assert state(venue, 3.5) is State.NO_SIGNAL


def test_the_last_will_is_heeded_at_once_and_a_reading_brings_the_venue_back() -> None:
    venue = venue_with(came(reading(100.0)), came(Presence(False), 0.1))
    assert standing_of(venue, 0.2).word == "GONE"
    venue.take(came(reading(101.0), 5.0))
    assert state(venue, 5.1) is not State.NO_SIGNAL


def test_another_session_begins_anew_and_one_that_is_over_does_not_come_back() -> None:
    venue = venue_with(came(start()), came(reading(5000.0, 0.4)))
    venue.take(came(start(LATER), 1.0, session=LATER))
    venue.take(came(reading(40.0, 0.6), 1.0, session=LATER))
    venue.take(came(reading(5001.0, 0.9), 1.1))
    venue.take(came(Alarm(5000.0, 5001.0, 0.9), 1.1, late=True))
    assert (venue.session, venue.t, venue.alarm) == (LATER, 40.0, None)


def test_a_recorder_whose_clock_went_back_is_heard_once_its_old_session_is_silent() -> None:
    venue = venue_with(came(reading(100.0), session=LATER))
    venue.take(came(reading(40.0), 1.0))
    assert venue.session == LATER
    venue.take(came(reading(42.0), 3.0))
    assert venue.session == SESSION


def test_an_alarm_is_news_once_and_over_with_its_spike() -> None:
    venue = venue_with(came(start()), came(reading(100.0, 0.9)))
    assert venue.take(came(Alarm(99.0, 100.0, 0.9)))
    assert not venue.take(came(Alarm(99.0, 100.0, 0.9)))
    assert not venue.take(came(Spike(99.0, 101.0, 103.0, 0.97, 100.0), late=True))
    assert venue.alarm is None
    assert venue.last_spike == Spike(99.0, 101.0, 103.0, 0.97, 100.0)


def test_an_alarm_of_long_ago_that_comes_late_rings_no_bell() -> None:
    venue = venue_with(came(reading(500.0)))
    assert not venue.take(came(Alarm(99.0, 100.0, 0.9), late=True))
    assert venue.take(came(Alarm(495.0, 496.0, 0.9), late=True))


def test_an_alarm_whose_end_never_came_is_over_after_a_while() -> None:
    venue = venue_with(came(start()), came(reading(100.0, 0.9)), came(Alarm(99.0, 100.0, 0.9)))
    for second in range(1, 40):
        venue.take(came(reading(100.0 + second, 0.1), float(second)))
    assert venue.alarm is None


@pytest.mark.parametrize("health", [Health.SILENT, Health.STALLED, Health.LOST])
def test_trouble_with_the_microphone_is_a_state_without_a_number(health: Health) -> None:
    venue = venue_with(came(reading(100.0, None, health)), came(HealthChange(100.0, health, "\x1b[31mUSB")))
    shown = standing_of(venue, 0.1)
    assert (shown.state, shown.pressure) == (State.FAULT, None)
    assert "\x1b" not in shown.sentence


def test_an_ended_session_and_a_lost_connection_are_states() -> None:
    venue = venue_with(came(reading(100.0)), came(End(100.0, "quit")))
    assert state(venue, 0.1) is State.ENDED
    assert standing_of(venue, 0.1, linked=False).word == "UNKNOWN"


def test_the_match_clock_and_the_score_come_from_marks() -> None:
    venue = venue_with(came(reading(700.0)), came(Mark(100.0, "kick-off")), came(Mark(300.0, "goal", "0-1")))
    assert (venue.minute(), venue.score) == ("10:00", "0-1")
    venue.take(came(Mark(400.0, "goal", "a header")))
    assert venue.score == "2 goals"


def test_a_venue_whose_clock_is_wrong_is_fresh_all_the_same() -> None:
    venue = venue_with(came(reading(100.0), behind_s=-90.0))
    assert standing_of(venue, 0.1).pressure is not None
    assert clock_words(venue) == "its clock is 1:30 ahead of this machine's"


def test_names_from_outside_steer_no_terminal() -> None:
    assert "\x1b" not in Venue("\x1b]0;owned\x07[red]x", 0.0).name


def test_the_ring_keeps_two_minutes_and_moves_by_whole_cells() -> None:
    ring = PressureRing()
    for second in range(300):
        ring.put(float(second), second / 300)
    cells = ring.cells(12)
    assert len(cells) == 12
    assert len(ring.cells(30)) == 30
    ring.put(300.0, 0.1)
    assert ring.cells(60)[-1] == pytest.approx(0.1)
    ring.put(1e7, 0.5)
    assert sum(not math.isnan(value) for value in ring.cells(COLUMNS)) == 1
    ring.put(5.0, 0.9)
    assert len(ring.columns()) == 1
