"""What ``live``, ``watch`` and ``replay`` have in common: from their arguments to a monitor on the screen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from engine.app.listening import Engine
    from engine.app.recording import Opened, Recording
    from engine.core.settings import Settings
    from tui.monitor.feed import FeedKind
    from tui.monitor.settings import MonitorSettings

Theme: TypeAlias = Annotated[
    str | None, typer.Option(help="Colours: auto, dark, light, contrast, or 16.", show_default=False)
]
Ascii: TypeAlias = Annotated[bool, typer.Option("--ascii", help="No character beyond ASCII.")]
Mouse: TypeAlias = Annotated[
    bool | None, typer.Option("--mouse/--no-mouse", help="Whether the monitor takes the mouse.", show_default=False)
]
Fps: TypeAlias = Annotated[
    int | None, typer.Option(help="How often a second the monitor looks for something new.", show_default=False)
]

EXPORTS: Final = "exports"


def on_screen(settings: "Settings", speed: float = 1.0) -> "MonitorSettings":
    """The part of the settings that the screen needs; exports go into a folder of the program's own."""
    from engine.core.paths import find_paths
    from tui.monitor.settings import monitor_settings

    paths = find_paths()
    return monitor_settings(settings, paths.data / EXPORTS, speed, paths.sessions)


def show_session(folder: Path, kind: "FeedKind", settings: "MonitorSettings") -> int:
    """The monitor on a session on disk; returns the exit code. Raises ``MomentumError`` where it can't be read."""
    from engine.core.paths import find_paths
    from engine.session import SessionReader
    from tui.monitor.launch import run_monitor
    from tui.monitor.stored_feed import StoredFeed

    with SessionReader.open(folder) as reader:
        return run_monitor(StoredFeed(reader, kind), settings, find_paths().log)


def show_live(
    opened: "Opened",
    engine: "Engine",
    settings: "MonitorSettings",
    kept: "Recording",
    *,
    fallback: bool = False,
    at_once_s: float = 0.0,
    screen: "Callable[..., int] | None" = None,
) -> int:
    """Listen in a thread and show it; returns the exit code.

    ``kept`` is what goes on beside; ``fallback`` says that the source was taken for want of a microphone, ``at_once_s``
    how much of its beginning comes at once. Raises the ``MomentumError`` that ended the listening, once the screen is
    left.
    """
    from engine.app.listening import exit_code_of, reason_of
    from engine.core.paths import find_paths
    from engine.live.monitor_loop import Monitor, Stop
    from engine.live.spike_detector import SpikeDetector
    from engine.session import SessionReader
    from tui.monitor.feed import FeedKind
    from tui.monitor.launch import run_monitor
    from tui.monitor.live_feed import LiveFeed, live_info
    from tui.monitor.stored_feed import StoredFeed

    detector = SpikeDetector(engine.spikes)
    start = engine.start(opened.source.name, kept.session)
    session = kept.writer.folder if kept.writer else None
    info = live_info(engine, start, recording=session is not None, fallback=fallback, at_once_s=at_once_s)
    stop = Stop()
    with ThreadPoolExecutor(1, "engine") as thread:
        reader = SessionReader.open(session) if session else None
        store = StoredFeed(reader, FeedKind.LIVE, info=info) if reader else None
        feed = LiveFeed(info, detector, store, engine.weights.folder, not_kept=kept.not_kept)
        monitor = Monitor(
            opened.source,
            engine.stream,
            detector,
            [*kept.sinks, feed],
            stop,
            watchdog=opened.watchdog,
            notices=kept.take_notices,
        )
        feed.run = thread.submit(monitor.run, start)
        code = 0
        try:
            code = (screen or run_monitor)(feed, settings, find_paths().log)
        finally:
            stop.request(reason_of(code) or "quit")
        end = feed.run.result()
        feed.close()
    return code or exit_code_of(end.reason)
