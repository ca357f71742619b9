"""From a session and a moment in it to an explanation, and the pictures of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from engine.core.signals import Rejected, Spike, WordsEvent
    from engine.explain.explanation import Explanation
    from engine.explain.recent_sound import Recent
    from engine.model.checkpoint import Weights
    from engine.session import SessionReader


def explain_stored(
    folder: Path,
    moment: "float | Spike | Rejected",
    weights: str | None = None,
    with_occlusion: bool = False,
    wanted: Callable[[], bool] = lambda: True,
    tell: "Callable[[Explanation], None]" = lambda draft: None,
) -> "tuple[Explanation, Weights]":
    """Explain a moment (seconds of sound, a spike, or a rejected candidate) of the session in ``folder``.

    ``weights`` names others than those it was heard with; ``wanted`` says whether anybody still waits; ``tell`` is
    called with what is known so far.

    Raises:
        InputError: there is no index at that moment, or its sound was not kept.
        WeightsError: the weights are not installed, or wrong.
    """
    from engine.core.paths import find_paths
    from engine.explain.explanation import explain, moment_of_spike, weights_of_session
    from engine.model.checkpoint import load
    from engine.model.installed_weights import find_weights, weights_folders
    from engine.session import SessionReader

    folders = weights_folders(find_paths())
    with SessionReader.open(folder) as reader:
        t = moment if isinstance(moment, float) else moment_of_spike(reader, moment)
        if not reader.segments():
            raise InputError(
                f"session {reader.name} kept no sound, so it can't be heard again", "Record with --sound to keep it."
            )
        found = find_weights(weights, folders) if weights else weights_of_session(reader, folders)
        loaded = load(found)
        return explain(reader, loaded, t, with_occlusion, wanted, tell), loaded


def explain_recent(
    recent: "Recent",
    weights: Path,
    moment: "float | Spike | Rejected",
    wanted: Callable[[], bool] = lambda: True,
    tell: "Callable[[Explanation], None]" = lambda draft: None,
) -> "Explanation":
    """Explain a moment of what a run that is going on has just heard; as ``explain_stored``, from memory.

    ``weights``: the folder of those that listen. They are read anew, apart from them.
    """
    from engine.model.checkpoint import load

    return recent.explain(load(weights), moment, wanted, tell)


def spike_number(reader: "SessionReader", number: int) -> "Spike":
    """The spike ``number`` of a session, counted from 1 by time. Raises ``InputError`` where there is none."""
    spikes = sorted(reader.spikes(), key=lambda spike: spike.onset)
    if not 1 <= number <= len(spikes):
        count = f"{len(spikes)} spike{'' if len(spikes) == 1 else 's'}" if spikes else "no spike"
        raise InputError(
            f"session {reader.name} has {count}, so there is no number {number}",
            f"'momentum sessions show {reader.name}' lists them; --at 12:34 explains any moment.",
        )
    return spikes[number - 1]


def moment_of(folder: Path, at: str | None, number: int | None) -> "float | Spike":
    """The moment that is meant: ``at`` as a person writes a time, the spike ``number``, or else the highest spike.

    Raises:
        UsageError: both are given, or the time is none.
        InputError: there is no such spike.
    """
    from engine.app.export_session import seconds_of
    from engine.session import SessionReader

    if at is not None and number is not None:
        raise UsageError("--at and --spike name two moments", "Give one of them.")
    if at is not None:
        return seconds_of(at)
    with SessionReader.open(folder) as reader:
        if number is not None:
            return spike_number(reader, number)
        spikes = reader.spikes()
        if not spikes:
            raise InputError(f"session {reader.name} has no spike", "Name a moment: --at 12:34.")
        return max(spikes, key=lambda spike: spike.peak_pressure)


def said_there(folder: Path, moment: "float | Spike") -> "WordsEvent | None":
    """What the session's commentator said to confirm a spike; None of another moment, and without a commentary."""
    from engine.core.said_events import confirming
    from engine.session import SessionReader

    if isinstance(moment, float):
        return None
    with SessionReader.open(folder) as reader:
        return confirming(moment, reader.said())


@dataclass(frozen=True, slots=True)
class PictureWanted:
    """Where a picture goes, and what writes it there: path, explanation, title."""

    path: Path
    write: "Callable[[Path, Explanation, str], None]"


def pictures_wanted(svg: Path | None, png: Path | None, force: bool) -> tuple[list[PictureWanted], UsageError | None]:
    """The pictures that can be written, and why there can be no PNG beside the SVG.

    What would stop all of them is raised, before anything is computed.

    Raises:
        UsageError: a PNG alone, and Pillow is missing.
        InputError: a file is there, and not to be replaced (``force``).
    """
    from engine.explain import picture

    missing = None
    if png is not None:
        try:
            picture.check_png()
        except UsageError as error:
            if svg is None:
                raise
            missing = error
    wanted = []
    for path, write in ((svg, picture.write_svg), (None if missing else png, picture.write_png)):
        if path is None:
            continue
        if path.is_dir():
            raise InputError(f"{path} is a folder", "Name a file.")
        if path.exists() and not force:
            raise InputError(f"{path} exists already", "Add --force to write over it.")
        wanted.append(PictureWanted(path, write))
    return wanted, missing
