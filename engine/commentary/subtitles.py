"""Subtitles: SubRip (``.srt``) and WebVTT. Comma or point, with hours or not: both are understood."""

import html
import re
from collections.abc import Iterator
from typing import Final

from engine.commentary.transcript import Segment
from engine.core.errors import InputError
from engine.core.text import plain

_CLOCK: Final = r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2})[.,]([0-9]{1,3})"
_CUE: Final = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?$", re.ASCII)
_TAG: Final = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,100}\}")
_LETTERS: Final = 20_000


def is_subtitles(text: str) -> bool:
    """Whether ``text`` starts like WebVTT, or has a line like SubRip's among its first."""
    lines = text[:20_000].splitlines()
    return text.lstrip("\ufeff \n\r").startswith("WEBVTT") or any(_CUE.match(line) for line in lines[:200])


def parse_subtitles(text: str, name: str) -> Iterator[Segment]:
    """The segments of ``text``, in the order of the file, without tags and cue settings.

    Raises ``InputError`` that names the line of a cue that is none, or one that ends before it starts.
    """
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        cue = _CUE.match(lines[start])
        if cue is None:
            raise InputError(
                f"{name} line {start + 1}: no times of a cue", "They look like 00:01:02,500 --> 00:01:04,000."
            )
        start_s, end_s = _seconds(cue.groups()[:4]), _seconds(cue.groups()[4:])
        if end_s < start_s:
            raise InputError(f"{name} line {start + 1}: a cue ends before it starts", "Get the file again.")
        said = _said(lines[start + 1 : following])
        if len(said) > _LETTERS:
            raise InputError(
                f"{name} line {start + 1}: {len(said)} letters in one cue", f"{_LETTERS} are the most that make sense."
            )
        yield Segment(start_s, end_s, plain(said))


def _said(lines: list[str]) -> str:
    """The text of a cue: up to the blank line behind it, which the next cue's number or name follows."""
    text: list[str] = []
    for line in lines:
        if not line.strip():
            break
        text.append(line)
    return html.unescape(_TAG.sub("", "\n".join(text)))


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0) + float(f"0.{fraction}")
