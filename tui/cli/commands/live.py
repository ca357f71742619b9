"""``momentum live``: listens, records a session, and shows what it hears."""

import os
import sys
from math import isfinite
from typing import Annotated

import typer

from engine.app.stray_output import libraries_kept_quiet
from tui.cli.open_monitor import Ascii, Fps, Mouse, Theme
from tui.cli.output import say

SOURCE_HELP = (
    "mic, mic:NAME-OR-INDEX, a sound or video file, an address (http, https, also of HLS or Icecast, or rtsp), "
    "- (raw 16-bit PCM on standard input), demo, or demo:SEED. "
    "Without it: the configured source, else the default microphone, else the demo."
)
EngineOption = Annotated[
    str | None, typer.Option("--engine", help="What computes the network: auto, mlx, or onnx.", show_default=False)
]
AlarmBudget = Annotated[
    float | None, typer.Option(metavar="N", help="Alarm line with at most N false alarms a match, as measured.")
]
SpikeOn = Annotated[float | None, typer.Option(help="Index at which an alarm begins; higher: fewer alarms.")]
SpikeOff = Annotated[float | None, typer.Option(help="Index below which an alarm ends; lower: longer alarms.")]
Commentary = Annotated[
    str | None,
    typer.Option(
        help="What is said beside: a transcript (.srt, .vtt, .json), or a source in which words are heard.",
        show_default=False,
    ),
]
Separate = Annotated[
    bool | None,
    typer.Option(
        "--separate/--no-separate",
        help="Take voices out of the sound before the index hears it; needs the setting separation_model.",
        show_default=False,
    ),
]
Speed = Annotated[str, typer.Option(help="For files and the demo: a factor of real time, or max.")]
Rate = Annotated[int, typer.Option(help="Samples a second of the raw PCM on standard input.")]
Channels = Annotated[int, typer.Option(help="Channels of the raw PCM on standard input.")]
WeightsOption = Annotated[str | None, typer.Option("--weights", help="Installed weights by name, or a folder.")]
KeepSound = Annotated[
    bool | None, typer.Option("--sound/--no-sound", help="Keep the sound in the session too.", show_default=False)
]
ON_SPIKE_HELP = "Program to run for each spike; it reads the spike as JSON on its standard input."


@libraries_kept_quiet()
def live(
    source: Annotated[str | None, typer.Argument(help=SOURCE_HELP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, one object a line.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="One readable line a second.")] = False,
    speed: Speed = "1",
    rate: Rate = 22050,
    channels: Channels = 1,
    weights: WeightsOption = None,
    engine_choice: EngineOption = None,
    alarm_budget: AlarmBudget = None,
    spike_on: SpikeOn = None,
    spike_off: SpikeOff = None,
    record: Annotated[bool, typer.Option("--record/--no-record", help="Keep the session on disk.")] = True,
    sound: KeepSound = None,
    commentary: Commentary = None,
    separate: Separate = None,
    on_spike: Annotated[str | None, typer.Option(help=ON_SPIKE_HELP, show_default=False)] = None,
    as_ascii: Ascii = False,
    theme: Theme = None,
    mouse: Mouse = None,
    fps: Fps = None,
) -> int:
    """Listen, and show the index as it comes: about ten readings a second, in a terminal on the monitor.

    On the monitor the first 40 s of the demo are heard at once, so that there is an index to look at.

    Exit codes: 0 the sound ended, 1 readings could be written nowhere, 3 microphone or address missing or lost,
    4 weights, 5 bad file, 6 the system's sound hangs, 130 and 143 ended by a signal.

    Example: momentum live mic:scarlett --sound
    """
    from engine.app.built_engine import UNTRAINED
    from engine.app.ending import ending_on_signals, exit_code_of
    from engine.app.listen import DEMO_AT_ONCE_S, Wanted, listening, speed_of
    from tui.cli.open_monitor import on_screen, printer_for, show_live
    from tui.monitor.launch import can_show_monitor
    from tui.monitor.settings import settings_for

    pace = speed_of(speed)
    flags = {"source": source, "weights": weights, "spike_on": spike_on, "spike_off": spike_off}
    flags |= {"alarm_budget": alarm_budget, "record_sound": sound, "on_spike": on_spike, "engine": engine_choice}
    flags |= {"commentary": commentary, "separate": separate}
    settings = settings_for({**flags, "theme": theme, "ascii": as_ascii or None, "mouse": mouse, "fps": fps})
    on_monitor = not (as_json or plain) and can_show_monitor(os.environ, sys.stdout)
    at_once_s = DEMO_AT_ONCE_S if on_monitor and isfinite(pace) else 0.0
    named = weights is not None
    with listening(Wanted(settings, pace, rate, channels, record, named, at_once_s), say) as run:
        if on_monitor:
            demo = run.opened.source.name.startswith("demo:")
            fallback = settings.source is None and demo
            return show_live(run, on_screen(settings), fallback=fallback, at_once_s=at_once_s if demo else 0.0)
        printer = printer_for(as_json, plain, run.engine.spikes.on, settings.ascii, run.engine.lines)
        if not run.engine.weights.config.trained:
            say(UNTRAINED)
        with ending_on_signals(run.stop):
            end = run.listen([printer])
    return exit_code_of(end.reason)
