import pytest

from engine.core.signals import Mark
from engine.football.match_clock import MatchClock

CLOCK = MatchClock.from_marks(
    [Mark(100.0, "kick-off"), Mark(2900.0, "half-time"), Mark(3800.0, "second-half"), Mark(6700.0, "full-time")]
)


@pytest.mark.parametrize(
    ("t", "shown", "period"),
    [
        (50.0, "", ""),
        (100.0, "00:00", "1st half"),
        (1521.0, "23:41", "1st half"),
        (2899.0, "45+1:39", "1st half"),
        (3000.0, "HT", "half-time"),
        (3860.0, "46:00", "2nd half"),
        (3800.0 + 46 * 60, "90+1:00", "2nd half"),
        (7000.0, "FT", "full time"),
    ],
)
def test_the_clock_reads_as_a_scoreboard(t: float, shown: str, period: str) -> None:
    assert (CLOCK.minute(t), CLOCK.period(t)) == (shown, period)


def test_a_later_mark_puts_a_mistake_right() -> None:
    assert MatchClock.from_marks([Mark(10.0, "kick-off"), Mark(70.0, "kick-off")]).minute(130.0) == "01:00"


def test_other_marks_do_not_touch_it() -> None:
    assert MatchClock.from_marks([Mark(10.0, "goal")]) == MatchClock()


def test_what_comes_next_follows_from_what_was() -> None:
    clock = MatchClock.from_marks([Mark(10.0, "kick-off")])
    assert (MatchClock().next_label(5.0), clock.next_label(50.0), clock.next_label(5.0)) == (
        "kick-off",
        "half-time",
        "kick-off",
    )


def test_marks_and_kick_offs_of_a_recording_make_the_same_clock() -> None:
    by_hand = MatchClock({1: 100.0, 2: 3800.0, 3: 7000.0})
    assert CLOCK.kick_off_s == {1: 100.0, 2: 3800.0}
    for t in (-5.0, 50.0, 1521.0, 3860.0):
        assert CLOCK.sound_s(*CLOCK.played_s(t)) == t
        assert CLOCK.played_s(t) == by_hand.played_s(t)
    assert (by_hand.minute(7000.0 + 16 * 60), by_hand.period(7100.0)) == ("105+1:00", "1st half of extra time")


def test_without_a_kick_off_the_first_half_began_with_the_sound() -> None:
    assert MatchClock().played_s(90.0) == (1, 90.0)
    assert MatchClock({2: 3500.0}).played_s(3510.0) == (2, 10.0)
