"""Every key of the wall, pressed by a pilot on made-up venues. Time stands still unless a test moves it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.core.signals import Alarm, End, Health, HealthChange, Mark, Spike
from tests.unit.tui.monitor.fake_feed import FakeFeed, make_events
from tests.unit.tui.staged import Staged
from tests.unit.tui.wall.made_up import LATER, HandedSource, reading, start
from tui.monitor.screens.help import HelpScreen
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.action_outcome import ActionOutcome
from tui.monitor.widgets.header_and_status import Banner, KeyBar
from tui.monitor.widgets.index import IndexPanel
from tui.monitor.widgets.paint import text_of
from tui.wall.app import WallApp
from tui.wall.delivery import Presence
from tui.wall.screens.wall import WallScreen
from tui.wall.sources.source import Link, LinkState
from tui.wall.widgets.header_and_footer import ChosenVenue, WallHeader, WallStatus


@dataclass
class Stage(Staged):
    """A wall on a source."""

    source: HandedSource
    bells: list[float]

    @property
    def wall(self) -> WallScreen:
        assert isinstance(self.screen, WallScreen)
        return self.screen

    @property
    def lines(self) -> list[str]:
        """The venues as they stand on the screen, without what is said above them."""
        return text_of(self.wall.grid.lines)[2:]

    @property
    def names(self) -> list[str]:
        return [item.venue.name for item in self.wall.grid.value.shown] if self.wall.grid.value else []


Opening = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def opened(tmp_path: Path) -> Opening:
    @asynccontextmanager
    async def opening(size: tuple[int, int] = (80, 24), venues: int = 3, **settings: object) -> AsyncIterator[Stage]:
        clock = [1000.0]
        source = HandedSource(clock)
        for number in range(venues):
            source.begin(f"ground-{number}", 0.1 + number / 1000)
        bells: list[float] = []
        chosen = MonitorSettings(fps=0, pictures=tmp_path, **settings)  # type: ignore[arg-type]
        app = WallApp(source, chosen, clock=lambda: clock[0], environ={})
        app.bell = lambda: bells.append(clock[0])  # type: ignore[method-assign]
        async with app.run_test(size=size) as pilot:
            stage = Stage(app, pilot, clock, source, bells)
            await stage.tick()
            yield stage

    return opening


async def test_the_wall_shows_every_venue_with_its_number(opened: Opening) -> None:
    async with opened() as stage:
        assert "mqtt://desk" in stage.text(WallHeader)
        assert "3 venues" in stage.text(WallHeader)
        for number, line in enumerate(stage.lines[:3]):
            assert line[4:].split()[:3] == ["CALM", f"ground-{number}", "0.10"]


async def test_an_alarm_comes_first_rings_once_and_is_said_in_banner_and_line(opened: Opening) -> None:
    async with opened() as stage:
        stage.source.bring("ground-2", Mark(90.0, "kick-off"), Alarm(100.0, 101.0, 0.91))
        await stage.tick()
        assert stage.names[0] == "ground-2"
        assert "ALARM ground-2 0.91" in stage.text(Banner)
        assert "1 alarm " in stage.text(WallHeader)
        assert "alarm at ground-2: 0.91 in minute 00:10" in stage.wall.query_one(ActionOutcome).text
        await stage.tick(0.2)
        assert stage.bells == [1000.0]
        stage.source.bring("ground-2", reading(102.0, 0.2), Spike(100.0, 101.0, 102.0, 0.95, 101.0))
        await stage.tick(0.2)
        assert "ALARM" not in stage.text(Banner)
        assert "0.95 1s" in "".join(stage.lines)


async def test_what_is_loud_covers_no_venue(opened: Opening) -> None:
    async with opened() as stage:
        stage.source.bring("ground-1", Alarm(100.0, 101.0, 0.91))
        await stage.tick()
        regions = [stage.wall.query_one(kind).region for kind in (Banner, ActionOutcome, KeyBar, ChosenVenue)]
        assert all(not region.overlaps(stage.wall.grid.region) for region in regions)
        assert len({region.y for region in regions}) == 4


async def test_a_venue_that_went_silent_is_a_state_within_three_seconds(opened: Opening) -> None:
    async with opened() as stage:
        for step in range(13):
            stage.source.bring("ground-0", reading(101.0 + step, 0.3))
            await stage.tick(0.2)
        (line,) = [line for line in stage.lines if "ground-1" in line]
        assert "NO SIGNAL" in line
        assert "0.10" not in line
        assert "--" in line
        assert "2 in trouble" in stage.text(WallHeader)
        assert "no word from ground-1, ground-2" in stage.wall.query_one(ActionOutcome).text


async def test_without_a_connection_no_number_is_left(opened: Opening) -> None:
    async with opened() as stage:
        stage.source.link = Link(LinkState.LOST, "connection refused")
        await stage.tick()
        assert all("UNKNOWN" in line and "0.1" not in line for line in stage.lines[:3])
        assert "no connection (connection refused)" in stage.text(Banner)
        assert len(stage.bells) == 1
        stage.source.link = Link(LinkState.UP)
        stage.source.bring("ground-0", reading(103.0, 0.3))
        await stage.tick(1.0)
        assert "connected again" in stage.wall.query_one(ActionOutcome).text
        assert "0.30" in stage.lines[0]


async def test_keys_sort_filter_search_and_pin(opened: Opening) -> None:
    async with opened() as stage:
        stage.source.begin("wembley", 0.65, 101.0)
        stage.source.bring("lost", start(), reading(100.0, None, Health.LOST))
        await stage.tick()
        assert stage.names == ["wembley", "ground-0", "ground-1", "ground-2", "lost"]
        await stage.press("o")
        assert stage.names == ["ground-0", "ground-1", "ground-2", "lost", "wembley"]
        await stage.press("o")
        assert stage.names[0] == "lost"
        await stage.press("o", "f")
        assert stage.names == ["wembley"]
        await stage.press("f")
        assert stage.names == ["lost"]
        await stage.press("escape", "end", "p")
        assert stage.names[0] == "lost"
        await stage.press("f", "f", "f")
        assert stage.names == ["lost"]
        await stage.press("escape", "slash", *"ground-1", "enter")
        assert stage.names == ["ground-1"]
        await stage.press("slash", *"zzz", "enter")
        assert "Escape shows all" in text_of(stage.wall.grid.lines)[1]
        await stage.press("escape")
        assert len(stage.names) == 5


async def test_the_cursor_stays_on_its_venue_while_the_order_changes(opened: Opening) -> None:
    async with opened() as stage:
        await stage.press("down", "down")
        assert " ground-2 " in stage.text(ChosenVenue)
        stage.source.bring("ground-2", Alarm(100.0, 101.0, 0.9))
        await stage.tick()
        assert " ground-2 " in stage.text(ChosenVenue)
        await stage.press("down", "down", "a")
        assert " ground-2 " in stage.text(ChosenVenue)


async def test_enter_opens_a_venues_monitor_that_goes_on_live_and_q_comes_back(opened: Opening) -> None:
    async with opened() as stage:
        stage.source.bring("ground-0", Spike(60.0, 62.0, 66.0, 0.88, 61.0))
        await stage.tick()
        await stage.press("enter")
        monitor = stage.app.screen
        assert isinstance(monitor, MonitorScreen)
        monitor.tick()
        await stage.pilot.pause()
        assert monitor.model.spikes[0].peak_pressure == pytest.approx(0.88)
        stage.source.bring("ground-0", reading(101.0, 0.6))
        await stage.tick(0.2)
        monitor.tick()
        await stage.pilot.pause()
        assert "0.6" in stage.text(IndexPanel, monitor) or monitor.model.head_s == pytest.approx(101.0)
        assert "read only" in stage.text(Banner, monitor)
        await stage.press("g")
        assert "the wall only looks" in monitor.query_one(ActionOutcome).text
        stage.source.bring("ground-1", Alarm(100.0, 101.0, 0.9))
        await stage.tick(0.2)
        monitor.tick()
        await stage.pilot.pause()
        assert "alarm at ground-1" in stage.text(Banner, monitor)
        await stage.press("q")
        assert stage.app.screen is stage.wall
        await stage.tick(0.2)
        assert stage.names[0] == "ground-1"


async def test_a_monitor_over_the_wall_never_shows_a_stale_number(opened: Opening) -> None:
    async with opened() as stage:
        await stage.press("enter")
        monitor = stage.app.screen
        assert isinstance(monitor, MonitorScreen)
        monitor.tick()
        await stage.tick(2.5)
        monitor.tick()
        await stage.pilot.pause()
        assert "STALLED" in stage.text(IndexPanel, monitor)


@pytest.mark.parametrize("how", ["new session", "gone", "ended"])
async def test_the_monitor_says_when_its_venue_is_over(how: str, opened: Opening) -> None:
    async with opened() as stage:
        await stage.press("enter")
        monitor = stage.app.screen
        assert isinstance(monitor, MonitorScreen)
        if how == "new session":
            stage.source.bring("ground-0", start(LATER), session=LATER)
        else:
            stage.source.bring("ground-0", Presence(False) if how == "gone" else End(101.0, "quit"))
        await stage.tick(0.2)
        monitor.tick()
        assert monitor.ended is not None


async def test_a_session_of_this_machine_is_opened_itself(opened: Opening) -> None:
    async with opened() as stage:
        feed = FakeFeed(make_events(100.0))
        stage.source.feeds["ground-0"] = feed
        await stage.press("enter")
        assert isinstance(stage.app.screen, MonitorScreen)
        assert stage.app.screen.feed is feed
        await stage.press("escape")
        assert not feed.alive


async def test_help_theme_layout_and_picture(opened: Opening, tmp_path: Path) -> None:
    async with opened((130, 30), venues=9) as stage:
        assert stage.wall.grid.has_tiles
        await stage.press("v")
        assert not stage.wall.grid.has_tiles
        await stage.press("t")
        assert "theme: light" in stage.wall.query_one(ActionOutcome).text
        await stage.press("s")
        await stage.app.workers.wait_for_complete()
        assert list(tmp_path.glob("wall-picture*.svg"))
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        await stage.press("escape")
        assert stage.app.screen is stage.wall


async def test_only_what_is_in_sight_is_drawn(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.wall.widgets import grid

    async with opened((80, 24), venues=256) as stage:
        drawn: list[str] = []
        row = grid.row
        monkeypatch.setattr(grid, "row", lambda shown, *how: drawn.append(shown.venue.name) or row(shown, *how))
        await stage.tick(0.1)
        assert 10 < len(drawn) <= 24
        await stage.press("end")
        assert stage.wall.grid.chosen is not None
        assert stage.wall.grid.chosen.venue.name == stage.names[-1]
        assert "of 256" in text_of(stage.wall.grid.lines)[0]


async def test_names_and_details_from_outside_stay_plain(opened: Opening) -> None:
    async with opened(venues=0) as stage:
        evil = "[@click=app.exit(9)]x[/]\x1b]0;owned\x07\u202e"
        stage.source.bring(evil, start(), reading(100.0, None, Health.LOST), heard="[blink]\x1b[5m")
        stage.source.bring(evil, HealthChange(100.0, Health.LOST, evil))
        stage.source.bring(evil, Mark(90.0, "goal", evil), Alarm(99.0, 100.0, 0.9))
        await stage.tick()
        await stage.press("enter")
        assert isinstance(stage.app.screen, MonitorScreen)
        await stage.press("q")
        shown = "\n".join([*stage.lines, stage.text(ChosenVenue), stage.text(WallStatus), stage.text(Banner)])
        assert "[@click=app.exit(9)]" in shown
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (60, 20), (119, 30), (120, 30), (300, 80)])
async def test_every_size_shows_the_alarm(size: tuple[int, int], opened: Opening) -> None:
    async with opened(size, venues=30) as stage:
        stage.source.bring("ground-7", Alarm(100.0, 101.0, 0.9))
        await stage.tick()
        assert "ground-7" in "\n".join(text_of(stage.wall.grid.lines)[1:6])
        assert all(len(line) <= size[0] for line in text_of(stage.wall.grid.lines))


async def test_q_leaves(opened: Opening) -> None:
    async with opened() as stage:
        await stage.press("q")
        assert stage.app.return_code == 0
