"""What several scorers made of a match: their scores at the same moments, beside what was true."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.live.pipeline import Pipeline
from engine.model.calibration import Calibration
from engine.model.network import Network
from engine.simulator.truth import Sounding
from train.data.labels import Rule
from train.data.matches import TrainingMatch
from train.data.simulated import ALARM_KINDS
from train.data.soft_targets import SoftTargets, crying
from train.evaluate import baselines
from train.evaluate.baselines import Boosting, Ends, Examples
from train.fit.calibration import fit_platt
from train.metrics.alarms import DangerEvent, Stretch
from train.metrics.danger_events import danger_events, reactions
from train.metrics.ranking import Flags, Scores

INDEX: Final = "index"
ORACLE: Final = "oracle"
"""Knows how loud every cry of the simulated crowd is, and nothing else."""
INFORMED_ORACLE: Final = "informed oracle"
"""Knows besides what kind of cry it is, how old, and what share of such moments was danger in the matches to train
on."""
ORACLES: Final = frozenset({ORACLE, INFORMED_ORACLE})
_SHARES: Final = (1e-5, 1.0 - 1e-5)
_PIECE: Final = 4096
_EXAMPLE_STEP: Final = 12
_MOST_MOMENTS: Final = 400

Scorer = Callable[[Frames, Ends], Scores]


@dataclass(frozen=True, slots=True, eq=False)
class MatchPredictions:
    """One match: moments ``t_s`` (n,) in seconds of sound with a full history behind them, and what is known of them.

    ``truth`` (n,) is the label rule's; ``events`` are its danger events, ``reactions`` what the crowd did about
    anything. ``scores`` are by scorer, each (n,).
    """

    id: str
    hours: float
    t_s: Scores
    truth: Flags
    events: tuple[DangerEvent, ...]
    reactions: tuple[Stretch, ...] | None
    simulated: bool
    scores: dict[str, Scores] = field(default_factory=dict)

    def with_scores(self, scores: Mapping[str, Scores]) -> "MatchPredictions":
        return MatchPredictions(
            self.id, self.hours, self.t_s, self.truth, self.events, self.reactions, self.simulated, dict(scores)
        )


def ends_of(frames: int, step: int) -> Ends:
    """The frames at which the program gives a reading: every ``step`` with a full history."""
    first = -(-grid.HISTORY_FRAMES // step) * step
    return np.arange(first, frames + 1, step, dtype=np.int64)


def times_of(ends: Ends) -> Scores:
    """Seconds of sound that a reading at each of ``ends`` has heard."""
    return grid.end_time_s(ends)


def score_match(
    match: TrainingMatch, rule: Rule, scorers: Mapping[str, Scorer], step: int, soft_targets: SoftTargets | None = None
) -> MatchPredictions:
    """Let every scorer hear a match, and the oracles where it was simulated; ``soft_targets`` informs one of them."""
    return predictions_of(match, rule, step, scores_of(match, scorers, step, soft_targets))


def scores_of(
    match: TrainingMatch, scorers: Mapping[str, Scorer], step: int, soft_targets: SoftTargets | None
) -> dict[str, Scores]:
    """What ``score_match`` gets from listening, by scorer."""
    ends = ends_of(match.frames, step)
    mel = match.read(0, match.frames)
    scores = {name: scorer(mel, ends) for name, scorer in scorers.items()}
    if match.simulated:
        scores[ORACLE] = oracle(match.sounds, times_of(ends))
        if soft_targets:
            share = np.clip(soft_targets.share_at(match.sounds, times_of(ends)), *_SHARES)
            scores[INFORMED_ORACLE] = np.log(share / (1.0 - share))
    return scores


def predictions_of(match: TrainingMatch, rule: Rule, step: int, scores: Mapping[str, Scores]) -> MatchPredictions:
    """The scores beside what was true of the match."""
    ends = ends_of(match.frames, step)
    return MatchPredictions(
        match.id,
        match.frames * grid.HOP_S / 3600.0,
        times_of(ends),
        rule.apply(match.on_sound, ends).truth,
        danger_events(match.on_sound, rule, match.sounds),
        reactions(match.sounds) if match.simulated else None,
        match.simulated,
        dict(scores),
    )


def index_of(network: Network, calibration: Calibration, step: int) -> Scorer:
    """The program's own index: its pipeline from frames on, which ``PressureStream`` drives, and its calibration."""

    def listen(mel: Frames, ends: Ends) -> Scores:
        pipeline = Pipeline(network, 0, step)
        logits = [pipeline.push(mel[first : first + _PIECE]) for first in range(0, len(mel), _PIECE)]
        return calibration.probability(np.concatenate(logits))

    return listen


