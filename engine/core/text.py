"""Text from outside (file names, events, devices, errors) made fit to be shown."""

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories that draw nothing or steer the terminal: control, format (turns the writing direction, among
others), lone surrogates (undecodable bytes of a file name), private use and unassigned."""
_WIDE: Final = frozenset({"W", "F"})
_MARKS: Final = frozenset({"Mn", "Me"})
_MARKS_IN_A_ROW: Final = 2


def plain(text: object, limit: int | None = None) -> str:
    """One line of harmless text: white space becomes one blank, what can't be seen becomes ``\ufffd``.

    ``limit`` is the most terminal cells it may take (at least 1); a longer text is cut and ends in an ellipsis. Letters
    carry at most two combining marks, so that a text can't grow over the lines above and below it.
    """
    shown: list[str] = []
    marks = 0
    for character in " ".join(str(text).split()):
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        if marks <= _MARKS_IN_A_ROW:
            shown.append("\ufffd" if category in _UNSEEN or category in ("Zl", "Zp") else character)
    line = "".join(shown)
    return line if limit is None or cells(line) <= limit else _cut(line, limit - 1) + "…"


def clock_time(seconds: float) -> str:
    """Seconds as ``h:mm:ss``, or ``mm:ss`` under an hour."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def cells(line: str) -> int:
    """How many terminal cells ``line`` takes."""
    return sum(map(_width, line))


def _width(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _cut(line: str, limit: int) -> str:
    used = 0
    for position, character in enumerate(line):
        used += _width(character)
        if used > limit:
            return line[:position]
    return line
