"""``momentum simulate``: a match that never was, as sound with its truth beside it."""

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT.flac", help="The sound; the truth goes to OUT.events.json.")],
    seed: Annotated[int, typer.Option(help="Which ground, crowd and match: one seed, one sound.", min=0)] = 0,
    minutes: Annotated[float | None, typer.Option(help="How much of it; without, all of it.")] = None,
    confusers: Annotated[
        str, typer.Option(metavar="LIST", help="Other sounds: all, none, or names with commas between.")
    ] = "all",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a simulated match and what is true of it, for tests and for training."""
    from engine.errors import UsageError
    from engine.simulator.confusers import choose_confusers
    from engine.simulator.match import SimulatedMatch, plan_match
    from engine.simulator.truth import truth_of, write_truth
    from tui.writing import write_flac

    if out.suffix.lower() != ".flac":
        raise UsageError(f"{out.name} is not named as a FLAC file", "Give a name that ends in .flac.")
    kinds = choose_confusers(confusers)
    score = plan_match(seed, None, minutes, kinds)
    truth_file = out.with_name(out.stem + ".events.json")
    for file in (out, truth_file):
        if file.exists() and not force:
            raise UsageError(f"{file} is there already", "Choose another name, or replace it with --force.")
    write_flac(SimulatedMatch(score, out.name), out)
    write_truth(truth_of(score), truth_file, replace=True)
