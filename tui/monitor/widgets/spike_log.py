"""The spike log: what was reported, and, if wanted, what was not and why.

Over 300 lines, since every kind of line, and which of them can be chosen, is to be read in one place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message

from engine.core.clock_text import session_time
from engine.core.heard_tags import UNCLEAR
from engine.core.said_events import event_said
from engine.core.signals import Alarm, Rejected, Spike, WordsEvent
from engine.core.spotted import Spotted
from engine.core.text import plain
from engine.football.match_clock import MatchClock
from tui.monitor.feed import SpikeLabel
from tui.monitor.glyphs import Glyphs
from tui.monitor.model import Candidate
from tui.monitor.widgets.paint import Line, Painted, Piece, Rolling, fit, rule
from tui.monitor.widgets.said_row import said_row
from tui.monitor.widgets.spotted import spotted_row

REASONS: dict[str, str] = {
    "below_threshold": "stayed below the alarm line",
    "too_short": "too short",
    "refractory": "too soon after the spike before",
    "merged": "part of the spike before",
    "health": "the sound broke off",
    "interrupted": "the sound broke off",
}
"""Reasons for a rejection in words; one that is not listed is shown as it is."""
_HEIGHT_BAR = 10
_TYPED_CELLS = 24


@dataclass(frozen=True, slots=True)
class LogValue:
    """What the log shows: candidates (newest first), what is known about them, and from when on they are to come."""

    candidates: tuple[Candidate, ...] = ()
    labels: tuple[SpikeLabel, ...] = ()
    clock: MatchClock = field(default_factory=MatchClock)
    until_s: float = float("inf")
    with_rejected: bool = False
    typed: str = ""
    """The filter, as a person typed it; ``candidates`` are those that it lets through."""
    hidden: int = 0
    marked: Mapping[float, str] = field(default_factory=dict)
    """What was marked at a candidate, by onset; shown where a filter is on."""
    said: tuple[WordsEvent, ...] = ()
    """Events that the commentator spoke of, newest first; they stand between the candidates and can't be chosen."""
    confirmed: Mapping[float, WordsEvent] = field(default_factory=dict)
    """What the commentator said of a candidate, by onset."""

    @property
    def rows(self) -> list[Candidate | WordsEvent]:
        """All lines, newest first."""
        return sorted([*self.candidates, *self.said], key=_place_s, reverse=True)


def _place_s(row: Candidate | WordsEvent) -> float:
    return row.at if isinstance(row, WordsEvent) else row.onset


def log_row(
    candidate: Candidate,
    label: SpikeLabel | None,
    clock: MatchClock,
    width: int,
    glyphs: Glyphs,
    marked: str = "",
    said: WordsEvent | None = None,
) -> Line:
    """One line: time, match clock, height, duration, delay of the decision, what it sounded like, what the commentator
    said of it, label or reason, what was marked.
    """
    confirmed = [Piece(f"{event_said(said)} ", "strong")] if said is not None else []
    at = candidate.peak if isinstance(candidate, Spike) else candidate.onset
    times: Line = [Piece(f"{session_time(at):>8}  "), Piece(f"{clock.minute(at) or '':<8}", "calm")]
    match candidate:
        case Spike():
            numbers: Line = [
                Piece(f" {candidate.peak_pressure:.2f} ", "strong"),
                Piece(_height_bar(candidate.peak_pressure, glyphs), "alarm"),
                Piece(f" {candidate.end - candidate.onset:5.0f} s  +{candidate.decided_at - candidate.onset:.1f} s  "),
            ]
            numbers += [*_what_pieces(candidate, label), *confirmed]
            line = [Piece(f" {glyphs.spike} ", "alarm"), *times, *numbers, *_label_pieces(label, glyphs)]
        case Alarm():
            numbers = [
                Piece(f" {candidate.pressure:.2f} ", "strong"),
                Piece(_height_bar(candidate.pressure, glyphs), "alarm"),
                Piece(f" going on  +{candidate.decided_at - candidate.onset:.1f} s  ", "alarm"),
            ]
            numbers += [*_what_pieces(candidate, label), *confirmed]
            line = [Piece(f" {glyphs.spike} ", "alarm"), *times, *numbers, *_label_pieces(label, glyphs)]
        case Rejected():
            reason = REASONS.get(candidate.reason, plain(candidate.reason.replace("_", " "), 60))
            numbers = [Piece(f" {candidate.peak_pressure:.2f} "), Piece(" " * _HEIGHT_BAR), Piece(f"  {reason}  ")]
            line = [Piece(f" {glyphs.rejected} "), *times, *numbers, *_label_pieces(label, glyphs)]
            line = [Piece(piece.text, "faint") for piece in line]
        case Spotted():
            line = spotted_row(candidate, clock, glyphs)
    return fit([*line, *([Piece(f" {glyphs.mark} {marked}", "calm")] if marked else [])], width)


