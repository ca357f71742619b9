"""``momentum score``: a whole file as fast as the machine can."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.commands.live import AlarmBudget, EngineOption, Separate, SpikeOff, SpikeOn
from tui.cli.output import say

if TYPE_CHECKING:
    from engine.app.score import Summary
    from engine.core.run_protocols import ReadingSink

FILE_HELP = "A sound or video file, or an http(s) address of one or of an HLS playlist that has an end."


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
    alarm_budget: AlarmBudget = None,
    spike_on: SpikeOn = None,
    spike_off: SpikeOff = None,
    separate: Separate = None,
) -> int:
    """Score a whole file: the same numbers as 'live FILE --speed max', as fast as the machine can.

    A terminal gets a summary with the spikes, anything else JSON Lines, unless you say which.

    Example: momentum score match.flac --text
    """
    from engine.core.errors import UsageError

    if as_json is not None and as_csv:
        raise UsageError(f"--{'json' if as_json else 'text'} and --csv exclude each other", "Choose one of them.")
    from engine.app.ending import ending_on_signals, exit_code_of
    from engine.app.score import Summary, scoring
    from tui.monitor.settings import settings_for

    flags = {"weights": weights, "engine": engine_choice, "alarm_budget": alarm_budget}
    flags |= {"spike_on": spike_on, "spike_off": spike_off, "separate": separate}
    with scoring(file, lambda: settings_for(flags), say, step, weights is not None) as run:
        summary = Summary()
        tags = run.engine.weights.config.tags
        sink = summary if _wants_summary(as_json, as_csv) else _lines(as_csv, tags.names if tags else ())
        try:
            with ending_on_signals(run.stop):
                end = run.listen([sink])
        finally:
            if sink is summary:
                _show(summary)
    return exit_code_of(end.reason)


def _wants_summary(as_json: bool | None, as_csv: bool) -> bool:
    return not as_csv and not as_json and (as_json is not None or sys.stdout.isatty())


def _lines(as_csv: bool, tags: tuple[str, ...]) -> "ReadingSink":
    from engine.publish.lines import CsvReadings, JsonLines

    return CsvReadings(sys.stdout, tags) if as_csv else JsonLines(sys.stdout)


def _show(summary: "Summary") -> None:
    from engine.core import grid
    from engine.core.clock_text import clock_time
    from tui.cli.output import Column, print_table

    typer.echo(f"{clock_time(summary.heard_s)} of sound, {summary.readings} readings with an index")
    if summary.highest is None:
        typer.echo(f"No index: it needs {grid.HISTORY_S:.0f} s of sound without a break.")
        return
    typer.echo(f"highest index {summary.highest.pressure:.2f} at {clock_time(summary.highest.t)}")
    if not summary.spikes:
        typer.echo("no spikes")
        return
    columns = [Column(title, "right") for title in ("spike at", "seconds", "highest", "decided after")]
    tagged = any(spike.what for spike in summary.spikes)
    rows = [
        (
            clock_time(spike.onset),
            f"{spike.end - spike.onset:.0f}",
            f"{spike.peak_pressure:.2f}",
            f"{spike.decided_at - spike.onset:.1f} s",
            *([spike.what] if tagged else []),
        )
        for spike in summary.spikes
    ]
    print_table([*columns, *([Column("sounds like")] if tagged else [])], rows)
