"""Kick-offs as a person gives them, in options and tables: times in the sound, a period each."""

import re
from typing import Final

from engine.core.clock_text import add_up
from engine.core.errors import UsageError

LATEST_S: Final = 6 * 3600.0
_CLOCK: Final = re.compile(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5}(?:\.[0-9]{1,3})?)", re.ASCII)


def parse_sound_time(text: str, name: str) -> float:
    """Seconds of ``12:34``, ``1:02:03``, ``754`` or ``-0:30`` (before the sound starts).

    Raises ``UsageError`` that says which option holds it.
    """
    match = _CLOCK.fullmatch(text.removeprefix("-"))
    if match is None or (match[2] and float(match[3]) >= 60):
        raise UsageError(f"{name} {text[:20]!a} is no time", "Write minutes:seconds of the sound, such as 12:34.")
    seconds = add_up(match[0])
    if seconds > LATEST_S:
        raise UsageError(f"{name} {text} lies beyond six hours", "Write minutes:seconds of the sound, such as 12:34.")
    return -seconds if text.startswith("-") else seconds


def parse_kick_offs(kickoff: str | None, second_half: str | None, extra_time: str | None) -> dict[int, float | None]:
    """Kick-offs as given on the command line, by period; None for a period that was not recorded (``none``).

    ``extra_time`` holds one or two times with a comma between. Raises ``UsageError`` naming the option.
    """
    given: dict[int, float | None] = {}
    extras = extra_time.split(",") if extra_time else []
    if len(extras) > 2:
        raise UsageError("--extra-time takes two times at most", "Write both kick-offs: --extra-time 2:05:00,2:22:30.")
    texts = [(1, kickoff, "--kickoff"), (2, second_half, "--second-half")]
    for number, text, name in [*texts, *((3 + i, extra, "--extra-time") for i, extra in enumerate(extras))]:
        if text is not None:
            given[number] = None if text.strip().lower() == "none" else parse_sound_time(text.strip(), name)
    return given
