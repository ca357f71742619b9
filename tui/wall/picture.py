"""A picture of the wall for its page, made by the real program.

    python -m tui.wall.picture docs/pictures/wall.svg --venues 12 --at 48

The demonstration goes on for so many seconds; the picture is the wall as it is then.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from engine.core.as_program import as_program
from tui.monitor.settings import MonitorSettings
from tui.monitor.svg import screen_as_svg
from tui.wall.app import WallApp
from tui.wall.screens.wall import WallScreen
from tui.wall.sources.demo import DemoSource

_LOOK_S: Final = 0.25


async def draw(venues: int, at_s: float, width: int, height: int) -> str:
    """The wall after ``at_s`` seconds of the demonstration, as SVG."""
    clock = [0.0]
    source = DemoSource(venues, clock=lambda: clock[0])
    source.open()
    app = WallApp(source, MonitorSettings(fps=0, bell=False), clock=lambda: clock[0], environ={})
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        wall = app.screen
        assert isinstance(wall, WallScreen)
        while clock[0] < at_s:
            clock[0] += _LOOK_S
            wall.tick()
        await pilot.pause()
        return screen_as_svg(app)


def main() -> int:
    """Read the arguments, draw, write."""
    parser = argparse.ArgumentParser(prog="python -m tui.wall.picture", description="Draw the wall as SVG.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--venues", type=int, default=12)
    parser.add_argument("--at", type=float, default=48.0, help="seconds after the demonstration began")
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=28)
    chosen = parser.parse_args()
    picture = asyncio.run(draw(chosen.venues, chosen.at, chosen.columns, chosen.rows))
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(as_program(main))
