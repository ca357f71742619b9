"""The lines above and below the venues: what this is, alarms, the chosen venue in words, the machine room."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.core.signals import Alarm
from engine.core.text import cells, plain
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.header_and_status import BannerText
from tui.monitor.widgets.paint import Line, Piece, Showing, fit, spread
from tui.monitor.words import Tone
from tui.wall.board import Counts, Shown
from tui.wall.sources.source import Link, LinkState
from tui.wall.standing import State, clock_words
from tui.wall.venue import Venue
from tui.wall.widgets.cells import short_time

_TITLE_CELLS: Final = 40
_NAME_CELLS: Final = 24


class WallHeaderValue(NamedTuple):
    """What the first line says."""

    title: str
    link: Link
    counts: Counts


class WallHeader(Showing[WallHeaderValue]):
    """The first line."""

    NAME = "First line"
    HELP = (
        "Where the venues come from and whether this machine is connected to it, how many there are, and how many of "
        "them are in alarm and in trouble."
    )

    def draw_value(self, value: WallHeaderValue, width: int, height: int) -> list[Line]:
        title, link, counts = value
        glyphs = self.glyphs
        up = link.state is LinkState.UP
        state = Piece(f" {glyphs.live} WALL " if up else f" {glyphs.ended} {link.state.value.upper()} ",
                      "bar" if up else "fault-word")  # fmt: skip
        numbers: Line = []
        if counts.alarms:
            numbers.append(Piece(f" {glyphs.tones[Tone.ALARM]} {_many(counts.alarms, 'alarm')} ", "alarm-word"))
        if counts.trouble and up:
            numbers.append(Piece(f" {glyphs.tones[Tone.FAULT]} {counts.trouble} in trouble ", "fault"))
        numbers.append(Piece(f" {_many(counts.venues, 'venue')} ", "strong"))
        return [spread([state, Piece(" "), Piece(plain(title, _TITLE_CELLS), "title")], numbers, width)]


class ChosenVenue(Showing[tuple[Shown, float]]):
    """The venue under the cursor in words."""

    NAME = "The chosen venue"
    HELP = (
        "The venue under the cursor in words: its state, how long ago its last reading arrived by this machine's "
        "clock, and what its own clock says, where the two disagree. Enter opens its monitor."
    )

    def draw_value(self, value: tuple[Shown, float], width: int, height: int) -> list[Line]:
        (venue, standing, _), now_s = value
        age_s = venue.age_s(now_s)
        parts = [standing.sentence]
        if age_s is not None and standing.state is not State.NO_SIGNAL:
            parts.append(f"last reading {short_time(age_s)} ago")
        if clock_words(venue):
            parts.append(clock_words(venue))
        name = plain(venue.name, _NAME_CELLS)
        dot = f" {self.glyphs.dot} "
        return [[Piece(f" {name} ", "strong"), Piece(dot.lstrip()), Piece(plain(dot.join(parts)))]]


class WallStatus(Showing[Sequence[str]]):
    """The last line but one."""

    NAME = "Status line"
    HELP = "Readings a second from all venues, and whatever arrived and could not be taken."

    def draw(self, width: int, height: int) -> list[Line]:
        dot = f" {self.glyphs.dot} "
        first, *others = self.value or [""]
        return [fit([Piece(f" {first}", "faint"), *(Piece(dot + plain(text, 60), "note") for text in others)], width)]


_BANNER_EDGE: Final = 6
_MORE: Final = 16
"""Cells for saying that there are more."""


def alarm_row(alarms: Sequence[Venue], width: int, glyphs: Glyphs) -> BannerText:
    """The alarms that go on in one row of a banner that is ``width`` wide: as many as fit, the newest first, each with
    the highest index so far; then how many more there are.
    """
    text = "ALARM"
    for number, venue in enumerate(alarms):
        words = f"{f' {glyphs.dot}' if number else ''} {plain(venue.name, _NAME_CELLS)} {height_of(venue):.2f}"
        left = len(alarms) - number
        if number and cells(text) + cells(words) > width - _BANNER_EDGE - (_MORE if left > 1 else 0):
            text += f" {glyphs.dot} and {left} more"
            break
        text += words
    return BannerText(text, "alarm-word")


def height_of(venue: Venue) -> float:
    """The highest index of a venue's newest spike."""
    spike = venue.last_spike
    return 0.0 if spike is None else spike.pressure if isinstance(spike, Alarm) else spike.peak_pressure


def alarm_text(venue: Venue) -> str:
    """An alarm that has just begun, said once."""
    minute = f" in minute {venue.minute()}" if venue.minute() else ""
    return f"alarm at {plain(venue.name, _NAME_CELLS)}: {height_of(venue):.2f}{minute}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
