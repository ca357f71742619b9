"""Many simulated matches as sound files with their truth: a task each, in a folder that says what it holds.

The truth of a match is written after its sound, so a match that has one is whole, and a job that was stopped goes on.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from engine.app.simulate import MatchWanted, simulate
from engine.core.errors import InputError, UsageError
from engine.core.files import private_folder, remove_unfinished, write_whole_json
from engine.core.telling import Progress
from engine.simulator.truth import truth_file_of
from train.jobs.same_program import this_program
from train.jobs.task import Result, Task

CLAIM: Final = "simulated.json"
"""What all matches of a folder have in common, and what made them."""


@dataclass(frozen=True, slots=True)
class FileWanted:
    """A simulated match and the file that it goes to."""

    wanted: MatchWanted
    file: Path

    @property
    def truth(self) -> Path:
        return truth_file_of(self.file)


def simulate_file(given: FileWanted) -> Result:
    """Sound and truth of one match, in place of what is there of it. Returns their names and sizes in bytes.

    A worker that seemed to be lost may do the same just now: each writes files of its own, the same to the bit.
    """
    simulate(given.wanted, given.file, _nobody_told, force=True)
    return _sizes(given)


class SimulatedFiles:
    """The matches in a folder: what is there is a result that is kept, and need not be made again.

    Args:
        folder: made if missing; one that holds anything else is refused.
        wanted: what each match is, but for its seed.
        force: what is there is made anew.

    Raises:
        UsageError: the folder holds other files, or matches that were wanted otherwise.
    """

    def __init__(self, folder: Path, wanted: MatchWanted, seeds: range, force: bool = False) -> None:
        self.folder = private_folder(folder.absolute())
        if wanted.open_data is not None:
            wanted = replace(wanted, open_data=wanted.open_data.absolute())
        files = [FileWanted(replace(wanted, seed=seed), self.folder / f"match-{seed}.flac") for seed in seeds]
        claim = _claim(wanted)
        self.tasks = [Task(one.file.name, simulate_file, one, {**claim, "seed": one.wanted.seed}) for one in files]
        self._files = dict(zip((task.key for task in self.tasks), files, strict=True))
        self._take(claim, force)

    def get(self, key: str) -> Result | None:
        """What is there of a match, None where it is not whole."""
        one = self._files[key]
        try:
            json.loads(one.truth.read_text(encoding="utf-8"))
            return _sizes(one)
        except (OSError, ValueError):
            return None

    def put(self, key: str, result: Result) -> None:
        """Nothing: the files are the result."""

    def remove_unfinished(self) -> None:
        """Remove what workers that were killed left behind; what somebody is writing stays."""
        files = self._files.values()
        remove_unfinished(self.folder, {one.file.name for one in files} | {one.truth.name for one in files})

    def _take(self, claim: dict[str, Any], force: bool) -> None:
        file = self.folder / CLAIM
        if force:
            for one in self._files.values():
                one.truth.unlink(missing_ok=True)
        elif not file.exists() and any(self.folder.iterdir()):
            raise UsageError(f"{self.folder} holds other files", "Choose a folder that is empty or not there.")
        elif file.exists() and _read(file) != claim:
            raise UsageError(
                f"{self.folder} holds matches that were simulated otherwise",
                "Give the same options as then, another folder, or --force to make these anew.",
            )
        write_whole_json(file, claim)


def _claim(wanted: MatchWanted) -> dict[str, Any]:
    what = {name: value for name, value in asdict(wanted).items() if name not in ("seed", "open_data")}
    return {"matches": what, "made_with": this_program()}


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{file} can't be read: {fault}", "Choose another folder, or --force.") from fault


def _sizes(one: FileWanted) -> Result:
    return {"files": [[file.name, file.stat().st_size] for file in (one.file, one.truth)]}


@contextmanager
def _nobody_told() -> Iterator[Progress]:
    yield lambda step, done, total, note="": None