def log_heading(width: int, tagged: bool = False) -> Line:
    """The columns' names; ``tagged`` with what the weights say of the sound."""
    last = "sounds like, review" if tagged else "review"
    return fit([Piece(f"       time  match     height           lasts  decided  {last}", "faint")], width)


def _what_pieces(candidate: Spike | Alarm, label: SpikeLabel | None) -> Line:
    """What it sounded like, until a person has said what it was."""
    if candidate.what is None or (label is not None and label.what):
        return []
    return [Piece(f"{plain(candidate.what, 20)} ", "faint" if candidate.what == UNCLEAR else "calm")]


def _height_bar(value: float, glyphs: Glyphs) -> str:
    return (glyphs.height * round(min(max(value, 0.0), 1.0) * _HEIGHT_BAR)).ljust(_HEIGHT_BAR)


def _label_pieces(label: SpikeLabel | None, glyphs: Glyphs) -> Line:
    if label is None:
        return []
    what = " ".join(part for part in (plain(label.what, 20), plain(label.note, 200)) if part)
    return [Piece(f"{glyphs.verdicts.get(label.verdict, '?')} {label.verdict} ", "title"), Piece(what)]


def _place(candidate: Candidate) -> tuple[float, Spotted | None]:
    """What stays the same of a line: an alarm becomes a spike with its onset."""
    return candidate.onset, candidate if isinstance(candidate, Spotted) else None


