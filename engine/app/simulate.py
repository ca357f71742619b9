"""A match that never was, as sound with its truth beside it: what ``simulate`` does, whoever asks for it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.telling import Progress
    from engine.simulator.timeline import Timeline


@dataclass(frozen=True, slots=True)
class MatchWanted:
    """Which match is made up.

    seed: its ground, crowd and course. match: the StatsBomb id of a real one whose events are played, from the folder
    ``open_data``, or online. minutes: how much of it; None for all. confusers: other sounds, ``all``, ``none`` or names
    with commas between.
    """

    seed: int = 0
    match: int | None = None
    open_data: Path | None = None
    minutes: float | None = None
    confusers: str = "all"


def simulate(
    wanted: MatchWanted, out: Path, shown: "Callable[[], AbstractContextManager[Progress]]", force: bool = False
) -> None:
    """Write the sound to ``out`` (FLAC) and its truth beside it, OUT.events.json.

    ``shown`` gives what the progress is told to, once there is some. ``force``: files that are there are replaced.

    Raises:
        UsageError: for a name, a choice, or a file that is there; before any sound is made.
        MomentumError: the real match can't be had, or the folder not be written to.
    """
    from engine.app.write_sound import write_flac
    from engine.simulator.confuser_schedule import choose_confusers
    from engine.simulator.match import SimulatedMatch, plan_match
    from engine.simulator.truth import truth_file_of, truth_of, write_truth

    if out.suffix.lower() != ".flac":
        raise UsageError(f"{out.name} is not named as a FLAC file", "Give a name that ends in .flac.")
    if wanted.open_data is not None and wanted.match is None:
        raise UsageError("--open-data without a match", "Name one with --match ID.")
    kinds = choose_confusers(wanted.confusers)
    timeline = None if wanted.match is None else _real_timeline(wanted.match, wanted)
    score = plan_match(wanted.seed, timeline, wanted.minutes, kinds)
    truth_file = truth_file_of(out)
    for file in (out, truth_file):
        if file.exists() and not force:
            raise UsageError(f"{file} is there already", "Choose another name, or replace it with --force.")
    with shown() as progress:
        write_flac(SimulatedMatch(score, out.name), out, progress)
    try:
        write_truth(truth_of(score), truth_file, overwrite=True)
    except BaseException:
        truth_file.unlink(missing_ok=True)  # what is there is of another sound
        raise


def _real_timeline(match: int, wanted: MatchWanted) -> "Timeline":
    """The events of a real match on the clock of a recording that starts shortly before kick-off."""
    from engine.football import statsbomb
    from engine.simulator.match import draws_for
    from engine.simulator.real_timeline import to_timeline
    from engine.simulator.timeline import cut

    folder, minutes = wanted.open_data, wanted.minutes
    events = statsbomb.load_online(match) if folder is None else statsbomb.load_from_folder(folder, match)
    rng = draws_for(wanted.seed, "pauses")
    timeline = to_timeline(
        events,
        rng.uniform(60.0, 600.0) if minutes is None else 5.0,
        rng.uniform(720.0, 1200.0),
        rng.uniform(60.0, 240.0),
    )
    return timeline if minutes is None else cut(timeline, 0.0, minutes * 60.0)
