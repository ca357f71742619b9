"""``momentum simulate``: a match that never was, as sound with its truth beside it."""

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT.flac", help="The sound; the truth goes to OUT.events.json.")],
    seed: Annotated[int, typer.Option(help="Which ground, crowd and match: one seed, one sound.", min=0)] = 0,
    match: Annotated[int | None, typer.Option(metavar="ID", help="Play a real match's events (StatsBomb id).")] = None,
    open_data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of StatsBomb open data; without it, online.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="How much of it; without, all of it.")] = None,
    confusers: Annotated[
        str, typer.Option(metavar="LIST", help="Other sounds: all, none, or names with commas between.")
    ] = "all",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a simulated match and what is true of it, for tests and for training.

    Example: momentum simulate match.flac --seed 7 --minutes 5
    """
    from engine.app import simulate as simulator
    from tui.cli.progress import shown_on_stderr

    wanted = simulator.MatchWanted(seed, match, open_data, minutes, confusers)
    simulator.simulate(wanted, out, shown_on_stderr, force)
