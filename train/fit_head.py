"""Fitting the head alone, to a ground's own recordings: the encoder stays as it is, so its embeddings are made once.

The first stage learns from histories drawn half from danger and half from the rest. The second, if asked for, goes over
long stretches as they were, so that the head has seen how much of a match is nothing at all. Matches are judged by
matches not learned from; where there are fewer than three, by other parts of the same matches, and the weights say so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine import grid
from engine.calibration import undo_prior
from engine.errors import UsageError
from engine.model.checkpoint import Weights
from engine.model.network import MlxNetwork
from engine.spikes import SpikeSettings
from train.calibrate import calibrate, choose_thresholds, operating_rows
from train.checking import check_figures, danger_share, scored
from train.dataset import LEAST_MATCHES, TrainingMatch, check_enough, split_folds
from train.fit import Fitted, alarm_note
from train.head_model import (
    HeadModel,
    Histories,
    copy_of_head,
    flat_parameters,
    history_rows,
    nested,
    window_embeddings,
)
from train.labels import Labels, Rule
from train.losses import focal
from train.optimise import Parameters, Progress, Schedule, Stage
from train.predict import Predicted, log_odds, place, predict
from train.run_folder import RunFolder

_PARTS: Final = 4
_SETTLES: Final = round(90.0 / grid.HOP_S)
"""Frames that the front end hears before the first reading of a part."""
_POSITIVE: Final = 0.3


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How to fit. ``histories`` a batch; ``long_steps`` of the second stage, over stretches of ``long_minutes``."""

    seed: int = 0
    folds: int = 5
    histories: int = 64
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=500, learning_rate=5e-4, ema=0.98, check_every=50, patience=5)
    )
    gamma: float = 1.0
    smoothing: float = 0.02
    dropout: float = 0.2
    long_steps: int = 0
    long_minutes: float = 10.0

    def __post_init__(self) -> None:
        if (
            self.folds < 2
            or self.histories < 2
            or self.schedule.steps < 1
            or self.long_steps < 0
            or self.long_minutes <= 0
        ):
            raise UsageError(
                "fitting needs at least two folds, two histories a batch and one step",
                "Leave the setting out to get its default.",
            )


def parts_of(match: TrainingMatch) -> list[TrainingMatch]:
    """A match as several that share no sound: stretches of it, a history's length left out between them."""
    ends, apart = match.labels.ends, grid.WINDOWS + 5
    edges = np.linspace(0, len(ends), _PARTS + 1).astype(int)
    parts = []
    for i, (first, last) in enumerate(pairwise(edges.tolist())):
        rows = slice(first + (apart if i else 0), last)
        labels = match.labels
        cut = Labels(labels.rule, labels.ends[rows], labels.target[rows], labels.weight[rows], labels.truth[rows])
        parts.append(replace(match, id=f"{match.id}#{i + 1}", labels=cut))
    return parts


def head_inputs(
    settings: HeadSettings, rule: Rule, matches: Sequence[TrainingMatch], weights: Weights
) -> dict[str, Any]:
    """All that a run depends on, for its folder."""
    return {
        "settings": asdict(settings),
        "rule": {"name": rule.name},
        "weights": {"name": weights.config.name, "sha256": weights.checksum},
        "matches": {match.id: match.digest for match in matches},
        "simulated": sum(match.drawn for match in matches),
    }


