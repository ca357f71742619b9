"""``momentum score``: a whole file as fast as the machine can."""

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from tui.cli.commands.live import EngineOption
from tui.cli.output import say

if TYPE_CHECKING:
    from engine.audio.media_file import Decoded
    from engine.core.signals import AudioBlock, Event, Reading, Spike

FILE_HELP = "A sound or video file, or an http(s) address of one or of an HLS playlist that has an end."
_BLOCK_HOPS = 1024


def score(
    file: Annotated[str, typer.Argument(help=FILE_HELP, show_default=False)],
    as_json: Annotated[
        bool | None,
        typer.Option("--json/--text", help="JSON Lines, as 'live --json' prints, or a summary.", show_default=False),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Readings as CSV.")] = False,
    step: Annotated[
        int, typer.Option(min=1, max=10_000, help="Frames of 46.4 ms between readings: 2 is live, 44 one a window hop.")
    ] = 2,
    weights: Annotated[str | None, typer.Option(help="Installed weights by name, or a folder.")] = None,
    engine_choice: EngineOption = None,
    alarm_budget: Annotated[
        float | None, typer.Option(metavar="N", help="Alarm line with at most N false alarms a match, as measured.")
    ] = None,
    spike_on: Annotated[
        float | None, typer.Option(help="Index at which an alarm begins; higher: fewer alarms.")
    ] = None,
    spike_off: Annotated[
        float | None, typer.Option(help="Index below which an alarm ends; lower: longer alarms.")
    ] = None,
) -> int:
    """Score a whole file: the same numbers as 'live FILE --speed max', as fast as the machine can.

    A terminal gets a summary with the spikes, anything else JSON Lines, unless you say which.

    Example: momentum score match.flac --text
    """
    from engine.app.listening import build_engine, ending_on_signals, exit_code_of, loading, settings_for
    from engine.core.errors import UsageError

    if as_json is not None and as_csv:
        raise UsageError(f"--{'json' if as_json else 'text'} and --csv exclude each other", "Choose one of them.")
    with loading():
        from engine.audio.log_mel import with_frames
        from engine.audio.read_ahead import ReadAhead
        from engine.core import grid

        recording = _open(file, _BLOCK_HOPS * grid.HOP)
    with closing(ReadAhead(recording, prepare=with_frames)) as source:
        source.begin()  # beside the rest that has to be loaded
        with loading():
            from engine.live.monitor_loop import Monitor, Sink, Stop
            from engine.live.spike_detector import SpikeDetector
            from engine.publish.lines import JsonLines

            engine = build_engine(
                settings_for(
                    {
                        "weights": weights,
                        "engine": engine_choice,
                        "alarm_budget": alarm_budget,
                        "spike_on": spike_on,
                        "spike_off": spike_off,
                    }
                ),
                step,
                live=False,
                asked=weights is not None,
            )
        sink: Sink
        if as_csv:
            sink = _CsvReadings(sys.stdout)
        elif as_json or (as_json is None and not sys.stdout.isatty()):
            sink = JsonLines(sys.stdout)
        else:
            sink = _Summary()
        if not engine.weights.config.trained:
            say("These weights are untrained: the index means nothing yet.")
        stop = Stop()
        monitor = Monitor(source, engine.stream, SpikeDetector(engine.spikes), [sink], stop)
        try:
            with ending_on_signals(stop):
                end = monitor.run(engine.start(recording.name))
        finally:
            if recording.repaired_samples:
                say(f"{recording.repaired_samples} samples were no numbers and were taken as silence.")
            if isinstance(sink, _Summary):
                sink.show()
    return exit_code_of(end.reason)


def _open(file: str, block_samples: int) -> "Decoded":
    from engine.core.address import is_address

    if is_address(file):
        from engine.audio.network_source import open_recording

        return open_recording(file, block_samples)
    from engine.audio.media_file import MediaFile

    return MediaFile(file, block_samples)


class _CsvReadings:
    """Readings as comma-separated values with a header; an absent index is empty."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        out.write("t,pressure,level_db,peak_db,health\n")

    def write(self, event: "Event") -> None:
        from engine.core.signals import Reading, to_json

        if isinstance(event, Reading):
            row = to_json(event)
            pressure = "" if row["pressure"] is None else row["pressure"]
            self._out.write(f"{row['t']},{pressure},{row['level_db']},{row['peak_db']},{row['health']}\n")

    def sound(self, block: "AudioBlock") -> None:
        """The table has no sound."""

    def flush(self) -> None:
        self._out.flush()


class _Summary:
    """What a person wants to know of a whole file."""

    def __init__(self) -> None:
        self._highest: Reading | None = None
        self._readings = 0
        self._spikes: list[Spike] = []
        self._heard_s = 0.0

    def write(self, event: "Event") -> None:
        from engine.core.signals import End, Reading, Spike

        if isinstance(event, Reading) and event.pressure is not None:
            self._readings += 1
            if self._highest is None or event.pressure > (self._highest.pressure or 0.0):
                self._highest = event
        elif isinstance(event, Spike):
            self._spikes.append(event)
        elif isinstance(event, End):
            self._heard_s = event.t

    def sound(self, block: "AudioBlock") -> None:
        """The summary has no sound."""

    def flush(self) -> None:
        """It is shown at the end."""

    def show(self) -> None:
        from engine.core import grid
        from engine.core.clock_text import clock_time
        from tui.cli.output import Column, print_table

        typer.echo(f"{clock_time(self._heard_s)} of sound, {self._readings} readings with an index")
        if self._highest is None:
            typer.echo(f"No index: it needs {grid.HISTORY_S:.0f} s of sound without a break.")
            return
        typer.echo(f"highest index {self._highest.pressure:.2f} at {clock_time(self._highest.t)}")
        if not self._spikes:
            typer.echo("no spikes")
            return
        print_table(
            [
                Column("spike at", "right"),
                Column("seconds", "right"),
                Column("highest", "right"),
                Column("decided after", "right"),
            ],
            [
                (
                    clock_time(spike.onset),
                    f"{spike.end - spike.onset:.0f}",
                    f"{spike.peak_pressure:.2f}",
                    f"{spike.decided_at - spike.onset:.1f} s",
                )
                for spike in self._spikes
            ],
        )
