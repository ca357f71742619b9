"""Picking a session: a list that is read beside the screen, and a field that filters it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import Worker, get_current_worker

from engine.core.text import plain
from tui.monitor.glyphs import Glyphs
from tui.monitor.session_catalogue import DAMAGED, Entry
from tui.monitor.widgets.session_list import SessionList

_TYPED_LIMIT: Final = 60
_AT_A_TIME: Final = 20
_LOOK_EVERY_S: Final = 2.0
"""A session that began or ended while the list is open stands in it after so long, and the time to read it."""
_MOVES: Final = (
    ("up", -1, "up"), ("down", 1, "down"), ("pageup", -10, "page up"), ("pagedown", 10, "page down"),
    ("ctrl+home", -1_000_000, "first"), ("ctrl+end", 1_000_000, "last"),
)  # fmt: skip
"""Keys that choose another session, and by how many lines."""
_KEYS: Final = "type to filter, up and down choose, Enter opens, Escape returns"


Read: TypeAlias = Callable[[Sequence[Entry]], Iterable[Entry]]
"""All sessions, given those that are known already."""


class PickField(Input):
    """The field that has the focus; what moves in the list goes there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "screen.dismiss(None)", "return", show=False),
        *(Binding(key, f"screen.move({lines})", words, show=False) for key, lines, words in _MOVES),
    ]

    def __init__(self) -> None:
        # A / begins a filter elsewhere on the monitor; here it would be a letter that no session has.
        super().__init__(
            placeholder="words: live, damaged, part of a name or source, a time",
            id="typed",
            max_length=_TYPED_LIMIT,
            restrict="(?!/).*",
        )


class PickScreen(ModalScreen[Entry | None]):
    """All sessions; Enter gives the chosen one back, Escape none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "return", show=False),
    ]

    def __init__(self, read: Read, now: datetime, glyphs: Glyphs) -> None:
        """``read`` gives the sessions one by one, of those already known what is new; called in a thread: reading many
        takes a while.
        """
        super().__init__()
        self._read = read
        self._worker: Worker[None] | None = None
        self._now = now
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        yield SessionList(self._glyphs, self._now, id="sessions")
        yield PickField()
        yield Static(id="pick-told", markup=False)
        yield Static(Content(" " + _KEYS), id="pick-keys")

    def on_mount(self) -> None:
        self.set_focus(self.query_one(PickField))
        self._worker = self.run_worker(self._fill, thread=True, exit_on_error=False)
        self.set_interval(_LOOK_EVERY_S, self.look_again)

    def look_again(self) -> None:
        """Bring the list up to date, once it is whole; what is chosen stays chosen."""
        if self._worker is None or self._worker.is_finished:
            self._worker = self.run_worker(self._update, thread=True, exit_on_error=False)

    def _fill(self) -> None:
        shown, worker = self.query_one(SessionList), get_current_worker()
        try:
            left = iter(self._read(()))
            while (some := list(islice(left, _AT_A_TIME))) and not worker.is_cancelled:
                self.app.call_from_thread(shown.add, some)
        except OSError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._say, f"the sessions can't be read: {error.strerror or error}")
        if not worker.is_cancelled:
            self.app.call_from_thread(shown.finish)

    def _update(self) -> None:
        shown, worker = self.query_one(SessionList), get_current_worker()
        try:
            found = list(self._read(shown.entries))
        except OSError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._say, f"the sessions can't be read: {error.strerror or error}")
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(shown.update_entries, found)

    def _say(self, text: str) -> None:
        self.query_one("#pick-told", Static).update(Content(" " + plain(text, 300)))

    def action_move(self, rows: int) -> None:
        """Move in the list."""
        self.query_one(SessionList).move(rows)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#pick-told", Static).update("")
        self.query_one(SessionList).filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        chosen = self.query_one(SessionList).chosen
        if chosen is not None:
            self._take(chosen)

    def on_session_list_chosen(self, event: SessionList.Chosen) -> None:
        self._take(event.entry)

    def _take(self, entry: Entry) -> None:
        if entry.state == DAMAGED:
            self._say(f"{entry.fault}. 'momentum sessions repair {entry.name}' saves what is whole")
        else:
            self.dismiss(entry)
