"""The wall: every venue as it is now, and what must not be missed."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize

from engine.core.signals import Reading
from engine.core.text import plain
from tui.monitor.alerts import Alerts
from tui.monitor.glyphs import Glyphs
from tui.monitor.keys import WALL_KEYS, key_name
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.action_outcome import SHOWN_S, ActionOutcome
from tui.monitor.widgets.header_and_status import Banner, BannerText, KeyBar, KeyHint
from tui.wall.board import Counts, Only
from tui.wall.screens.acting import ActingWall, SearchLine
from tui.wall.sources.source import LinkState, WallSource
from tui.wall.standing import TROUBLE
from tui.wall.venue import Venue
from tui.wall.widgets.grid import GridValue, VenueGrid
from tui.wall.widgets.header_and_footer import (
    ChosenVenue,
    WallHeader,
    WallHeaderValue,
    WallStatus,
    alarm_row,
    alarm_text,
)

LOOKS_A_SECOND: Final = 5
"""At most: an alarm is on the screen within a fifth of a second, and nobody reads faster."""
_ROWS_A_WARNING: Final = 10
"""Of this many rows of the screen one may be a warning; one always."""
_RATE_OVER_S: Final = 5.0
_NAMES_TOLD: Final = 3
_KEY_BY_ID: Final = {key.id: key for key in WALL_KEYS}
_HINTS: Final = "wall_search wall_filter wall_order wall_pin wall_layout theme screenshot help quit"


class WallScreen(ActingWall):
    """Takes what its source brings, many times a second, and shows it."""

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (9, "-short")]  # noqa: RUF012 - declared so by Screen

    def __init__(
        self, source: WallSource, settings: MonitorSettings, glyphs: Glyphs, clock: Callable[[], float]
    ) -> None:
        super().__init__(source, settings, glyphs, clock)
        self.alerts = Alerts(bell=settings.bell)
        self._counts = Counts(0, 0, 0)
        self._said_s = float("-inf")
        self._said_alarm = False
        self._troubled: set[str] | None = None
        self._linked: bool | None = None
        self._came: deque[tuple[float, int]] = deque()

    def compose(self) -> ComposeResult:
        yield WallHeader(self.glyphs, id="header")
        yield Banner(self.glyphs, id="banner")
        yield VenueGrid(self.glyphs, id="venues")
        yield SearchLine()
        yield ChosenVenue(self.glyphs, id="chosen")
        with Container(id="foot"):
            yield ActionOutcome(self.glyphs, id="messages")
            yield WallStatus(self.glyphs, id="status")
            yield KeyBar(self.glyphs, id="keys")

    def on_mount(self) -> None:
        self.grid.focus()
        self.call_after_refresh(self.tick)
        if self.settings.fps > 0:
            self.set_interval(1 / min(self.settings.fps, LOOKS_A_SECOND), self.tick)

    def on_screen_resume(self) -> None:
        """Nothing lies over the wall any more."""
        self.opened = self.arriving = None

    def on_resize(self, event: Resize) -> None:
        self.query_one(ActionOutcome).fit_into(*event.size)
        self.call_after_refresh(self.paint)

    def tick(self) -> None:
        """Take what arrived and show it; under a venue's monitor only what is loud is shown, up there."""
        now_s = self.clock()
        came = self.source.poll()
        alarmed = self.board.take(came)
        if self.arriving is not None:
            for delivery in came:
                if delivery.venue == self.opened:
                    self.arriving.push(delivery)
        readings = sum(isinstance(delivery.news, Reading) and not delivery.late for delivery in came)
        self._came.append((now_s, readings))
        while now_s - self._came[0][0] > _RATE_OVER_S:
            self._came.popleft()
        self._counts = self.board.look(now_s, self.source.link.state is LinkState.UP)
        self._tell(alarmed, now_s)
        if self.opened is None:
            with self.app.batch_update():
                self.paint()

    def paint(self) -> None:
        """Show everything as of the last look; each panel sends only the cells that differ."""
        now_s = self.clock()
        self.query_one(WallHeader).show(WallHeaderValue(self.source.title, self.source.link, self._counts))
        self._paint_banner()
        shown = self.board.shown(now_s)
        count = f"{len(shown)} of {self._counts.venues}" if len(shown) < self._counts.venues else ""
        self.grid.show(GridValue(shown, self._title(), count, self._why_nothing(), now_s))
        chosen = self.grid.chosen
        self.query_one(ChosenVenue).show(None if chosen is None else (chosen, now_s))
        self.query_one(WallStatus).show(self._status(now_s))
        self.query_one(KeyBar).show(self._hints())
        if self.app.screen is self and now_s - self._said_s >= SHOWN_S and self.query_one(ActionOutcome).text:
            self.say("")

    def say(self, text: str, severity: str = "information") -> None:
        """In the line above the footer, where it covers nothing."""
        self._said_s, self._said_alarm = self.clock(), severity == "warning"
        self.set_class(bool(text), "-saying")
        self.query_one(ActionOutcome).show(text, severity, *self.size)

    def _tell(self, alarmed: Sequence[Venue], now_s: float) -> None:
        """Say what has just happened, once: alarms before trouble, and a lost connection before lost venues."""
        lost, back = self._newly_troubled(), self._look_at_link()
        others = [venue for venue in alarmed if venue.key != self.opened]
        if others:
            text = alarm_text(others[-1]) if len(others) == 1 else f"{len(others)} alarms: {_names(others)}"
            self._shout(text, "warning", now_s)
        elif back:
            self._shout(back, "error" if not self._linked else "information", now_s)
        elif lost and not (self._said_alarm and now_s - self._said_s < SHOWN_S):
            self._shout(f"no word from {_names(lost)}" if len(lost) > 1 else _lost_words(self, lost[0]), "error", now_s)

    def _shout(self, text: str, severity: str, now_s: float) -> None:
        if severity != "information" and self.alerts.may_ring(now_s):
            self.app.bell()
        front = next((screen for screen in reversed(self.app.screen_stack) if isinstance(screen, MonitorScreen)), None)
        if front is not None:
            front.warn(BannerText(text, "alarm-word" if severity == "warning" else "fault-word"), now_s)
        else:
            self.say(text, severity)

    def _newly_troubled(self) -> list[Venue]:
        """Venues that were heard, and are in trouble since the last look; of those that were so from the first look on
        nothing is said.
        """
        if self.source.link.state is not LinkState.UP:
            return []
        venues = self.board.venues.values()
        now = {
            venue.key for venue in venues if self.board.standing(venue).state in TROUBLE and venue.newest is not None
        }
        before, self._troubled = self._troubled, now
        return [] if before is None else [self.board.venues[key] for key in sorted(now - before)]

    def _look_at_link(self) -> str:
        """What is to be said of the connection, if it changed."""
        linked, before = self.source.link.state is LinkState.UP, self._linked
        if self.source.link.state is LinkState.CONNECTING or linked == before:
            return ""
        self._linked = linked
        self._troubled = None
        if linked:
            return "connected again" if before is False else ""
        return f"no connection to {self.source.title}: {self.source.link.detail}"

    def _paint_banner(self) -> None:
        width, height = self.size
        most = max(height // _ROWS_A_WARNING, 1)
        link = self.source.link
        rows: list[BannerText] = []
        if link.state is LinkState.LOST:
            detail = f" ({plain(link.detail, 60)})" if link.detail else ""
            rows.append(BannerText(f"no connection{detail}: nothing here is known; it is tried again", "fault-word"))
        alarms = self.board.alarms()
        if alarms:
            rows.append(alarm_row(alarms, width, self.glyphs))
        rows += [BannerText(note) for note in self.source.notes]
        self.query_one(Banner).show(rows, width, most)

    def _title(self) -> str:
        words = [f"Venues by {self.board.order.value}"]
        if self.board.only is not Only.ALL:
            words.append(self.board.only.value)
        if self.board.typed.strip():
            words.append(f"'{plain(self.board.typed, 30)}'")
        return ", ".join(words)

    def _why_nothing(self) -> str:
        if self.board.venues:
            return "no venue is like that: Escape shows all"
        link = self.source.link
        return self.source.nothing if link.state is LinkState.UP else f"{link.state.value} {self.source.title} ..."

    def _status(self, now_s: float) -> list[str]:
        passed_s = max(min(_RATE_OVER_S, now_s - self._came[0][0]), 1.0) if self._came else 1.0
        rate = round(sum(count for _, count in self._came) / passed_s)
        words = [f"{rate} reading{'' if rate == 1 else 's'}/s"]
        if self.board.left_out:
            words.append(f"{self.board.left_out} more venues are not shown: {self.board.most} is the most")
        return [*words, *self.source.lost]

    def _hints(self) -> list[KeyHint]:
        ids = ["wall_alarm"] if self._counts.alarms else []
        hints = [KeyHint("enter", "open", "screen.open")]
        for id in (*ids, *_HINTS.split()):
            key = _KEY_BY_ID[id]
            short = ("tiles" if not self.grid.has_tiles else "rows") if id == "wall_layout" else key.short
            hints.append(KeyHint(key_name(id, self.settings.keys, self.glyphs), short, f"screen.{key.action}"))
        return hints


def _names(venues: Iterable[Venue]) -> str:
    """The first names, and how many more."""
    names = [plain(venue.name, 24) for venue in venues]
    more = len(names) - _NAMES_TOLD
    return ", ".join(names[:_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")


def _lost_words(screen: WallScreen, venue: Venue) -> str:
    standing = screen.board.standing(venue)
    return f"{plain(venue.name, 24)}: {standing.word.lower()}, {standing.sentence}"
