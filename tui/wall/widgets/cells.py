"""A venue as a row or as a tile: lines of styled text, each exactly as wide as it may be."""

from typing import Final, NamedTuple

import numpy as np

from engine.core.signals import Alarm
from engine.core.text import cells as cells_of
from engine.core.text import plain
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.bars import bar_rows
from tui.monitor.widgets.paint import Line, Piece, fit, joined, spread
from tui.monitor.words import Tone
from tui.wall.board import Shown
from tui.wall.standing import State
from tui.wall.venue import Venue

TILE_WIDTH: Final = 40
TILE_HEIGHT: Final = 5
"""The last of its rows is left blank, as is its last column."""
_LEFT: Final = 9
_MARGIN: Final = 4
_INDEX: Final = 4
_WORD: Final = 10
_NAME: Final = (10, 14, 26)
"""Cells of a name in a row: at least, at first, and at most."""
_SPARK: Final = 12
_WORDS_FROM: Final = 60
_OPTIONAL: Final = (("ago", 4), ("spark", _SPARK), ("spike", 8), ("match", 11), ("heard", 6))
_TITLES: Final = {
    "ago": "age", "spark": "last 2 min", "spike": "spike", "match": "match", "heard": "heard",
}  # fmt: skip
_WORD_STYLES: Final = {Tone.ALARM: "alarm-word", Tone.FAULT: "fault-word"}


class Look(NamedTuple):
    """What every row and tile is drawn with. ``now_s`` is monotonic."""

    now_s: float
    glyphs: Glyphs
    selected: str = ""
    """Key of the venue under the cursor."""


class Columns(NamedTuple):
    """Which columns a row has, and how wide they are; 0: it has none."""

    name: int
    word: int = 0
    ago: int = 0
    spark: int = 0
    spike: int = 0
    match: int = 0
    heard: int = 0


def columns_for(width: int, with_heard: bool) -> Columns:
    """The columns that a row of ``width`` cells has room for, the most needed first."""
    least, first, most = _NAME
    word = _WORD if width >= _WORDS_FROM else 0
    fixed = _MARGIN + (word + 1 if word else 0) + _INDEX
    left = width - fixed - (first if word else least) - 1
    given: dict[str, int] = {}
    for name, size in _OPTIONAL:
        if (name != "heard" or with_heard) and left > size:
            given[name] = size
            left -= size + 1
    wider = min(max(left, 0), most - (first if word else least))
    if "spark" in given and left > wider:
        given["spark"] += min(left - wider, 60 - _SPARK)
    return Columns(name=(first if word else least) + wider, word=word, **given)


def heading(columns: Columns, width: int) -> Line:
    """The names of the columns of a row."""
    parts = [" " * (_MARGIN - 1)]
    if columns.word:
        parts.append(f"{'state':<{columns.word}}")
    parts += [f"{'venue':<{columns.name}}", f"{'now':>{_INDEX}}"]
    for name in ("spark", "heard", "ago", "match", "spike"):
        size = getattr(columns, name)
        if size:
            parts.append(f"{_TITLES[name]:<{size}}"[:size])
    return fit([Piece(" ".join(parts), "faint")], width)


def row(shown: Shown, columns: Columns, width: int, look: Look) -> Line:
    """A venue in one line."""
    standing = shown.standing
    style = _style(standing.tone)
    line: Line = [*_pointer(shown, look), Piece(f"{look.glyphs.tones[standing.tone]} ", style)]
    if columns.word:
        word = f"{standing.word:<{columns.word}}"
        line += [Piece(word, _WORD_STYLES.get(standing.tone, style)), Piece(" ")]
    line += [_name(shown, columns.name, look), Piece(" "), _index(shown)]
    for name in ("spark", "heard", "ago", "match", "spike"):
        size = getattr(columns, name)
        if size:
            line += [Piece(" "), _FIELDS[name](shown, size, look)]
    return joined(fit(line, width))


def tile(shown: Shown, width: int, look: Look) -> list[Line]:
    """A venue in four lines and a blank one."""
    venue, standing, _ = shown
    inner = width - 1
    badge = Piece(f" {look.glyphs.tones[standing.tone]} {standing.word} ", _badge_style(standing.tone))
    room = inner - cells_of(badge.text) - 3
    head = [*_pointer(shown, look), _name(shown, max(room, 4), look)]
    upper, lower = _spark_rows(venue, inner - _LEFT, 2, look.glyphs)
    style = _spark_style(shown)
    heard = f" {_heard_words(shown, _LEFT - 2)}"
    foot: Line = [Piece(" "), _ago(shown, 4, look), Piece("  "), _match(shown, 13, look)]
    spike = _spike(shown, 8, look)
    last = [Piece("spike ", "faint"), spike] if spike.text.strip() else []
    lines = [
        spread(head, [badge], inner),
        [Piece("  "), _index(shown), Piece(" " * (_LEFT - 2 - _INDEX)), Piece(upper, style)],
        [Piece(f"{heard:<{_LEFT}}", "faint"), Piece(lower, style)],
        spread(foot, last, inner),
        [],
    ]
    return [joined(fit(line, width)) for line in lines]


