"""Each place that shows a time shows it in its own way, and reads what people write."""

import pytest

from engine.core.clock_text import clock_time, minutes_time, parse_time, scoreboard, session_time


@pytest.mark.parametrize(
    ("seconds", "in_lines", "in_monitor", "in_minutes"),
    [
        (0, "00:00", "0:00", "0:00"),
        (61.9, "01:01", "1:01", "1:01"),
        (3600, "1:00:00", "1:00:00", "60:00"),
        (3725, "1:02:05", "1:02:05", "62:05"),
    ],
)
def test_a_time_has_hours_only_when_needed(seconds: float, in_lines: str, in_monitor: str, in_minutes: str) -> None:
    assert (clock_time(seconds), session_time(seconds), minutes_time(seconds)) == (in_lines, in_monitor, in_minutes)


def test_before_the_sound_a_time_has_a_sign() -> None:
    assert (session_time(-3), session_time(-3725.9), minutes_time(-30.5)) == ("-0:03", "-1:02:05", "-0:30")


@pytest.mark.parametrize(
    ("played_s", "start_minute", "shown"),
    [(301.0, 0, "5:01"), (2699.9, 0, "44:59"), (2700.0, 0, "45+0:00"), (2830.0, 0, "45+2:10"), (1321.0, 45, "67:01")],
)
def test_a_scoreboard_counts_added_time_apart(played_s: float, start_minute: int, shown: str) -> None:
    assert scoreboard(played_s, start_minute, 45) == shown


@pytest.mark.parametrize(
    ("text", "seconds"), [("75.5", 75.5), ("12:34", 754.0), (" 1:02:03 ", 3723.0), ("0", 0.0), ("62:05", 3725.0)]
)
def test_a_moment_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "1:2:3:4", "nan", "inf", ":", "12:"])
def test_what_is_no_moment_is_told_from_one(text: str) -> None:
    assert parse_time(text) is None
