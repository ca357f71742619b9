"""Fitting the head alone, to a ground's own recordings: the encoder stays as it is, so its embeddings are made once.

The first stage is fitted to histories drawn half from danger and half from the rest. The second, if asked for, goes
over long stretches as they were, so that the head has seen how much of a match is nothing at all. It validates on
matches not trained on; where there are fewer than three, on other parts of the same matches, and the weights say so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any, Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.live.spike_detector import SpikeSettings
from engine.model.calibration import undo_prior
from engine.model.checkpoint import Weights
from engine.model.network import MlxNetwork
from train.data.labels import Labels, Rule
from train.data.matches import LEAST_MATCHES, TrainingMatch, check_enough, danger_share, split_folds
from train.fit.calibration import calibrate, choose_thresholds, operating_rows
from train.fit.compare_weights import LEAST_COMPARED, Compared, by_match, not_compared
from train.fit.fitted import Fitted, alarm_note
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Parameters, Progress, Trainer
from train.fit.network.head_model import (
    Examples,
    HeadModel,
    copy_of,
    copy_of_head,
    history_rows,
    nested,
    window_embeddings,
)
from train.fit.network.losses import focal
from train.fit.predict import Predicted, load_parameters, log_odds, predict
from train.fit.reviewed.reviewed_sessions import SETTLES_FRAMES
from train.fit.sampling.histories import HistorySampler, id_of_whole
from train.fit.settings import HeadSettings
from train.fit.validation import check_figures, scored

_PARTS: Final = 4
_ROTATIONS: Final = 3


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
    settings: HeadSettings,
    rule: Rule,
    matches: Sequence[TrainingMatch],
    weights: Weights,
    reviewed: Sequence[TrainingMatch] = (),
) -> dict[str, Any]:
    """All that a run depends on, for its folder."""
    return {
        "settings": asdict(settings),
        "rule": {"name": rule.name},
        "weights": {"name": weights.config.name, "sha256": weights.checksum},
        "matches": {match.id: match.digest for match in matches},
        "simulated": sum(match.simulated for match in matches),
        **({"reviewed": {unit.id: unit.digest for unit in reviewed}} if reviewed else {}),
    }


def fit_head(
    weights: Weights,
    matches: Sequence[TrainingMatch],
    rule: Rule,
    settings: HeadSettings,
    run: RunFolder,
    name: str,
    progress: Callable[[Progress], None],
    reviewed: Sequence[TrainingMatch] = (),
) -> Fitted:
    """Fit the head of ``weights`` to ``matches``, calibrate it anew, and compare it with the head it was.

    Sessions that were ``reviewed`` are trained on beside them, and nothing is validated on them: of most of their
    moments nobody knows what they were. Raises ``InputError`` when the matches are too few or of one class.
    """
    by_parts = len(matches) < LEAST_MATCHES
    units = [part for match in matches for part in parts_of(match)] if by_parts else list(matches)
    check_enough(units)
    folds = split_folds(units, min(settings.folds, len(units)), settings.seed)
    # The first fold was dealt to first: where few parts of a match hold danger, one of them is there.
    val_matches, train_matches = folds[0], [unit for fold in folds[1:] for unit in fold]
    fitting = _Fitting(weights, [*matches, *reviewed], settings, run, progress)
    served = fitting.fit([*train_matches, *reviewed], val_matches)
    compared = _compare(weights, matches, reviewed, fitting) if not by_parts else _too_few(weights, len(matches))
    true_share = danger_share(train_matches)
    trained_share = true_share if settings.long_steps else 0.5
    found = fitting.predicted(served, val_matches)
    calibration = calibrate(found, undo_prior(trained_share, true_share))
    live = [predict_live(served, unit) for unit in val_matches]
    spikes, points = choose_thresholds(live, calibration, rule, SpikeSettings())
    reviews = sum(len(unit.reviews) for unit in reviewed)
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
            "matches": len({id_of_whole(unit) for unit in val_matches}),
            "learned_from_matches": len({id_of_whole(unit) for unit in train_matches}),
            **({"learned_from_reviewed_spikes": reviews} if reviews else {}),
            "encoder_of": weights.config.name,
            **{key: round(value, 4) for key, value in check_figures(found).items()},
            **alarm_note(points, spikes),
        },
        seen=tuple(sorted({*weights.config.seen, *(match.mark for match in (*matches, *reviewed))})),
    )
    return Fitted(config, served, compared)


class _Fitting:
    """Fits of one head to different matches, from embeddings that are made once."""

    def __init__(
        self,
        weights: Weights,
        matches: Sequence[TrainingMatch],
        settings: HeadSettings,
        run: RunFolder,
        progress: Callable[[Progress], None],
    ) -> None:
        self._network = weights.network
        self._embeddings = {match.id: window_embeddings(self._network, match) for match in matches}
        self._settings = settings
        self._run = run
        self._progress = progress

    def fit(
        self,
        train_matches: Sequence[TrainingMatch],
        val_matches: Sequence[TrainingMatch],
        name: str = "",
        steps: int = 0,
    ) -> MlxNetwork:
        """A head fitted to ``train_matches``, the best by ``val_matches``; without any of those after ``steps``."""
        settings = self._settings
        served = self.base()
        model = HeadModel(copy_of_head(self._network), settings.dropout)

        def check(parameters: Parameters) -> Mapping[str, float]:
            load_parameters(served, parameters)
            return scored(check_figures(self.predicted(served, val_matches)))

        def loss(model: HeadModel, batch: Examples, key: mx.array) -> mx.array:
            logits = model(mx.array(batch.inputs), key)
            return focal(logits, mx.array(batch.targets), mx.array(batch.weights), settings.gamma)

        sampler = HistorySampler(train_matches, self._embeddings, settings)
        first = replace(settings.schedule, steps=steps) if steps else settings.schedule
        stages = [("head", first, sampler.balanced)]
        if settings.long_steps:
            rate = settings.schedule.learning_rate / 5
            slow = replace(settings.schedule, steps=settings.long_steps, learning_rate=rate)
            stages.append(("long", slow, sampler.stretch))
        for stage, schedule, batch in stages:
            state = self._run.stage(stage + name)
            best = Trainer(
                state, model, schedule, settings.seed, batch, loss, check if val_matches else None, self._progress,
                items=settings.histories,
            ).run()  # fmt: skip
            load_parameters(served, best)
            model.update(nested(best))
        return served

    def base(self) -> MlxNetwork:
        """A copy of the network that all fits begin from."""
        return copy_of(self._network)

    def best_steps(self) -> int:
        """After how many steps the fit that was validated was at its best."""
        rows = [row for row in self._run.metrics() if row["stage"] == "head"]
        return int(max(rows, key=lambda row: (row.get("score", 0.0), -row["step"]))["step"])

    def predicted(self, network: MlxNetwork, units: Sequence[TrainingMatch]) -> list[Predicted]:
        """Log-odds at the units' own ends."""
        return [Predicted(unit, unit.end_times_s(), self.odds(network, unit)) for unit in units]

    def odds(self, network: MlxNetwork, unit: TrainingMatch) -> NDArray[np.float64]:
        """The same of one unit, (ends,)."""
        return log_odds(network.logits(self._embeddings[id_of_whole(unit)][history_rows(unit.ends)]))


def _compare(
    weights: Weights, matches: Sequence[TrainingMatch], reviewed: Sequence[TrainingMatch], fitting: _Fitting
) -> Compared:
    """New head against old on every match that the old one has not seen, each read by a fit that did without it.

    The fit itself has seen all matches but those that stopped it. So the fit is repeated without each third of them,
    for as many steps as it took at first.
    """
    against = weights.config.name
    seen = set(weights.config.seen)
    unseen = [match for match in matches if match.mark not in seen and match.labels.truth.any()]
    if len(unseen) < LEAST_COMPARED:
        return _too_few(weights, len(unseen))
    steps = fitting.best_steps()
    fits: dict[str, MlxNetwork] = {}
    for number, left_out in enumerate(split_folds(matches, _ROTATIONS, 0)):
        train_matches = [match for match in matches if match not in left_out]
        if any((match.labels.truth & (match.labels.weight > 0)).any() for match in train_matches):
            network = fitting.fit([*train_matches, *reviewed], [], f"-without-{number}", steps)
            fits |= {match.id: network for match in left_out}
    old = fitting.base()
    compared = [match for match in unseen if match.id in fits]
    return by_match(against, compared, lambda m: fitting.odds(fits[m.id], m), lambda m: fitting.odds(old, m))


def _too_few(weights: Weights, matches: int) -> Compared:
    against = weights.config.name
    why = f"{matches} match(es) with danger that {against} has not learned from, and {LEAST_COMPARED} are needed"
    return not_compared(against, why)


def predict_live(network: MlxNetwork, unit: TrainingMatch) -> Predicted:
    """Log-odds over a match or a part of one, as many readings a second as the program makes when it listens.

    Alarms are decided on those: at one reading a window hop most would be missed.
    """
    first = max(0, int(unit.ends[0]) - grid.HISTORY_FRAMES - SETTLES_FRAMES)
    last = int(unit.ends[-1])
    sound = replace(unit, frames=last - first, read=lambda begin, end: unit.read(first + begin, first + end))
    odds = predict(network, [sound], grid.READING_FRAMES)[0]
    times_s = odds.times_s + first * grid.HOP_S
    mine = times_s >= unit.end_times_s()[0]
    return Predicted(unit, times_s[mine], odds.log_odds[mine], (float(times_s[mine][0]), float(times_s[-1])))
