"""The filter of the spike log: typed in a line of its own, said in the log's title, and gone with Escape."""

from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import Input

from engine.core.signals import WordsEvent
from engine.core.text import plain
from tui.monitor.log_filter import has_words, marks_of, matches
from tui.monitor.model import Candidate
from tui.monitor.screens.acting import ActingScreen
from tui.monitor.widgets.spike_log import SpikeLog

FILTER_LIMIT: Final = 60
_NOTE_CELLS: Final = 60


class FilterLine(Input):
    """Where the words are typed; not on the screen before the key was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.help_quit", "quit", show=False),
        Binding("up", "screen.log(-1)", "up", show=False),
        Binding("down", "screen.log(1)", "down", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="words: 0.9, 1:13, right, goal ... Enter keeps, Escape clears", id="filter")
        self.max_length = FILTER_LIMIT
        self.display = False


class FilteringScreen(ActingScreen):
    """The monitor with a filter on its log. An alarm that goes on is never hidden, nor is what hides the others."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "escape", "clear the filter", show=False)]
    filter_text = ""

    def action_filter(self) -> None:
        """Type what the log is to show."""
        if not self.query_one("#past").display:
            self.say("the spike log has no room on this terminal, so there is nothing to filter")
            return
        line = self.query_one(FilterLine)
        line.display = True
        self.set_focus(line)

    def action_log(self, rows: int) -> None:
        """Move in the log while the filter is typed."""
        self.query_one(SpikeLog).action_move(rows)

    def action_escape(self) -> None:
        """Take the filter away."""
        line = self.query_one(FilterLine)
        line.value = ""
        self._leave_line()
        self.show_filtered("")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "filter":
            self.show_filtered(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "filter":
            self._leave_line()

    def show_filtered(self, typed: str) -> None:
        """Show in the log what ``typed`` asks for."""
        if typed != self.filter_text:
            self.filter_text = typed
            self.repaint_log()

    def listed(self) -> list[Candidate]:
        """The candidates that the filter lets through."""
        model = self.model
        found = model.candidates(self.with_rejected)
        if not self.filter_text.strip():
            return found
        return [
            candidate
            for candidate in found
            if matches(candidate, self.filter_text, model.labels.get(candidate.onset), model.clock, model.marks)
        ]

    def said_listed(self) -> list[WordsEvent]:
        """What the commentator said, as far as the filter lets it through."""
        return [event for event in super().said_listed() if has_words(event, self.filter_text, self.model.clock)]

    def marked(self, candidates: list[Candidate]) -> dict[float, str]:
        """The marks of candidates by onset, in words: a line that is shown for its mark says so."""
        found = {candidate.onset: marks_of(candidate, self.model.marks) for candidate in candidates}
        return {
            onset: ", ".join(plain(f"{mark.label} {mark.note}", _NOTE_CELLS) for mark in marks)
            for onset, marks in found.items()
            if marks
        }

    def _leave_line(self) -> None:
        self.query_one(FilterLine).display = False
        self.set_focus(self.query_one(SpikeLog))
