"""Times as text: one function for each way in which the program writes a time, and the readings back."""

import math


def clock_time(seconds: float) -> str:
    """``04:05``, or ``1:02:05`` from the first hour on: the time in the lines that commands print."""
    return _with_hours(seconds, 2)


def session_time(seconds: float) -> str:
    """``4:05``, or ``1:02:05`` from the first hour on: the time in the monitor."""
    return _with_hours(seconds, 1)


def minutes_time(seconds: float, digits: int = 1) -> str:
    """``4:05`` or ``62:05``, whatever the hour; the minutes have ``digits`` at least."""
    sign, whole = ("-", int(-seconds)) if seconds < 0 else ("", int(seconds))
    return f"{sign}{whole // 60:0{digits}d}:{whole % 60:02d}"


def scoreboard(played_s: float, start_minute: int, regular_minutes: int, digits: int = 1) -> str:
    """``67:01``, or ``45+2:10`` in added time, ``played_s`` after the kick-off of a period that begins at
    ``start_minute``."""
    added_s = int(played_s) - regular_minutes * 60
    if added_s >= 0:
        return f"{start_minute + regular_minutes}+{minutes_time(added_s)}"
    return minutes_time(start_minute * 60 + int(played_s), digits)


def parse_time(text: str) -> float | None:
    """Seconds of ``75.5``, ``12:34`` or ``1:02:03``; None where it is none of them."""
    try:
        seconds = add_up(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf and text.count(":") <= 2 else None


def add_up(text: str) -> float:
    """Seconds of any number of parts with colons between, each sixty of the next. Raises ``ValueError``."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _with_hours(seconds: float, digits: int) -> str:
    sign, whole = ("-", int(-seconds)) if seconds < 0 else ("", int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{sign}{hours}:{minutes_time(rest, 2)}" if hours else f"{sign}{minutes_time(rest, digits)}"
