"""New weights against those they came from, on what was kept out of the fit, with intervals by whole units.

One figure decides: how well danger is ordered (ROC-AUC). Few matches hold few alarms, and a count of alarms of a few
matches swings with single events.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

from engine.model.checkpoint import Weights as Checkpoint
from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch, split_folds
from train.fit.predict import predict
from train.metrics.bootstrap import Interval, Weights, draws_of, interval
from train.metrics.ranking import Flags, Scores, exact_levels, roc_auc

LEAST_COMPARED: Final = 5
"""Four matches all come out alike by chance once in eight: an interval drawn from them would say more than it knows."""
LEAST_KEPT: Final = 3 * LEAST_COMPARED
"""From so many matches on a third or less is enough to test a whole training on."""
_DRAWS: Final = 2000
_SEED: Final = 17

Verdict = Literal["better", "no better", "worse", "not judged"]
Logits = Callable[[TrainingMatch], Scores]


@dataclass(frozen=True, slots=True)
class Compared:
    """``verdict`` on new weights against those called ``against``.

    ``new`` and ``old`` are the ROC-AUC of danger, ``low`` to ``high`` the 95 % interval of their ``difference``, over
    ``count`` of ``units``. ``why`` says what kept it from being judged; empty where it was.
    """

    against: str
    verdict: Verdict
    count: int
    units: str
    new: float | None = None
    old: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""

    def sentence(self, name: str) -> str:
        """The verdict in a sentence."""
        if self.verdict == "not judged":
            return f"{name} was not judged against {self.against}: {self.why}"
        return (
            f"{name} is {self.verdict} than {self.against} on {self.count} {self.units}: ROC-AUC of danger "
            f"{self.new:.3f} against {self.old:.3f}, difference {self.difference:+.3f} "
            f"(95 %: {self.low:+.3f} to {self.high:+.3f})"
        )

    def to_json(self, accepted: bool) -> dict[str, Any]:
        """What the weights' config keeps; ``accepted`` says that somebody installed them whatever the verdict."""
        rounded = {key: round(value, 5) if isinstance(value, float) else value for key, value in asdict(self).items()}
        return {**rounded, "accepted": accepted}


def by_match(against: str, matches: Sequence[TrainingMatch], new: Logits, old: Logits) -> Compared:
    """Compare the mean over ``matches`` of the ROC-AUC of danger; ``new`` and ``old`` give log-odds at a match's ends.

    Within a match only the order counts, so a match can be read by another fit than its neighbour. Matches without
    danger, or with nothing else, say nothing.
    """
    scored = [(_auc(match, new(match)), _auc(match, old(match))) for match in matches]
    areas = np.array([pair for pair in scored if np.isfinite(pair).all()]).reshape(-1, 2)
    if len(areas) < LEAST_COMPARED:
        return not_compared(
            against, f"{len(areas)} matches with danger were kept out of the fit, and {LEAST_COMPARED} are needed",
            len(areas), "matches kept out of the fit",
        )  # fmt: skip
    first, second = areas[:, 0], areas[:, 1]

    def difference(weights: Weights) -> float:
        return float(weights @ (first - second) / weights.sum())

    return _compared(against, first.mean(), second.mean(), difference, len(areas), "matches kept out of the fit")


def by_review(against: str, right: Flags, new: Scores, old: Scores) -> Compared:
    """Compare how well scores of reviewed spikes (n,) tell the right from the wrong; draws are of spikes."""

    def area(scores: Scores, weights: Weights) -> float:
        return roc_auc(exact_levels(scores, right, weights))

    def difference(weights: Weights) -> float:
        return area(new, weights) - area(old, weights)

    once = np.ones(len(right))
    return _compared(
        against, area(new, once), area(old, once), difference, len(right), "reviewed spikes, each kept out of a fit"
    )


def not_compared(against: str, why: str, count: int = 0, units: str = "matches") -> Compared:
    """Nothing could be said."""
    return Compared(against, "not judged", count, units, why=why)


def keep_out(matches: Sequence[TrainingMatch], seed: int) -> tuple[list[TrainingMatch], list[TrainingMatch]]:
    """Matches to train on, and others that have no part in the training; of fewer than ``LEAST_KEPT`` none is kept.

    A tenth is kept out, ``LEAST_COMPARED`` at least, those with danger first.
    """
    if len(matches) < LEAST_KEPT:
        return list(matches), []
    test_matches = split_folds(matches, len(matches) // max(LEAST_COMPARED, len(matches) // 10), seed)[0]
    return [match for match in matches if match not in test_matches], test_matches


def compare_networks(old: Checkpoint, network: MlxNetwork, test_matches: Sequence[TrainingMatch]) -> Compared:
    """Compare a network with ``old`` on matches that had no part in it, but for those that ``old`` has seen."""
    fair = [match for match in test_matches if match.mark not in set(old.config.seen)]
    return by_match(
        old.config.name,
        fair,
        lambda match: predict(network, [match])[0].log_odds,
        lambda match: predict(old.network, [match])[0].log_odds,
    )


def _compared(
    against: str, new: float, old: float, difference: Callable[[Weights], float], count: int, units: str
) -> Compared:
    found = interval(difference, draws_of(count, _DRAWS, np.random.default_rng(_SEED)))
    return Compared(
        against, _verdict(found), count, units, float(new), float(old), found.value, found.low, found.high
    )  # fmt: skip


def _verdict(found: Interval) -> Verdict:
    if found.low is None or found.high is None:
        return "no better"
    if found.low > 0:
        return "better"
    return "worse" if found.high < 0 else "no better"


def _auc(match: TrainingMatch, log_odds: Scores) -> float:
    kept = match.labels.weight > 0
    return roc_auc(exact_levels(log_odds[kept], match.labels.truth[kept]))