def fit_head(
    weights: Weights,
    matches: Sequence[TrainingMatch],
    rule: Rule,
    settings: HeadSettings,
    run: RunFolder,
    name: str,
    progress: Callable[[Progress], None],
) -> Fitted:
    """Fit the head of ``weights`` to ``matches`` and calibrate it anew.

    Raises ``InputError`` when the matches are too few or of one class.
    """
    by_parts = len(matches) < LEAST_MATCHES
    units = [part for match in matches for part in parts_of(match)] if by_parts else list(matches)
    check_enough(units)
    folds = split_folds(units, min(settings.folds, len(units)), settings.seed)
    # The first fold was dealt to first: where few parts of a match hold danger, one of them is there.
    judging, learning = folds[0], [unit for fold in folds[1:] for unit in fold]
    network = weights.network
    embeddings = {match.id: window_embeddings(network, match) for match in matches}
    served = MlxNetwork(network.front_end, network.encoder, network.head)
    place(served, {f"cnn.{k}": v for k, v in flat_parameters(network.cnn).items()})
    model = HeadModel(copy_of_head(network), settings.dropout)

    def predicted() -> list[Predicted]:
        found = []
        for unit in judging:
            logits = served.logits(embeddings[_whole(unit)][history_rows(unit.ends)])
            found.append(Predicted(unit, unit.end_times_s(), log_odds(logits)))
        return found

    def check(parameters: Parameters) -> Mapping[str, float]:
        place(served, parameters)
        return scored(check_figures(predicted()))

    def loss(model: HeadModel, batch: Histories, key: mx.array) -> mx.array:
        logits = model(mx.array(batch.embeddings), key)
        return focal(logits, mx.array(batch.targets), mx.array(batch.weights), settings.gamma)

    draw = _Draw(learning, embeddings, settings)
    stages = [("head", settings.schedule, draw.balanced)]
    if settings.long_steps:
        slow = replace(settings.schedule, steps=settings.long_steps, learning_rate=settings.schedule.learning_rate / 5)
        stages.append(("long", slow, draw.stretch))
    for stage, schedule, batch in stages:
        best = Stage(
            run.stage(stage), model, schedule, settings.seed, batch, loss, check, progress, items=settings.histories
        ).run()
        place(served, best)
        model.update(nested(best))
    true_share = danger_share(learning)
    trained_share = true_share if settings.long_steps else 0.5
    found = predicted()
    calibration = calibrate(found, undo_prior(trained_share, true_share))
    live = [predict_live(served, unit) for unit in judging]
    spikes, points = choose_thresholds(live, calibration, rule, SpikeSettings())
    config = replace(
        weights.config,
        name=name,
        trained=True,
        label_rule=rule.name,
        calibration=calibration,
        spikes=spikes,
        operating_points=operating_rows(points),
        measured={
            "on": "other parts of the same matches" if by_parts else "matches that were not learned from",
            "matches": len({_whole(unit) for unit in judging}),
            "learned_from_matches": len({_whole(unit) for unit in learning}),
            "encoder_of": weights.config.name,
            **{key: round(value, 4) for key, value in check_figures(found).items()},
            **alarm_note(points),
        },
        seen=tuple(sorted({*weights.config.seen, *(match.mark for match in matches)})),
    )
    return Fitted(config, served)


def predict_live(network: MlxNetwork, unit: TrainingMatch) -> Predicted:
    """Log-odds over a match or a part of one, as many readings a second as the program makes when it listens.

    Alarms are decided on those: at one reading a window hop most would be missed.
    """
    first = max(0, int(unit.ends[0]) - grid.HISTORY_FRAMES - _SETTLES)
    last = int(unit.ends[-1])
    heard = replace(unit, frames=last - first, read=lambda begin, end: unit.read(first + begin, first + end))
    odds = predict(network, [heard], grid.READING_FRAMES)[0]
    times_s = odds.times_s + first * grid.HOP_S
    mine = times_s >= unit.end_times_s()[0]
    return Predicted(unit, times_s[mine], odds.log_odds[mine], (float(times_s[mine][0]), float(times_s[-1])))


def _whole(unit: TrainingMatch) -> str:
    return unit.id.split("#")[0]


class _Draw:
    """Draws batches of histories from cached embeddings."""

    def __init__(
        self, units: Sequence[TrainingMatch], embeddings: Mapping[str, NDArray[np.float32]], settings: HeadSettings
    ) -> None:
        self._units = units
        self._embeddings = embeddings
        self._settings = settings
        kept = [(i, np.flatnonzero(unit.labels.weight > 0)) for i, unit in enumerate(units)]
        danger = [(i, row) for i, rows in kept for row in rows if units[i].labels.target[row] >= _POSITIVE]
        calm = [(i, row) for i, rows in kept for row in rows if units[i].labels.target[row] < _POSITIVE]
        self._danger, self._calm = np.array(danger), np.array(calm)

    def balanced(self, rng: np.random.Generator) -> Histories:
        """Half danger, half calm."""
        half = self._settings.histories // 2
        chosen = np.concatenate(
            [group[rng.integers(len(group), size=half)] for group in (self._danger, self._calm) if len(group)]
        )
        parts = [self._histories(int(i), np.array([row])) for i, row in chosen]
        return _joined(parts)

    def stretch(self, rng: np.random.Generator) -> Histories:
        """One long stretch of one match, as it was."""
        which = int(rng.integers(len(self._units)))
        length = max(1, round(self._settings.long_minutes * 60.0 / (grid.WINDOW_HOP_FRAMES * grid.HOP_S)))
        count = len(self._units[which].ends)
        first = int(rng.integers(max(1, count - length)))
        return self._histories(which, np.arange(first, min(first + length, count)))

    def _histories(self, which: int, rows: NDArray[np.int64]) -> Histories:
        unit = self._units[which]
        taken = self._embeddings[_whole(unit)][history_rows(unit.ends[rows])]
        smoothing = self._settings.smoothing
        targets = smoothing / 2 + (1 - smoothing) * unit.labels.target[rows]
        return Histories(taken, targets.astype(np.float32), unit.labels.weight[rows])


def _joined(parts: Sequence[Histories]) -> Histories:
    return Histories(
        np.concatenate([part.embeddings for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )
