"""``momentum live``: listens and shows what it hears."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tui.showing import Ascii, Fps, Mouse, Theme

if TYPE_CHECKING:
    from engine.audio.source import AudioSource
    from engine.config import Settings

SOURCE_HELP = (
    "mic, mic:NAME-OR-INDEX, a sound or video file, - (raw 16-bit PCM on standard input), demo, or demo:SEED. "
    "Without it: the configured source, else the default microphone, else the demo."
)
_PIPE_GIVES_UP_AFTER_S = 30.0


def live(
    source: Annotated[str | None, typer.Argument(help=SOURCE_HELP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, one object a line.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="One readable line a second.")] = False,
    speed: Annotated[str, typer.Option(help="For files and the demo: a factor of real time, or max.")] = "1",
    rate: Annotated[int, typer.Option(help="Samples a second of the raw PCM on standard input.")] = 22050,
    channels: Annotated[int, typer.Option(help="Channels of the raw PCM on standard input.")] = 1,
    weights: Annotated[str | None, typer.Option(help="Installed weights by name, or a folder.")] = None,
    spike_on: Annotated[
        float | None, typer.Option(help="Index at which an alarm begins; higher: fewer alarms.")
    ] = None,
    spike_off: Annotated[
        float | None, typer.Option(help="Index below which an alarm ends; lower: longer alarms.")
    ] = None,
    as_ascii: Ascii = False,
    theme: Theme = None,
    mouse: Mouse = None,
    fps: Fps = None,
) -> int:
    """Listen, and show the index as it comes: about ten readings a second, in a terminal on the monitor.

    Exit codes: 0 the sound ended, 3 no microphone or lost, 4 weights, 5 bad file, 130 and 143 ended by a signal.
    """
    from engine.monitor import Monitor, Stop
    from engine.spikes import SpikeDetector
    from tui.launch import can_show_monitor
    from tui.lines import JsonLines, PlainLines
    from tui.listening import build_engine, ending_on_signals, exit_code_of, settings_for, speed_of
    from tui.showing import on_screen, show_live

    pace = speed_of(speed)
    flags = {"source": source, "weights": weights, "spike_on": spike_on, "spike_off": spike_off}
    settings = settings_for({**flags, "theme": theme, "ascii": as_ascii or None, "mouse": mouse, "fps": fps})
    engine = build_engine(settings)
    opened = _open(settings, pace, rate, channels)
    give_up_after_s = _PIPE_GIVES_UP_AFTER_S if settings.source == "-" else None
    if not (as_json or plain) and can_show_monitor(os.environ, sys.stdout):
        fallback = settings.source is None and opened.name.startswith("demo")
        return show_live(opened, engine, on_screen(settings), fallback=fallback, give_up_after_s=give_up_after_s)
    try:
        printer: JsonLines | PlainLines
        if as_json or not (plain or sys.stdout.isatty()):
            printer = JsonLines(sys.stdout)
        else:
            printer = PlainLines(sys.stdout, engine.spikes.on, settings.ascii)
        if not engine.weights.config.trained:
            typer.echo("These weights are untrained: the index means nothing yet.", err=True)
        stop = Stop()
        monitor = Monitor(
            opened, engine.stream, SpikeDetector(engine.spikes), [printer], stop, give_up_after_s=give_up_after_s
        )
        with ending_on_signals(stop):
            end = monitor.run(engine.start(opened.name))
    finally:
        opened.close()
    return exit_code_of(end.reason)


def _open(settings: "Settings", speed: float, rate: int, channels: int) -> "AudioSource":
    """The source that was asked for; when none was, the microphone, or the demo with a word about it."""
    from engine.audio.opening import open_source
    from engine.errors import DeviceError

    def opened(spec: str) -> "AudioSource":
        return open_source(
            spec,
            speed=speed,
            rate_hz=rate,
            channels=channels,
            microphone_rate_hz=settings.microphone_rate_hz,
            queue_s=settings.microphone_queue_s,
        )

    if settings.source is not None:
        return opened(settings.source)
    try:
        return opened("mic")
    except DeviceError as error:
        typer.echo(f"No microphone: {error.message} What follows is the simulated demo match.", err=True)
        typer.echo("'momentum devices' lists microphones; 'momentum live mic:NAME' listens to one.", err=True)
        return opened("demo")
