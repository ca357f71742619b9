"""Help that is never cut off: it wraps and scrolls, and begins with what the person is looking at."""

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.monitor.glyphs import Glyphs
from tui.monitor.keys import KEYS, SECTIONS, Key, key_name

_INTRODUCTION: Final = (
    "The crowd tells what happens on the pitch. This screen turns its sound into one number between 0 and 1: how much "
    "pressure an attack is building. Tab moves from panel to panel; ? then explains the one in focus."
)
_OTHER_KEYS = (
    'To use other keys, name them in the configuration (momentum config path) under [keys], such as: goal = "f2". '
    "What can be named: "
)
_KEY_WIDTH = 12


def key_table(
    keymap: Mapping[str, str], glyphs: Glyphs, keys: tuple[Key, ...] = KEYS
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The keys in force, section by section: (heading, [(key, what it does)])."""
    return [
        (section, [(key_name(key.id, keymap, glyphs), key.help) for key in keys if key.section == section])
        for section in SECTIONS
    ]


def _table(rows: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=_KEY_WIDTH, no_wrap=True)
    table.add_column()
    for key, text in rows:
        table.add_row(Text(key, style="bold"), Text(text))
    return table


class HelpPage(NamedTuple):
    """What there is to know. ``here`` and ``others``: title and text of the panel in focus and of the other panels.
    ``keys`` are those of the screen that asks.
    """

    here: tuple[str, str]
    others: list[tuple[str, str]]
    keymap: Mapping[str, str]
    glyphs: Glyphs
    keys: tuple[Key, ...] = KEYS
    introduction: str = _INTRODUCTION


class HelpScreen(ModalScreen[None]):
    """Everything there is to know, on one page to scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "close", show=False),
        Binding("ctrl+c", "app.help_quit", "quit", show=False),
        Binding("down,j", "scroll(1)", "down", show=False),
        Binding("up,k", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, page: HelpPage) -> None:
        super().__init__()
        self._page = page

    def compose(self) -> ComposeResult:
        page = self._page
        with VerticalScroll(id="help"):
            yield Static(Content("Help   (up and down scroll, Escape closes)"), classes="heading")
            yield Static(Content(page.introduction + "\n"))
            yield Static(Content(f"In focus: {page.here[0]}"), classes="heading")
            yield Static(Content(page.here[1] + "\n"))
            for section, rows in key_table(page.keymap, page.glyphs, page.keys):
                yield Static(Content(section), classes="heading")
                yield Static(_table(rows))
            yield Static(_table([("ctrl+p", "all commands, by name"), ("tab", "next panel"), ("", "")]))
            yield Static(Content("Other keys"), classes="heading")
            yield Static(Content(_OTHER_KEYS + ", ".join(key.id for key in page.keys) + ".\n"))
            for title, text in page.others:
                yield Static(Content(title), classes="heading")
                yield Static(Content(text + "\n"))

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def action_scroll(self, lines: int) -> None:
        """Scroll by some lines."""
        self.query_one("#help").scroll_relative(y=lines, animate=False)
