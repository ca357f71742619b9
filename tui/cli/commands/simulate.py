"""``momentum simulate``: a match that never was, as sound with its truth beside it, or as a broadcast."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.cluster_option import Cluster
from tui.cli.skipped_and_failed import say_not_done

if TYPE_CHECKING:
    from engine.app.simulate import MatchWanted


def simulate(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.flac",
            help="The sound; the truth goes to OUT.events.json. With --count or --broadcast, a folder.",
        ),
    ],
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
    count: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Write N matches into a folder, of this seed and those after it."),
    ] = None,
    cluster: Cluster = None,
    broadcast: Annotated[
        bool, typer.Option("--broadcast", help="Picture, too: two small videos of shapes on a pitch, and labels.")
    ] = False,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --broadcast: a Labels-v2.json whose events are played.")
    ] = None,
) -> None:
    """Write a simulated match and what is true of it, for tests and for training.

    With --broadcast, OUT is a folder as SoccerNet lays out a game: 1_90p.mp4, 2_90p.mp4, Labels-v2.json; --minutes is
    how much of each half, around a goal where there is one.

    With --count, matches that are whole already are not made again: the same command goes on after a kill.

    Example: momentum simulate match.flac --seed 7 --minutes 5
    """
    from engine.app import simulate as simulator
    from engine.app.simulate_broadcast import BroadcastWanted, simulate_broadcast
    from engine.core.errors import UsageError
    from tui.cli.progress import shown_on_stderr

    if broadcast or labels is not None:
        if not broadcast:
            raise UsageError("--labels is for broadcasts", "Give --broadcast, too.")
        if count is not None or match is not None or open_data is not None or confusers != "all":
            raise UsageError(
                "--broadcast plays a drawn match or --labels",
                "Leave out --count, --match, --open-data and --confusers.",
            )
        made = BroadcastWanted(seed, labels, minutes)
        simulate_broadcast(made, out, shown_on_stderr, force)
        return
    wanted = simulator.MatchWanted(seed, match, open_data, minutes, confusers)
    if count is None and cluster is not None:
        raise UsageError("--cluster is for many matches", "Say how many with --count N.")
    if count is None:
        simulator.simulate(wanted, out, shown_on_stderr, force)
    else:
        _simulate_many(wanted, out, count, cluster, force)


def _simulate_many(wanted: "MatchWanted", folder: Path, count: int, cluster: str | None, force: bool) -> None:
    from train.data.simulated_files import SimulatedFiles
    from train.jobs.run_tasks import Faults, run_tasks
    from train.jobs.workers import check_address, workers_at
    from tui.cli.output import print_lines
    from tui.cli.progress import shown_on_stderr

    check_address(cluster)
    files = SimulatedFiles(folder, wanted, range(wanted.seed, wanted.seed + count), force)
    read = [wanted.open_data] if wanted.open_data else []
    faults = Faults(say_not_done)
    size = 0
    with workers_at(cluster, [files.folder, *read]) as workers, shown_on_stderr() as tell:
        for _, done in run_tasks(files.tasks, workers, tell, "simulating", files, faults):
            size += sum(int(length) for _, length in done["files"])
    files.remove_unfinished()
    print_lines(f"{count - len(faults.found)} matches in {files.folder}, {size / 1e6:.1f} MB")
    faults.raise_if_any(count, "The same command tries them again.")
