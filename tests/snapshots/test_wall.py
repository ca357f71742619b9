"""Pictures of the wall, state by state. The clock stands still unless the picture needs it to move.

After a change that was meant: ``pytest tests/snapshots --snapshot-update``, then look at the pictures.
"""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.core.signals import Alarm, Health, HealthChange, Mark, Spike
from tests.unit.tui.monitor.fake_feed import pressure_at
from tests.unit.tui.wall.made_up import HandedSource, reading, start
from tui.monitor.settings import MonitorSettings
from tui.wall.app import WallApp
from tui.wall.delivery import Presence
from tui.wall.screens.wall import WallScreen
from tui.wall.sources.source import Link, LinkState

Compare = Callable[..., bool]
NAMES = (
    "Aldermoor Park", "Brackley Road", "Calder Stadium", "Dunmore Lane", "Eastgate Green", "Fenwick Cross",
    "Garston Field", "Hollin Bank", "Inverly Arena", "Juniper Moor",
)  # fmt: skip
NOW_S = 1000.0


class Day:
    """A match day: ten venues, or as many as are asked for, with two minutes behind them."""

    def __init__(self, venues: int = 10, heard: bool = True, **settings: Any) -> None:
        self.clock = [NOW_S]
        self.source = HandedSource(self.clock)
        names = NAMES if venues <= len(NAMES) else [f"Ground {number:03d}" for number in range(venues)]
        for number, name in enumerate(names[:venues]):
            t = 900.0 + 37.0 * number
            self.source.bring(name, start(), Mark(t - 700.0 - 60.0 * number, "kick-off"))
            for second in range(0, 122, 2):
                calm = 0.5 * pressure_at(20.0 + (second + 11 * number) % 200)
                late = second < 120
                self.source.bring(name, reading(t - 120.0 + second, calm), late=late, heard="chant" if heard else "")
            if number % 3 == 0:
                self.source.bring(name, Spike(t - 50.0, t - 45.0, t - 40.0, 0.71 + number / 50, t - 48.0), late=True)
            if number % 4 == 1:
                self.source.bring(name, Mark(t - 300.0, "goal", f"{number % 3}-1"))
        self.app = WallApp(
            self.source, MonitorSettings(fps=0, bell=False, **settings), clock=lambda: self.clock[0], environ={}
        )

    def alarm(self) -> None:
        """One is in alarm."""
        t = 900.0 + 37.0 * 4
        self.source.bring(NAMES[4], reading(t + 1.0, 0.91), Alarm(t - 1.0, t, 0.91), heard="roar")

    def trouble(self) -> None:
        """One is gone, one has lost its microphone, one says nothing; the others go on."""
        self.clock[0] += 2.6
        for number, name in enumerate(NAMES):
            if number not in (2, 5):
                health = Health.LOST if number == 7 else Health.LISTENING
                self.source.bring(name, reading(903.0 + 37.0 * number, 0.3 if number != 7 else None, health))
        self.source.bring(NAMES[7], HealthChange(1163.0, Health.LOST, "USB microphone"))
        self.source.bring(NAMES[2], Presence(False))


def after(*keys: str, happens: Callable[[Day], None] | None = None, **how: Any) -> tuple[Day, dict[str, Any]]:
    """A day and what to do before its picture is taken."""
    size = how.pop("size", (80, 24))
    day = Day(**how)

    async def play(pilot: Pilot[int]) -> None:
        await pilot.pause()
        wall = pilot.app.screen
        assert isinstance(wall, WallScreen)
        wall.tick()
        if happens is not None:
            happens(day)
            wall.tick()
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()

    return day, {"run_before": play, "terminal_size": size}


def lose(day: Day) -> None:
    day.source.link = Link(LinkState.LOST, "connection refused")


@pytest.mark.parametrize(
    ("how"),
    [
        pytest.param(lambda: after(), id="calm"),
        pytest.param(lambda: after(happens=Day.alarm), id="alarm"),
        pytest.param(lambda: after(happens=Day.trouble), id="lost-venues"),
        pytest.param(lambda: after(happens=lose), id="lost-broker"),
        pytest.param(lambda: after("slash", *"gar"), id="search"),
        pytest.param(lambda: after(venues=256, size=(200, 50)), id="256-venues"),
        pytest.param(lambda: after(happens=Day.alarm, size=(120, 30)), id="tiles"),
        pytest.param(lambda: after("down", "p", happens=Day.alarm, size=(40, 12)), id="narrow"),
        pytest.param(lambda: after(venues=0), id="nothing-yet"),
        pytest.param(lambda: after("question_mark"), id="help"),
        pytest.param(lambda: after(happens=Day.alarm, ascii=True, theme="16"), id="ascii-16-colours"),
        pytest.param(lambda: after(happens=Day.trouble, theme="light"), id="light"),
    ],
)
def test_wall(how: Callable[[], tuple[Day, dict[str, Any]]], snap_compare: Compare) -> None:
    day, given = how()
    assert snap_compare(day.app, **given)
