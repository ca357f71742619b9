"""What the keys of the wall do."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from engine.core.errors import MomentumError
from engine.core.files import numbered_file, private_folder
from tui.monitor.feed import SessionFeed
from tui.monitor.glyphs import Glyphs
from tui.monitor.keys import WALL_KEYS, bindings
from tui.monitor.screens.filtering import FILTER_LIMIT
from tui.monitor.screens.help import HelpPage, HelpScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.svg import screen_as_svg
from tui.monitor.themes import THEME_NAMES
from tui.monitor.widgets.paint import Painted
from tui.wall.board import Board, Only, Order
from tui.wall.screens.venue import VenueScreen
from tui.wall.sources.source import WallSource
from tui.wall.venue_feed import VenueFeed
from tui.wall.widgets.grid import GridHead, VenueGrid

E = TypeVar("E", bound=StrEnum)
_INTRODUCTION: Final = (
    "Each venue's crowd is heard on the spot and turned into one number between 0 and 1: how much pressure an attack "
    "is building. The wall shows all venues at once and changes nothing; leaving it leaves every recording alone."
)


class SearchLine(Input):
    """Where the words are typed; not on the screen before the key was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.grid(-1)", "up", show=False),
        Binding("down", "screen.grid(1)", "down", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(
            placeholder="words: a name, alarm, gone, chant ... Enter keeps them, Escape shows all", id="search"
        )
        self.max_length = FILTER_LIMIT
        self.display = False


class ActingWall(Screen[None]):
    """The state of the wall and the actions that change it; ``WallScreen`` adds how it is painted."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(WALL_KEYS), Binding("escape", "all", "show all", show=False)]

    def __init__(
        self, source: WallSource, settings: MonitorSettings, glyphs: Glyphs, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self.source = source
        self.settings = settings
        self.glyphs = glyphs
        self.board = Board()
        self.clock = clock
        self.opened: str | None = None
        """Key of the venue whose monitor lies over the wall."""
        self.arriving: VenueFeed | None = None
        """Its feed, where that lives on what arrives here."""

    def paint(self) -> None:
        """Show everything."""
        raise NotImplementedError

    def say(self, text: str, severity: str = "information") -> None:
        """Tell a person how an action went, as plain text."""
        raise NotImplementedError

    @property
    def grid(self) -> VenueGrid:
        """The venues on the screen."""
        return self.query_one(VenueGrid)

    def action_alarm(self) -> None:
        """To the newest alarm."""
        alarms = self.board.alarms()
        if not alarms:
            self.say("no venue is in alarm")
            return
        if all(item.venue is not alarms[0] for item in self.board.shown(self.clock())):
            self.action_all()
        self.grid.choose(alarms[0].key)
        self.paint()

    def action_order(self) -> None:
        """Sort by the next thing."""
        self.board.order = _next(Order, self.board.order)
        self.say(f"sorted by {self.board.order.value}; alarms stay first, then what is pinned")
        self.paint()

    def action_only(self) -> None:
        """Show the next kind of venue alone."""
        self.board.only = _next(Only, self.board.only)
        self.say(f"shown: {self.board.only.value}")
        self.paint()

    def action_search(self) -> None:
        """Type what to look for."""
        line = self.query_one(SearchLine)
        line.display = True
        self.set_focus(line)

    def action_grid(self, lines: int) -> None:
        """Move among the venues while words are typed."""
        self.grid.action_move_line(lines)

    def action_all(self) -> None:
        """Show all venues again."""
        self.query_one(SearchLine).value = ""
        self.leave_search()
        self.board.typed, self.board.only = "", Only.ALL
        self.paint()

    def action_pin(self) -> None:
        """Pin the venue under the cursor, or let it go."""
        chosen = self.grid.chosen
        if chosen is None:
            return
        pinned = self.board.pin(chosen.venue.key)
        self.say(f"{chosen.venue.name} {'is pinned: it stands after the alarms' if pinned else 'is pinned no more'}")
        self.paint()
        self.grid.choose(chosen.venue.key)

    def action_layout(self) -> None:
        """Rows or tiles."""
        if not self.grid.turn_over():
            self.say("tiles need 40 columns")
        self.paint()

    def action_theme(self) -> None:
        """The next theme."""
        at = THEME_NAMES.index(self.app.theme) if self.app.theme in THEME_NAMES else -1
        self.app.theme = THEME_NAMES[(at + 1) % len(THEME_NAMES)]
        self.say(f"theme: {self.app.theme.removeprefix('momentum-')}")

    def action_screenshot(self) -> None:
        """Save the wall as a picture, for its owner alone; what was said of the one before is not in it."""
        self.say("")
        self.call_after_refresh(self._take_picture)

    def action_help(self) -> None:
        """What is on the wall and what the keys do."""
        panels = [panel for panel in self.query(Painted) if panel.HELP]
        here, *others = sorted(panels, key=lambda panel: not isinstance(panel, GridHead))
        rest = [(panel.NAME, panel.HELP) for panel in others]
        page = HelpPage((here.NAME, here.HELP), rest, self.settings.keys, self.glyphs, WALL_KEYS, _INTRODUCTION)
        self.app.push_screen(HelpScreen(page))

    def action_open(self) -> None:
        """See the venue under the cursor."""
        self.grid.action_open()

    def action_quit(self) -> None:
        """Leave; every recording goes on."""
        self.app.exit(0)

    def on_venue_grid_opened(self, event: VenueGrid.Opened) -> None:
        """A venue's monitor over the wall: its session where that is here, else what arrives of it."""
        venue = self.board.venues.get(event.key)
        if venue is None:
            return
        try:
            feed: SessionFeed | None = self.source.feed(venue.key)
        except MomentumError as error:
            self.say(f"{error.message}. {error.hint}", "error")
            return
        self.arriving = None
        if feed is None:
            feed = self.arriving = VenueFeed(venue, lambda: self.source.link, bool(self.source.notes))
        self.opened = venue.key
        settings = replace(self.settings, sessions=None)  # other sessions are not picked from there
        self.app.push_screen(VenueScreen(feed, settings, self.glyphs, self.clock))

    def on_venue_grid_moved(self) -> None:
        self.paint()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "search" and event.value != self.board.typed:
            self.board.typed = event.value
            self.paint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "search":
            self.leave_search()

    def leave_search(self) -> None:
        """Give the keys back to the venues; the words stay."""
        self.query_one(SearchLine).display = False
        self.set_focus(self.grid)

    def _take_picture(self) -> None:
        picture = screen_as_svg(self.app)

        def write() -> None:
            self.app.call_from_thread(self.say, *_written(self.settings.pictures, picture))

        self.run_worker(write, thread=True, exit_on_error=False)


def _written(folder: Path, picture: str) -> tuple[str, str]:
    """Write the picture, and what to say about it."""
    try:
        path, file = numbered_file(private_folder(folder), "wall-picture", ".svg")
        with file:
            file.write(picture)
    except MomentumError as error:
        return f"{error.message} {error.hint}", "error"
    except OSError as error:
        return f"could not write it: {error.strerror}", "error"
    return f"written: {path}", "information"


def _next(kind: type[E], value: E) -> E:
    """The value after ``value``, the first after the last."""
    values = list(kind)
    return values[(values.index(value) + 1) % len(values)]
