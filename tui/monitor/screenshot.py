"""A picture of the monitor for the README, made by the real program from real sound.

    python -m tui.monitor.screenshot docs/monitor.svg --source demo --at 3:30 --kick-off 0:10

The engine listens to the source as fast as it can up to that moment; the picture is the monitor as it was then.
"""

import argparse
import asyncio
import sys
from concurrent.futures import Future
from pathlib import Path

from engine.app.built_engine import build_engine
from engine.app.keep_session import Recording, watched
from engine.app.listen import DEMO_AT_ONCE_S, Listening
from engine.app.open_source import open_source
from engine.core.as_program import as_program
from engine.core.clock_text import parse_time
from engine.core.errors import UsageError
from engine.core.run_protocols import Stop
from engine.core.signals import Event, Mark, Reading
from engine.football.match_clock import KICK_OFF
from engine.live.spike_detector import SpikeDetector
from tui.monitor.app import MonitorApp
from tui.monitor.feed import FeedInfo
from tui.monitor.live_feed import LiveFeed, live_info
from tui.monitor.settings import MonitorSettings, settings_for
from tui.monitor.svg import screen_as_svg


class HeldFeed(LiveFeed):
    """A live feed that asks for the end at a moment and knows nothing of what comes after it."""

    def __init__(self, at_s: float, stop: Stop, info: FeedInfo, detector: SpikeDetector) -> None:
        super().__init__(info, detector, clock=lambda: 0.0)
        self.run = Future()
        self._at_s = at_s
        self._stop = stop

    def write(self, event: Event) -> None:
        if self._stop.reason is not None:
            return
        super().write(event)
        if isinstance(event, Reading) and event.t >= self._at_s:
            self._stop.request("picture")


def listen(spec: str, at_s: float, kick_off_s: float | None) -> LiveFeed:
    """The feed of a run that has heard the first ``at_s`` seconds of a source."""
    settings = settings_for({})
    engine = build_engine(settings)
    source = open_source(spec, speed=float("inf"))
    run = Listening(watched(source, settings, give_up_after_s=None), engine, Recording())
    at_once_s = DEMO_AT_ONCE_S if source.name.startswith("demo:") else 0.0
    feed = HeldFeed(at_s, run.stop, live_info(engine, run.start, at_once_s=at_once_s), run.detector)
    run.listen([feed], [feed])
    if kick_off_s is not None:
        feed.add_mark(Mark(kick_off_s, KICK_OFF))
    return feed


async def draw(feed: LiveFeed, width: int, height: int, theme: str) -> str:
    """The monitor on ``feed`` as SVG."""
    app = MonitorApp(feed, MonitorSettings(theme=theme, fps=0, bell=False), clock=lambda: 0.0, environ={})
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        return screen_as_svg(app)


def main() -> int:
    """Read the arguments, listen, draw, write."""
    parser = argparse.ArgumentParser(prog="python -m tui.monitor.screenshot", description="Draw the monitor as SVG.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--source", default="demo", help="a sound file, demo, or demo:SEED")
    parser.add_argument("--at", default="3:30", help="the moment to draw, in the sound")
    parser.add_argument("--kick-off", help="a moment to start the match clock at")
    parser.add_argument("--size", default="80x24", help="columns x rows")
    parser.add_argument("--theme", default="dark", choices=["dark", "light", "contrast", "16"])
    chosen = parser.parse_args()
    at_s = parse_time(chosen.at)
    kick_off_s = parse_time(chosen.kick_off) if chosen.kick_off else None
    width, _, height = chosen.size.partition("x")
    if at_s is None or not width.isdecimal() or not height.isdecimal():
        raise UsageError("A time is written 3:30 and a size 80x24.", "See 'python -m tui.monitor.screenshot --help'.")
    picture = asyncio.run(draw(listen(chosen.source, at_s, kick_off_s), int(width), int(height), chosen.theme))
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(as_program(main))