def oracle(sounds: Iterable[Sounding], t_s: Scores) -> Scores:
    """How loud the loudest cry is at each moment, in dB above the bed; 0 for none."""
    level = np.zeros(len(t_s))
    for sound in sounds:
        if sound.kind in ALARM_KINDS:
            during = (t_s >= sound.onset_s) & (t_s <= sound.end_s)
            level[during] = np.maximum(level[during], sound.level_db)
    return level


def mel_examples(match: TrainingMatch, rule: Rule, rng: np.random.Generator) -> dict[str, Examples]:
    """What boosting is fitted to of a match, by the kind of boosting.

    For one it is the rule's own yes and no, where the rule has an opinion; not of a reel, which has cries but no
    events. For another, of a simulated match, it is when the crowd cries out, whatever about: the simulator knows, and
    it is the nearest thing to a network's own targets.
    """
    ends = ends_of(match.frames, _EXAMPLE_STEP)
    labels = rule.apply(match.on_sound, ends)
    kept = labels.weight > 0
    statistics = baselines.mel_statistics(match.read(0, match.frames), ends)
    found = {}
    if match.on_sound.play:
        found[baselines.BOOSTING] = Examples(statistics[kept], labels.truth[kept]).thinned(_MOST_MOMENTS, rng)
    if match.simulated:
        cries = Examples(statistics, crying(match.sounds, times_of(ends)))
        found[baselines.BOOSTING_ON_CRIES] = cries.thinned(_MOST_MOMENTS, rng)
    return found


def baselines_of(boosting: Mapping[str, Boosting], seed: int) -> dict[str, Scorer]:
    """The baselines by name, with those that were fitted."""
    return {
        baselines.CHANCE: lambda mel, ends: baselines.chance(ends, np.random.default_rng([seed, len(mel)])),
        baselines.LOUDNESS: baselines.loudness,
        baselines.BAND_LOUDNESS: baselines.band_loudness,
        **boosting,
    }


def calibrations(predicted_matches: Sequence[MatchPredictions]) -> dict[str, Calibration]:
    """Platt's scaling of every scorer but the index, which has its own, on matches that none was fitted to.

    A scorer that is higher in calm than in danger there keeps its order all the same, with hardly a slope: turned
    around it would be another scorer.

    Raises:
        InputError: the matches hold one class only.
    """
    truth = np.concatenate([predicted.truth for predicted in predicted_matches])
    found = {}
    for name in predicted_matches[0].scores:
        if name != INDEX:
            scores = np.concatenate([predicted.scores[name] for predicted in predicted_matches])
            platt = fit_platt(scores, truth)
            if platt.slope <= 0:
                share = float(truth.mean())
                slope = 1e-3 / max(float(scores.std()), 1e-9)
                platt = Calibration(slope, log(share / (1 - share)) - slope * float(scores.mean()), fitted=True)
            found[name] = platt
    return found


def calibrated(predicted: MatchPredictions, found: Mapping[str, Calibration]) -> MatchPredictions:
    """The match with probabilities in place of the baselines' scores; oracles may have none where nothing is
    simulated."""
    scores = dict(predicted.scores)
    for name, calibration in found.items():
        if name not in scores:
            continue
        logits = np.stack([np.zeros(len(predicted.t_s)), scores[name]], axis=1)
        scores[name] = calibration.probability(logits.astype(np.float32))
    return predicted.with_scores(scores)