class SpikeLog(Rolling, Painted, can_focus=True):
    """Lines with one selected; up and down move it, Enter shows it in the graph."""

    NAME = "Spikes"
    HELP = (
        "Every spike that was reported, newest first: when its peak was, the match clock then (once K was pressed), "
        "its height, how long it lasted, how long after its onset it was certain, what it sounded like (with weights "
        "that tell kinds of sound), and what you said about it.\n"
        "Up and down choose one, Enter shows it in the graph. Y says that the program was right about it, N that it "
        "was wrong; it is kept at once, and the same key takes it back. R adds what it was, and a note. Until you "
        "choose one, the newest is meant. X shows the candidates that were NOT reported as well, each with the reason "
        "why.\n"
        "With a commentary, lines with a quotation mark are what the commentator was heard to say: goal, chance, "
        "penalty or card, how likely it is, and the words that say so; X shows corners, fouls and the like, too. A "
        "spike that such words confirm says so in its own line.\n"
        "Lines with the sign of a mark are events that 'momentum spot' found in the recording: when, how sure it is, "
        "what, and what each channel added to that; W shows those shares.\n"
        "The mouse wheel moves the lines. / filters them by what you type: a line must have every word, in its time, "
        "height, reason, review or marks (spike, rejected and unreviewed are words too). An alarm that goes on is "
        "always shown; Escape shows all again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False, id="log.up"),
        Binding("down", "move(1)", "down", show=False, id="log.down"),
        Binding("pageup", "move(-5)", "page up", show=False, id="log.page_up"),
        Binding("pagedown", "move(5)", "page down", show=False, id="log.page_down"),
        Binding("home", "move(-1000000)", "newest", show=False, id="log.newest"),
        Binding("end", "move(1000000)", "oldest", show=False, id="log.oldest"),
        Binding("enter", "choose", "show", show=False, id="log.show"),
    ]

    class Chosen(Message):
        """A person wants to see this candidate in the graph."""

        def __init__(self, candidate: Candidate) -> None:
            super().__init__()
            self.candidate = candidate

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self.value = LogValue()
        self._rows: list[Candidate | WordsEvent] = []
        self._labels: dict[float, SpikeLabel] = {}
        self._chosen: tuple[float, Spotted | None] | None = None
        """Of the chosen line the onset, and which event of a recording it is, since several may lie at one moment."""
        self._top = 0
        self._wheeled = False

    @property
    def selected(self) -> Candidate | None:
        """The candidate under the cursor: until a person chose another the newest that is not still to come."""
        index = self._index
        if index is None:
            return None
        candidate = self.value.candidates[index]
        return candidate if self._is_chosen(candidate) or candidate.onset <= self.value.until_s else None

    @property
    def _index(self) -> int | None:
        """Of the candidate under the cursor, or the newest where all are still to come."""
        candidates = self.value.candidates
        if not candidates:
            return None
        for index, candidate in enumerate(candidates):
            if self._is_chosen(candidate):
                return index
        return next((i for i, candidate in enumerate(candidates) if candidate.onset <= self.value.until_s), 0)

    def _is_chosen(self, candidate: Candidate) -> bool:
        return self._chosen == _place(candidate)

    def release(self) -> None:
        """Let the cursor follow the newest candidate again."""
        self._chosen = None
        self.repaint()

    def show(self, value: LogValue) -> None:
        """Show other candidates; the chosen one stays chosen, and lines moved by the wheel stay where they are."""
        if self._wheeled and self._top < len(self._rows):
            first = _place_s(self._rows[self._top])
            self._top = next((i for i, row in enumerate(value.rows) if _place_s(row) == first), self._top)
        self.value = value
        self._rows = value.rows
        self._labels = {label.onset: label for label in value.labels}
        self.repaint()

    def select(self, candidate: Candidate) -> None:
        """Put the cursor on ``candidate``."""
        self._chosen = _place(candidate)
        self._wheeled = False
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        candidates = self.value.candidates
        spotted = sum(isinstance(candidate, Spotted) for candidate in candidates)
        spikes = sum(isinstance(candidate, Spike | Alarm) for candidate in candidates)
        count = f"{spikes} spike{'' if spikes == 1 else 's'}"
        if self.value.with_rejected:
            count += f", {len(candidates) - spikes - spotted} rejected"
        if spotted:
            count += f", {spotted} spotted"
        if self.value.said:
            count += f", {len(self.value.said)} said"
        lines: list[Line] = [self._title(width, count)]
        if not self._rows and self.value.hidden:
            return [*lines, [Piece(" no line has all these words; Escape shows all again", "faint")]]
        if not self._rows:
            return [*lines, [Piece(" none yet: a spike is the crowd rising above the alarm line", "faint")]]
        tagged = any(isinstance(candidate, Spike | Alarm) and candidate.what for candidate in candidates)
        lines.append(log_heading(width, tagged))
        rows = max(height - len(lines), 1)
        chosen = self._rows.index(candidates[self._index or 0]) if candidates else 0
        if not self._wheeled:
            self._top = min(max(self._top, chosen - rows + 1), chosen)
        self._top = max(min(self._top, len(self._rows) - rows), 0)
        for index, row in list(enumerate(self._rows))[self._top : self._top + rows]:
            line = self._line(row, width)
            if _place_s(row) > self.value.until_s:
                line = [Piece("   ")] + [Piece(piece.text, "faint") for piece in line[1:]]  # still to come
            if index == chosen and self._chosen is not None and candidates:
                text = "".join(piece.text for piece in line)
                line = fit([Piece(self.glyphs.pointer + text[1:], "selected")], width)
            lines.append(line)
        return lines

    def _line(self, row: Candidate | WordsEvent, width: int) -> Line:
        if isinstance(row, WordsEvent):
            return said_row(row, self.value.clock, width)
        value, onset = self.value, row.onset
        label, marked = self._labels.get(onset), value.marked.get(onset, "")
        return log_row(row, label, value.clock, width, self.glyphs, marked, value.confirmed.get(onset))

    def action_move(self, rows: int) -> None:
        """Move the cursor; the first press only shows it."""
        index = self._index
        if index is None:
            return
        if self._chosen is not None:
            index = min(max(index + rows, 0), len(self.value.candidates) - 1)
        self._chosen = _place(self.value.candidates[index])
        self._wheeled = False
        self.repaint()

    def _title(self, width: int, count: str) -> Line:
        """The line above the log; a filter and what it hides are said there as long as it is on."""
        typed = plain(self.value.typed, _TYPED_CELLS)
        if not typed:
            return rule("Spikes", width, self.glyphs, count)
        said = f"filter: {typed} {self.glyphs.dot} {self.value.hidden} hidden, Escape shows all"
        line = rule("Spikes", width, self.glyphs, said)
        return [piece._replace(style="note") if piece.text.strip() == said else piece for piece in line]

    def roll(self, rows: int) -> None:
        """Move the lines, not the choice."""
        self._wheeled = True
        self._top += rows
        self.repaint()

    def action_choose(self) -> None:
        """Show the selected candidate in the graph."""
        if self.selected is not None:
            self.select(self.selected)
            self.post_message(self.Chosen(self.selected))

    def on_click(self, event: Click) -> None:
        place = self._top + event.y - 2
        row = self._rows[place] if self._top <= place < len(self._rows) else None
        if row is not None and not isinstance(row, WordsEvent):
            self.select(row)
            if event.chain > 1:
                self.action_choose()
