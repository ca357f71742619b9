"""Sessions as lines to choose from."""

from collections.abc import Sequence
from datetime import datetime

from textual.events import Click
from textual.message import Message

from engine.core.clock_text import session_time
from engine.core.text import plain
from tui.monitor.glyphs import Glyphs
from tui.monitor.session_catalogue import DAMAGED, Entry
from tui.monitor.widgets.paint import Line, Painted, Piece, Rolling, fit, rule
from tui.monitor.words import Tone

_NAME_CELLS = 23
_STATE_CELLS = 9
_NAMED_FROM = 64
"""Narrower terminals leave the names out: they say when and which by other columns."""
_HEAD_ROWS = 2


def when_words(started_at: datetime, now: datetime) -> str:
    """When it began, by the clock that ``now`` is on: the time, with the day where that is not today."""
    at = started_at.astimezone(now.tzinfo)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b %H:%M}" if at.year == now.year else f"{at:%Y-%m-%d}"


def session_row(entry: Entry, now: datetime, width: int, glyphs: Glyphs) -> Line:
    """One line: state, name, when, length, spikes, source; of a damaged one what is wrong with it."""
    glyph, style = (glyphs.live, "calm") if entry.running else (" ", "ink")
    name = f"{plain(entry.name, _NAME_CELLS):<{_NAME_CELLS}}  " if width >= _NAMED_FROM else ""
    if entry.state == DAMAGED:
        cross = Piece(f" {glyphs.tones[Tone.FAULT]} ", "fault")
        fault = entry.fault.replace(f" of session {entry.name}", "")  # its name stands in the line
        told = plain(fault, max(width - len(name) - 14, 10))
        return fit([cross, Piece(name or f"{plain(entry.name, 15)} "), Piece(f"damaged: {told}", "fault")], width)
    when = when_words(entry.started_at, now) if entry.started_at is not None else ""
    head = [
        Piece(f" {glyph} ", style),
        Piece(f"{plain(entry.state, _STATE_CELLS):<{_STATE_CELLS}} ", style),
        Piece(name),
        Piece(f"{when:>12} {session_time(entry.heard_s):>8} {entry.spikes:>6}  "),
    ]
    return fit(
        [*head, Piece(plain(entry.source, max(width - sum(len(piece.text) for piece in head), 1)), "title")], width
    )


def list_heading(width: int) -> Line:
    """The columns' names."""
    name = f"{'session':<{_NAME_CELLS}}  " if width >= _NAMED_FROM else ""
    return fit(
        [Piece(f"   {'':<{_STATE_CELLS}} {name}{'begun':>12} {'length':>8} {'spikes':>6}  source", "faint")], width
    )


class SessionList(Rolling, Painted):
    """Lines with one chosen; it keeps the chosen session while others come in."""

    NAME = "Sessions"

    class Chosen(Message):
        """A person wants to see this session."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, glyphs: Glyphs, now: datetime, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self._now = now
        self._entries: list[Entry] = []
        self._shown: list[Entry] = []
        self._typed = ""
        self._reading = True
        self._chosen = 0
        self._top = 0

    @property
    def chosen(self) -> Entry | None:
        """The session under the cursor."""
        return self._shown[self._chosen] if self._shown else None

    def add(self, entries: Sequence[Entry]) -> None:
        """Show more sessions below the others."""
        self._entries += entries
        self.filter(self._typed)

    @property
    def entries(self) -> Sequence[Entry]:
        """All that are known, whether they have the words or not."""
        return tuple(self._entries)

    def update_entries(self, entries: Sequence[Entry]) -> None:
        """Show these in place of the others; the chosen session stays so wherever it stands now, if it is there."""
        before, row = self.chosen, self._chosen
        self._entries = list(entries)
        self.filter(self._typed)
        names = [entry.name for entry in self._shown]
        there = before is not None and before.name in names
        self._chosen = names.index(before.name) if before is not None and there else max(min(row, len(names) - 1), 0)
        self.repaint()

    def finish(self) -> None:
        """There are no more."""
        self._reading = False
        self.repaint()

    def filter(self, typed: str) -> None:
        """Show the sessions that have every word of ``typed`` in what is known of them."""
        before = self.chosen if typed == self._typed else None
        self._typed = typed
        words = typed.casefold().split()
        self._shown = [entry for entry in self._entries if all(word in self._known_of(entry) for word in words)]
        self._chosen = self._shown.index(before) if before in self._shown else 0
        self.repaint()

    def move(self, rows: int) -> None:
        """Move the cursor."""
        self._chosen = max(min(self._chosen + rows, len(self._shown) - 1), 0)
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        count = f"{len(self._entries)} sessions" if len(self._entries) != 1 else "1 session"
        if self._typed.strip():
            count = f"{len(self._shown)} of {count}"
        lines = [rule("Sessions", width, self.glyphs, count + (", reading on" if self._reading else ""))]
        if not self._shown:
            none = "none has all these words" if self._entries else "none yet: 'momentum live' and 'record' make some"
            return [*lines, [Piece(" reading them" if self._reading else f" {none}", "faint")]]
        lines.append(list_heading(width))
        rows = max(height - _HEAD_ROWS, 1)
        self._top = max(min(self._top, self._chosen, len(self._shown) - rows), self._chosen - rows + 1, 0)
        for index, entry in enumerate(self._shown[self._top : self._top + rows], self._top):
            line = session_row(entry, self._now, width, self.glyphs)
            if index == self._chosen:
                text = "".join(piece.text for piece in line)
                line = fit([Piece(self.glyphs.pointer + text[1:], "selected")], width)
            lines.append(line)
        return lines

    def on_click(self, event: Click) -> None:
        index = self._top + event.y - _HEAD_ROWS
        if event.y >= _HEAD_ROWS and index < len(self._shown):
            self._chosen = index
            self.repaint()
            if event.chain > 1:
                self.post_message(self.Chosen(self._shown[index]))

    def roll(self, rows: int) -> None:
        self.move(rows)

    def _known_of(self, entry: Entry) -> str:
        when = when_words(entry.started_at, self._now) if entry.started_at is not None else ""
        return "\n".join((entry.name, entry.source, entry.state, when, entry.fault)).casefold()
