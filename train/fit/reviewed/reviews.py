"""Fitting a head to reviewed spikes alone: a few dozen words of a person on where the index was right.

Little may move for so few words. So the fit is short, each moment that nobody reviewed, neither danger nor calm, is to
stay what it was by the weights before, and the head goes a part of the way only: a fit all the way takes what a wrong
spike had in common with the quietest cries out of these too, and no alarm line reaches them any more.

Everything that is chosen or measured (calibration, alarm line, the comparison) comes from fits that did without the
spikes it is chosen by. It speaks of spikes that the weights themselves had raised, or had nearly: of what they missed,
nobody wrote a review.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import exp, log
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.live.spike_detector import SpikeSettings, at_threshold
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights
from engine.model.head import PressureHead
from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch
from train.data.reviews import enough, review_counts
from train.fit.calibration import NEVER, sane_lines
from train.fit.compare_weights import Compared, by_review, not_compared
from train.fit.fitted import Fitted
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress, Schedule, Trainer
from train.fit.network.head_model import (
    Examples,
    HeadModel,
    copy_of,
    copy_of_head,
    flat_parameters,
    nested,
)
from train.fit.network.losses import focal
from train.fit.predict import load_parameters
from train.fit.reviewed.reviewed_sessions import Floats, SessionHistories, SpikeReadings, log_odds_of, spike_readings
from train.metrics.alarms import decisions_s


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How to fit. ``folds`` of reviews, each validated on a fit without it; ``histories`` a batch, a quarter right, a
    quarter wrong, the rest not reviewed; ``anchor``: how much one of those counts beside one of the others; ``share``:
    how far to go from the tensors before to the fitted ones (Wortsman et al., 2022), 1 all the way.
    """

    seed: int = 0
    folds: int = 4
    histories: int = 32
    schedule: Schedule = field(
        default_factory=lambda: Schedule(
            steps=80, learning_rate=1e-3, warmup=10, weight_decay=0.0, ema=0.95, check_every=80, save_every=40
        )
    )
    anchor: float = 2.0
    dropout: float = 0.2
    smoothing: float = 0.04
    share: float = 0.3


def review_inputs(settings: ReviewSettings, sessions: Sequence[TrainingMatch], weights: Weights) -> dict[str, Any]:
    """All that a run depends on, for its folder."""
    return {
        "settings": asdict(settings),
        "weights": {"name": weights.config.name, "sha256": weights.checksum},
        "matches": {},
        "simulated": 0,
        "reviewed": {session.id: session.digest for session in sessions},
    }


def check_reviews(sessions: Sequence[TrainingMatch]) -> None:
    """Raise ``InputError`` where there are too few reviews, or nearly all of one kind."""
    truth = [review.danger for session in sessions for review in session.reviews]
    right = sum(truth)
    if not enough(right, len(truth) - right):
        raise InputError(
            f"too few to learn from: {review_counts(right, len(truth) - right)}",
            "Review more spikes and add their sessions with 'momentum library add-reviews', or bring in matches.",
        )


def fit_reviews(
    weights: Weights,
    sessions: Sequence[TrainingMatch],
    settings: ReviewSettings,
    run: RunFolder,
    name: str,
    progress: Callable[[Progress], None],
) -> Fitted:
    """Fit the head of ``weights`` to the reviews of ``sessions``, and calibration and alarm line with it.

    Raises ``InputError`` as ``check_reviews`` does.
    """
    spikes = [(number, review) for number, session in enumerate(sessions) for review in session.reviews]
    truth = np.array([review.danger for _, review in spikes], bool)
    check_reviews(sessions)
    right, wrong = int(truth.sum()), int((~truth).sum())
    base = weights.network
    sessions_read = [SessionHistories.of(base, session) for session in sessions]
    readings = [spike_readings(base, sessions[number], review) for number, review in spikes]
    folds = np.arange(len(spikes)) * settings.folds // len(spikes)  # neighbours share sound, so they stay together
    out_of_fold: list[Floats] = []
    for fold in range(settings.folds):
        without = [spike for spike, of in zip(spikes, folds, strict=True) if of == fold]
        kept = [one.without([r for n, r in without if n == number]) for number, one in enumerate(sessions_read)]
        head = _fit(base, kept, settings, run, f"reviews-without-{fold}", progress)
        out_of_fold += [log_odds_of(head, readings[i].histories) for i in np.flatnonzero(folds == fold).tolist()]
    head = _fit(base, sessions_read, settings, run, "reviews", progress)
    served = _served(base, head)
    inside = [odds[one.inside] for odds, one in zip(out_of_fold, readings, strict=True)]
    calibration = shifted(weights.config.calibration, inside, truth)
    own = weights.config.spikes
    at_rest = np.concatenate([_index(calibration, log_odds_of(head, one.histories[one.rest])) for one in sessions_read])
    index = [_index(calibration, odds) for odds in out_of_fold]
    line, found = choose_line([one.times_s for one in readings], index, truth, at_rest, own)
    config = replace(
        weights.config,
        name=name,
        trained=True,
        calibration=calibration,
        spikes=at_line(own, line),
        operating_points=(),
        measured={
            "on": "reviewed spikes that were not learned from",
            "reviewed_right": right,
            "reviewed_wrong": wrong,
            "head_of": weights.config.name,
            **found,
        },
        seen=tuple(sorted({*weights.config.seen, *(session.mark for session in sessions)})),
    )
    return Fitted(config, served, _compare(weights, sessions, truth, out_of_fold, readings))


