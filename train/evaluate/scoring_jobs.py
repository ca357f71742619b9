"""What each scorer makes of each match, as a task a match: the longest part of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from engine.core.errors import InputError, WeightsError
from engine.core.paths import find_paths
from engine.model.checkpoint import Weights, load
from engine.model.installed_weights import find_weights, weights_folders
from train.data.matches import TrainingMatch
from train.data.soft_targets import SoftTargets
from train.evaluate.baselines import Boosting
from train.evaluate.predictions import INDEX, Scorer, baselines_of, index_of, scores_of
from train.jobs.same_program import this_program
from train.jobs.task import Result, Task

_HEARD_BEFORE: Final = 4


class Listeners:
    """All that scores a match: the index of ``weights``, and the baselines with their ``boosting``.

    To another process the weights travel by name and checksum, and are read from the disk there.
    """

    def __init__(
        self,
        weights: Weights,
        boosting: Mapping[str, Boosting],
        step: int,
        seed: int,
        soft_targets: SoftTargets | None,
        taught_by: Sequence[str],
    ) -> None:
        self.weights = weights
        self.boosting = dict(boosting)
        self.step = step
        self.seed = seed
        self.soft_targets = soft_targets
        self.taught_by = sorted(taught_by)

    @property
    def scorers(self) -> dict[str, Scorer]:
        """By name, the index first."""
        index = index_of(self.weights.network, self.weights.config.calibration, self.step)
        return {INDEX: index, **baselines_of(self.boosting, self.seed)}

    @property
    def made_from(self) -> dict[str, Any]:
        """As JSON, all that the scores of a match depend on beside the match."""
        return {
            "weights": self.weights.checksum,
            "calibration": repr(self.weights.config.calibration),
            "taught_by": self.taught_by,
            "boosting": sorted(self.boosting),
            "step": self.step,
            "seed": self.seed,
            "made_with": this_program(),
        }

    def __reduce__(self) -> tuple[Any, ...]:
        weights = self.weights
        where = (weights.config.name, str(weights.folder.absolute()), weights.checksum)
        return _arrived, (where, self.boosting, self.step, self.seed, self.soft_targets, self.taught_by)


@dataclass(frozen=True, slots=True)
class ScoreWanted:
    """A match to be heard, and by whom."""

    match: TrainingMatch
    listeners: Listeners


def score(given: ScoreWanted) -> Result:
    """The scores of a match by the names of the scorers. Raises ``InputError`` where its frames can't be read."""
    listeners = given.listeners
    try:
        scores = scores_of(given.match, listeners.scorers, listeners.step, listeners.soft_targets)
    except (OSError, ValueError) as fault:
        raise InputError(f"{given.match.id} can't be read: {fault}", "See that its files are whole.") from fault
    return dict(scores)


def score_tasks(matches: Sequence[TrainingMatch], listeners: Listeners) -> list[Task]:
    """A task for each of ``matches``."""
    shared = listeners.made_from
    return [
        Task(match.id, score, ScoreWanted(match, listeners), {**shared, "match": match.id, "frames": match.digest})
        for match in matches
    ]


def _arrived(where: tuple[str, str, str], *others: Any) -> Listeners:
    return Listeners(_same_weights(*where), *others)


@lru_cache(maxsize=_HEARD_BEFORE)
def _same_weights(name: str, folder: str, checksum: str) -> Weights:
    """The weights with this checksum, from the same folder as over there or by their name.

    Raises ``WeightsError`` where there are none, or others.
    """
    folders = weights_folders(find_paths())
    weights = load(Path(folder) if Path(folder).is_dir() else find_weights(name, folders))
    if weights.checksum != checksum:
        raise WeightsError(
            f"a worker has other weights {name!a} ({weights.checksum[:12]}…, here {checksum[:12]}…)",
            "Install the same on all machines, or give a folder that all of them see.",
        )
    return weights
