"""``momentum spot``: what happens in recordings, by their picture, their sound and their commentary."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.core.text import plain
from tui.cli.commands.ingest import KickOff, SecondHalf
from tui.cli.output import raise_last, say

if TYPE_CHECKING:
    from engine.app.spot import Spots
    from engine.app.write_spotted import SpotFiles


def spot(
    videos: Annotated[list[Path], typer.Argument(help="Recordings of a match, or of a half.", show_default=False)],
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Spotting weights: a folder, or the name a training gave.", show_default=False
        ),
    ] = None,
    commentary: Annotated[
        Path | None,
        typer.Option(metavar="TRANSCRIPT", help="Words whose times count from the recording's beginning."),
    ] = None,
    crowd: Annotated[
        bool | None,
        typer.Option(
            "--crowd/--no-crowd",
            help="The crowd's index speaks of goals. Unless told: where the weights read no sound themselves.",
            show_default=False,
        ),
    ] = None,
    kickoff: KickOff = None,
    second_half: SecondHalf = None,
    least: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="The least confidence shown; results_spotting.json has all.")
    ] = 0.3,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write results_spotting.json, spotted.csv and chapters.txt there."),
    ] = None,
    session: Annotated[
        bool, typer.Option("--session", help="Keep a session with the crowd's index, for 'momentum replay'.")
    ] = False,
    pca: Annotated[Path | None, typer.Option(metavar="FILE", help="Components, for weights that read such.")] = None,
    engine: Annotated[Literal["auto", "mlx", "onnx"], typer.Option(help="What computes features.")] = "auto",
    decoding: Annotated[
        Literal["auto", "software", "hardware"], typer.Option(help="What decodes the picture; auto: a Mac's hardware.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json/--text", help="JSON Lines, an event a line, or a table.")] = False,
) -> int:
    """Spot goals, cards, corners and the like in a recording, each with what every channel added to it.

    Features are made as the weights ask for them and kept, so that a run that was ended goes on where it was. A missing
    picture, sound or transcript is no silence: where the weights can do without, the others speak alone. A share is in
    log-odds: what a channel adds above what it says on average. Of several recordings, one that can't be read does not
    hold up the others; each has a session of its own, and in DIR a folder, which the halves of a game share.

    Exit codes: 0 done, 2 usage, 4 weights are missing or wrong, 5 a recording or the transcript can't be used or
    breaks off, 130 and 143 ended by a signal.

    Example: momentum spot match.mp4 --weights mine --out found --session
    """
    from functools import cache

    from engine.app.ending import ending_on_signals, exit_code_of
    from engine.app.features_for_spotting import Making
    from engine.app.spot import Wanted, spot_video
    from engine.app.write_spotted import SpotFiles
    from engine.core.errors import InputError, MomentumError, UsageError
    from engine.core.paths import find_paths
    from engine.core.run_protocols import Stop
    from tui.cli.progress import shown_on_stderr
    from tui.monitor.settings import settings_for

    of_one = {"--commentary": commentary, "--kickoff": kickoff, "--second-half": second_half}
    given = [option for option, value in of_one.items() if value is not None]
    if len(videos) > 1 and given:
        raise UsageError(f"{given[0]} takes one recording at a time", "Name them one by one.")
    files = None if out is None else SpotFiles(videos, out, least)
    making = Making(find_paths().cache, pca, engine, decoding)
    faults: list[MomentumError] = []
    stop, say_once = Stop(), cache(say)  # what is true of the weights is of every recording
    for video in videos:
        wanted = Wanted(video, weights, commentary, crowd, session, kickoff, second_half)
        try:
            with ending_on_signals(stop), shown_on_stderr() as progress:
                found = spot_video(wanted, making, lambda: settings_for({}), progress, say_once, stop)
        except InputError as fault:
            faults.append(fault)
            continue
        if found is None:
            return exit_code_of(stop.reason or "")
        if len(videos) > 1 and not as_json:
            typer.echo(f"{plain(video)}:")
        _tell(found, least, as_json, files)
        faults += found.faults
    raise_last(faults)
    return 0


def _tell(found: "Spots", least: float, as_json: bool, files: "SpotFiles | None") -> None:
    """Show what was spotted in a recording, and write and keep it where that was asked for."""
    import json

    from engine.app.spot import keep_spotted
    from engine.app.write_spotted import likely, row_of

    rows = [row_of(event, found) for event in likely(found, least)]
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, allow_nan=False))
    else:
        _show(rows, found.channels)
    for file in files.write(found) if files else ():
        say(f"written: {file}")
    if found.session:
        say(f"session {found.session} holds {keep_spotted(found, least)} events: 'momentum replay {found.session}'")


def _show(rows: list[dict[str, Any]], channels: tuple[str, ...]) -> None:
    from engine.core.clock_text import clock_time
    from tui.cli.output import Column, print_table

    if not rows:
        typer.echo("no event is that likely")
        return
    columns = [Column("at", "right"), Column("half"), Column("event"), Column("confidence", "right")]
    told = [
        (
            clock_time(row["t"]),
            row["game_time"],
            row["label"],
            f"{row['confidence']:.2f}",
            *(f"{row['shares'][name]:+.1f}" if name in row["shares"] else None for name in channels),
        )
        for row in rows
    ]
    print_table([*columns, *(Column(name, "right") for name in channels)], told)
