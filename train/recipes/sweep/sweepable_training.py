"""What a sweep asks of the kind of training that it sweeps, so that there is one sweep for all kinds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.recipes.sweep.space import Space, Value


class TrialTraining(Protocol):
    """One training, with all that it learns from at hand."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """All that it depends on, for its run folder."""
        ...

    def curve(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
        """Where its score stood so far, by the rows of the checks: (step, score); steps are the same in all trials."""
        ...

    def run(self, folder: RunFolder, tell: Callable[[Progress], None]) -> tuple[float, Mapping[str, float]]:
        """Train, or go on; return the score, higher is better, and other figures.

        Raises ``MomentumError`` where it can't be done.
        """
        ...


class Learner(Protocol):
    """What travels to whoever does a trial, and opens there what is to be learned from."""

    def training(self, params: Mapping[str, Value], seed: int) -> TrialTraining:
        """That of one trial. Raises ``MomentumError`` where files changed, or the settings are impossible."""
        ...


class Swept(Protocol):
    """A space, all that its trials learn from and are chosen by, and the words in which to tell it."""

    @property
    def space(self) -> Space: ...

    @property
    def learner(self) -> Learner: ...

    def claim(self) -> Mapping[str, Any]:
        """As JSON, all that a trial depends on beside space and seed: another sweep does not go on in its folder."""
        ...

    def report(self) -> Mapping[str, Any]:
        """The same for a report: what was trained on, chosen by and not opened."""
        ...

    def rests_on(self) -> Sequence[str]:
        """That in sentences."""
        ...

    @property
    def score_is(self) -> str:
        """What the score is, as a sentence."""
        ...

    def train_with(self, best: Path) -> str:
        """The command that trains with the settings in ``best``."""
        ...


def rests_on_choice(trained_on: str, chosen_by: str) -> str:
    """What every choice among many has to be told with, as a sentence; both are counts with their noun."""
    return (
        f"Each trial was trained on {trained_on}. The choice was made on {chosen_by} alone: of so many trials the best "
        "one's score there is better than it will be elsewhere."
    )