def shifted(before: Calibration, odds: Sequence[Floats], truth: NDArray[np.bool_]) -> Calibration:
    """``before`` with another offset: over the reviewed spikes the mean index is the share that was right.

    The slope stays: spikes that the index raised lie too near to each other to say how steep it is. ``odds`` are those
    of the readings of each spike; a spike counts once, however long. The share is moved by one spike of each kind, so
    that it is never 0 or 1.
    """
    share = (truth.sum() + 1) / (len(truth) + 2)
    low, high = before.offset - 30.0, before.offset + 30.0
    for _ in range(60):  # bisection of a function that rises
        middle = (low + high) / 2
        mean = np.mean([_index(replace(before, offset=middle), one).mean() for one in odds])
        low, high = (middle, high) if mean < share else (low, middle)
    return replace(before, offset=round((low + high) / 2, 6), fitted=True)


def choose_line(
    times_s: Sequence[Floats], index: Sequence[Floats], truth: NDArray[np.bool_], at_rest: Floats, own: SpikeSettings
) -> tuple[float, dict[str, Any]]:
    """The alarm line with the best F1 over the reviewed spikes, of those sane at rest; and what it gave.

    ``times_s`` and ``index`` are the readings of each spike. Of equals the highest.
    """
    tops = np.unique([one.max() for one in index])
    lines = sane_lines(tops[tops < NEVER], at_rest, lambda on: at_line(own, on))
    best, found = NEVER, {"alarms": "none: no line is left by the index at rest"}
    best_f1 = -1.0
    for line in lines.tolist():
        settings = at_line(own, line)
        raised = np.array([bool(decisions_s(t, one, settings)) for t, one in zip(times_s, index, strict=True)])
        caught, false = int((raised & truth).sum()), int((raised & ~truth).sum())
        f1 = 2 * caught / (2 * caught + false + int((truth & ~raised).sum()))
        if f1 >= best_f1:
            best, best_f1 = line, f1
            found = {"alarms": f"{caught} of {int(truth.sum())} right and {false} of {int((~truth).sum())} wrong ones"}
    return round(best, 4), found


def at_line(own: SpikeSettings, on: float) -> SpikeSettings:
    """``own`` settings with the line at ``on``, the lower level as many log-odds below it as before.

    Another offset of the calibration then moves both alike, and alarms begin and end where they did. In proportion to
    the line, as between two lines of one calibration, an alarm of an index near 1 would hardly ever end.
    """
    if not 0.0 < on < NEVER or not 0.0 < own.off < own.on < NEVER:
        return at_threshold(own, on)
    apart = _logit(own.on) - _logit(own.off)
    return replace(own, on=on, off=round(1.0 / (1.0 + exp(apart - _logit(on))), 6))


def _logit(p: float) -> float:
    return log(p / (1.0 - p))


def _fit(
    base: MlxNetwork,
    sessions: Sequence[SessionHistories],
    settings: ReviewSettings,
    run: RunFolder,
    stage: str,
    progress: Callable[[Progress], None],
) -> PressureHead:
    """The head fitted to the histories of ``sessions``."""
    danger, calm, rest = (_rows(sessions, group) for group in ("danger", "calm", "rest"))
    quarter = settings.histories // 4
    groups = (
        (danger, quarter, 1.0 - settings.smoothing / 2, 1.0),
        (calm, quarter, settings.smoothing / 2, 1.0),
        (rest, settings.histories - 2 * quarter, None, settings.anchor),
    )

    def draw(rng: np.random.Generator) -> Examples:
        parts = []
        for rows, size, target, weight in groups:
            for which, row in rows[rng.integers(len(rows), size=size)].tolist() if len(rows) else []:
                before = sessions[which].before[row] if target is None else target
                parts.append((sessions[which].histories[row], before, weight))
        histories, targets, weights = zip(*parts, strict=True)
        return Examples(np.stack(histories), np.array(targets, np.float32), np.array(weights, np.float32))

    def loss(model: HeadModel, batch: Examples, key: mx.array) -> mx.array:
        logits = model(mx.array(batch.inputs), key)
        return focal(logits, mx.array(batch.targets), mx.array(batch.weights), 0.0)

    model = HeadModel(copy_of_head(base), settings.dropout)
    before = flat_parameters(model)
    best = Trainer(
        run.stage(stage), model, settings.schedule, settings.seed, draw, loss, None, progress, items=settings.histories
    ).run()
    model.update(nested({name: tensor + settings.share * (best[name] - tensor) for name, tensor in before.items()}))
    return model.pressure


def _rows(sessions: Sequence[SessionHistories], group: str) -> NDArray[np.int64]:
    """Session and row of each moment of a group, (n, 2)."""
    found = [(which, row) for which, one in enumerate(sessions) for row in np.flatnonzero(getattr(one, group)).tolist()]
    return np.array(found, np.int64).reshape(-1, 2)


def _served(base: MlxNetwork, head: PressureHead) -> MlxNetwork:
    served = copy_of(base)
    load_parameters(served, {f"pressure.{k}": v for k, v in flat_parameters(head).items()})
    return served


def _index(calibration: Calibration, odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(calibration.slope * odds + calibration.offset, -500, 500))))


def _compare(
    weights: Weights,
    sessions: Sequence[TrainingMatch],
    truth: NDArray[np.bool_],
    odds: Sequence[Floats],
    readings: Sequence[SpikeReadings],
) -> Compared:
    against = weights.config.name
    if any(session.mark in weights.config.seen for session in sessions):
        return not_compared(against, f"{against} has learned from some of these sessions")
    before = weights.network.pressure
    old = np.array([log_odds_of(before, one.histories).max() for one in readings])
    return by_review(against, truth, np.array([one.max() for one in odds]), old)