def _pointer(shown: Shown, look: Look) -> Line:
    here = look.glyphs.pointer if shown.venue.key == look.selected else " "
    return [Piece(here, "strong"), Piece(look.glyphs.mark if shown.pinned else " ", "calm")]


def _name(shown: Shown, size: int, look: Look) -> Piece:
    name = plain(shown.venue.name, size)
    text = name + " " * (size - cells_of(name))
    if shown.venue.key == look.selected:
        return Piece(text, "selected")
    return Piece(text, "alarm" if shown.standing.state is State.ALARM else "strong")


def _index(shown: Shown) -> Piece:
    """The number of now; a dash wherever there is none."""
    pressure = shown.standing.pressure
    if pressure is None:
        return Piece(f"{'--':>{_INDEX}}", "faint")
    return Piece(f"{pressure:{_INDEX}.2f}", f"{_style(shown.standing.tone)}-word" if _loud(shown) else "strong")


def _loud(shown: Shown) -> bool:
    return shown.standing.tone is Tone.ALARM


def _spark(shown: Shown, size: int, look: Look) -> Piece:
    return Piece(_spark_rows(shown.venue, size, 1, look.glyphs)[0], _spark_style(shown))


def _spark_rows(venue: Venue, width: int, rows: int, glyphs: Glyphs) -> list[str]:
    """The last two minutes on a scale that always goes from 0 to 1, at the right of ``width`` cells."""
    return [line.rjust(width) for line in bar_rows(np.array(venue.ring.cells(width)), rows, glyphs)]


def _spark_style(shown: Shown) -> str:
    return "faint" if shown.standing.pressure is None else _style(shown.standing.tone)


def _heard_words(shown: Shown, size: int) -> str:
    """What the crowd does; nothing wherever there is no number of now."""
    venue = shown.venue
    return plain(venue.heard, size) if venue.heard and shown.standing.pressure is not None else ""


def _heard(shown: Shown, size: int, look: Look) -> Piece:
    heard = _heard_words(shown, size)
    return Piece(heard + " " * (size - cells_of(heard)))


def _ago(shown: Shown, size: int, look: Look) -> Piece:
    age_s = shown.venue.age_s(look.now_s)
    trouble = shown.standing.state is State.NO_SIGNAL
    return Piece(f"{'' if age_s is None else short_time(age_s):<{size}}", "fault" if trouble else "faint")


def _match(shown: Shown, size: int, look: Look) -> Piece:
    known = shown.standing.state not in (State.NO_SIGNAL, State.UNKNOWN)  # the match goes on, unheard of
    words = plain(f"{shown.venue.minute()} {shown.venue.score}".strip() or " ", size) if known else ""
    return Piece(words + " " * (size - cells_of(words)), "calm")


def _spike(shown: Shown, size: int, look: Look) -> Piece:
    """How high the last spike was and how long ago; of one that goes on, that it does."""
    spike = shown.venue.last_spike
    if spike is None:
        return Piece(" " * size)
    now_t = shown.venue.t + (shown.venue.age_s(look.now_s) or 0.0)
    if isinstance(spike, Alarm):
        goes_on = shown.standing.state is State.ALARM
        height, when = spike.pressure, "now" if goes_on else short_time(now_t - spike.onset)
    else:
        height, when = spike.peak_pressure, short_time(now_t - spike.peak)
    return Piece(f"{height:.2f} {when:<{size - 5}}", "ink")


_FIELDS: Final = {"spark": _spark, "heard": _heard, "ago": _ago, "match": _match, "spike": _spike}


def short_time(seconds: float) -> str:
    """``<1s``, ``12s``, ``3m``, ``2h``: at most three cells, or four from a hundred hours on."""
    if seconds < 1.0:
        return "<1s"
    if seconds < 60.0:
        return f"{seconds:.0f}s" if seconds < 59.5 else "1m"
    return f"{seconds // 60:.0f}m" if seconds < 3600.0 else f"{min(seconds // 3600, 999):.0f}h"


def _style(tone: Tone) -> str:
    return tone.value


def _badge_style(tone: Tone) -> str:
    return _WORD_STYLES.get(tone, f"{tone.value}-word")
