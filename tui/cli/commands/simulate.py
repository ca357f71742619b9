"""``momentum simulate``: a match that never was, as sound with its truth beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.simulator.timeline import Timeline


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
    from engine.app.write_sound import write_flac
    from engine.core.errors import UsageError
    from engine.simulator.confusers import choose_confusers
    from engine.simulator.match import SimulatedMatch, plan_match
    from engine.simulator.truth import truth_of, write_truth
    from tui.cli.progress import shown_on_stderr

    if out.suffix.lower() != ".flac":
        raise UsageError(f"{out.name} is not named as a FLAC file", "Give a name that ends in .flac.")
    if open_data is not None and match is None:
        raise UsageError("--open-data without a match", "Name one with --match ID.")
    kinds = choose_confusers(confusers)
    timeline = None if match is None else _real_timeline(match, open_data, seed, minutes)
    score = plan_match(seed, timeline, minutes, kinds)
    truth_file = out.with_name(out.stem + ".events.json")
    for file in (out, truth_file):
        if file.exists() and not force:
            raise UsageError(f"{file} is there already", "Choose another name, or replace it with --force.")
    with shown_on_stderr() as progress:
        write_flac(SimulatedMatch(score, out.name), out, progress)
    write_truth(truth_of(score), truth_file, overwrite=True)


def _real_timeline(match: int, open_data: Path | None, seed: int, minutes: float | None) -> "Timeline":
    """The events of a real match on the clock of a recording that starts shortly before kick-off."""
    from engine.football import statsbomb
    from engine.simulator.match import draws_for
    from engine.simulator.real_timeline import to_timeline
    from engine.simulator.timeline import cut

    events = statsbomb.load_online(match) if open_data is None else statsbomb.load_from_folder(open_data, match)
    rng = draws_for(seed, "pauses")
    timeline = to_timeline(
        events,
        rng.uniform(60.0, 600.0) if minutes is None else 5.0,
        rng.uniform(720.0, 1200.0),
        rng.uniform(60.0, 240.0),
    )
    return timeline if minutes is None else cut(timeline, 0.0, minutes * 60.0)
