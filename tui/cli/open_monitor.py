"""What ``live``, ``watch`` and ``replay`` have in common: from their arguments to a monitor on the screen."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.app.listen import Listening
    from engine.core.operating_points import OperatingPoint
    from engine.core.run_protocols import ReadingSink
    from engine.core.settings import Settings
    from engine.session import SessionReader
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
    from engine.core.heap import keep_heap_small
    from engine.core.paths import find_paths
    from engine.session import SessionReader
    from tui.monitor.launch import run_monitor
    from tui.monitor.stored_feed import StoredFeed

    keep_heap_small()
    with SessionReader.open(folder) as reader:
        return run_monitor(StoredFeed(reader, kind), settings, find_paths().log)


def printer_for(
    as_json: bool, plain: bool, threshold: float, as_ascii: bool, lines: "Sequence[OperatingPoint]"
) -> "ReadingSink":
    """What prints a run on stdout: JSON Lines where they are asked for or a program reads, else readable ones; these
    begin with what the alarm line gives where ``lines`` say so."""
    from engine.core.operating_points import budget_sentence
    from engine.publish.lines import JsonLines, PlainLines

    if as_json or not (plain or sys.stdout.isatty()):
        return JsonLines(sys.stdout)
    measured = any(line.alarms_per_match is not None for line in lines)
    return PlainLines(sys.stdout, threshold, as_ascii, budget_sentence(lines, threshold) if measured else "")


def printer_of_session(reader: "SessionReader", as_json: bool, plain: bool, as_ascii: bool) -> "ReadingSink":
    """The same for a session on disk."""
    from engine.core.operating_points import points_of

    info = reader.info
    lines = points_of(info.weights.get("operating_points") or (), info.settings)
    return printer_for(as_json, plain, info.start.threshold if info.start else 1.0, as_ascii, lines)


def show_live(
    run: "Listening",
    settings: "MonitorSettings",
    *,
    fallback: bool = False,
    at_once_s: float = 0.0,
    screen: "Callable[..., int] | None" = None,
) -> int:
    """Listen in a thread and show it; returns the exit code.

    ``fallback`` says that the source was taken for want of a microphone, ``at_once_s`` how much of its beginning comes
    at once. Raises the ``MomentumError`` that ended the listening, once the screen is left.
    """
    from engine.app.ending import exit_code_of, reason_of
    from engine.core.heap import keep_heap_small
    from engine.core.paths import find_paths
    from engine.session import SessionReader
    from tui.monitor.feed import FeedKind
    from tui.monitor.launch import run_monitor
    from tui.monitor.live_feed import LiveFeed, live_info
    from tui.monitor.stored_feed import StoredFeed

    keep_heap_small()
    session = run.kept.writer.folder if run.kept.writer else None
    info = live_info(run.engine, run.start, recording=session is not None, fallback=fallback, at_once_s=at_once_s)
    with ThreadPoolExecutor(1, "engine") as thread:
        reader = SessionReader.open(session) if session else None
        store = StoredFeed(reader, FeedKind.LIVE, info=info) if reader else None
        feed = LiveFeed(info, run.detector, store, run.engine.weights.folder, not_kept=run.kept.not_kept)
        feed.run = thread.submit(run.listen, [feed], [feed])
        code = 0
        try:
            code = (screen or run_monitor)(feed, settings, find_paths().log)
        except Exception:
            run.stop.request("screen_failed")
            raise
        finally:
            run.stop.request(reason_of(code) or "quit")
        end = feed.run.result()
        feed.close()
    return code or exit_code_of(end.reason)
