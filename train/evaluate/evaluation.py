"""How good are these weights? Beside chance, loudness and boosting, with intervals by match.

Three things are looked at, each where it is asked for: labelled matches (from the library or simulated), single
confusers, and reels of real sounds. The baselines are taught, calibrated and given their thresholds on matches apart
from those that judge; the index brings its own calibration, and its threshold is chosen on the same matches as theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.core.errors import InputError, UsageError
from engine.live.spike_detector import SpikeSettings
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights
from train.data.labels import Rule
from train.data.matches import TrainingMatch
from train.data.soft_targets import SoftTargets
from train.evaluate.baselines import Boosting, Ends, Lesson
from train.evaluate.confusers import ConfuserRow, confuser_table
from train.evaluate.figures import Evaluated, chosen_threshold, evaluate_all
from train.evaluate.predictions import (
    INDEX,
    ORACLES,
    MatchPredictions,
    Scorer,
    baselines_of,
    calibrated,
    calibrations,
    ends_of,
    index_of,
    mel_lessons,
    score_match,
    times_of,
)
from train.evaluate.reels import MoodFigures, ReelFigures, Track, by_fold, judge_moods, judge_reels, listen, mel_of
from train.experiments.reel import read_truth
from train.metrics.ranking import Scores

TAUGHT_SHARE: Final = 0.75
"""Of the teaching matches, how many teach boosting; the rest calibrate the baselines and choose the thresholds."""
LEAST_TEACHING: Final = 4
Tell = Callable[[str, float, float | None], None]


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """What to look at and how hard.

    step: frames between readings; 2 is live.
    budget: false alarms a match that thresholds are chosen for.
    draws: draws of the bootstrap.
    confuser_minutes: how much of each confuser is heard; 0 for none.
    """

    step: int = grid.READING_FRAMES
    budget: float = 5.0
    draws: int = 1000
    seed: int = 0
    confuser_minutes: float = 0.0

    def __post_init__(self) -> None:
        if self.step < 1 or self.budget < 0 or self.draws < 1:
            raise UsageError(
                f"step {self.step}, alarm budget {self.budget:g}, {self.draws} draws",
                "Step and draws are at least 1, the budget at least 0.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything that was found out; what was not asked for is empty."""

    weights: Weights
    rule: Rule
    settings: EvaluateSettings
    tests: tuple[MatchPredictions, ...]
    validation: tuple[MatchPredictions, ...]
    taught: int
    scorers: tuple[Evaluated, ...] = ()
    confusers: tuple[ConfuserRow, ...] = ()
    reels: dict[str, ReelFigures] = field(default_factory=dict)
    reel_names: tuple[str, ...] = ()
    folded: bool = False
    moods: dict[str, MoodFigures] = field(default_factory=dict)
    seen: int = 0
    """Of the tests, how many the weights have learned from or were chosen by."""


def evaluate(
    weights: Weights,
    rule: Rule,
    tests: Sequence[TrainingMatch],
    teaching: Sequence[TrainingMatch],
    settings: EvaluateSettings,
    tell: Tell,
    reels: Sequence[Path] = (),
    fold_weights: Sequence[Weights] = (),
    moods: Path | None = None,
    choosing: Sequence[TrainingMatch] = (),
) -> Evaluation:
    """Evaluate ``weights`` on ``tests``, on each confuser alone and on ``reels``.

    ``teaching`` are matches for the baselines; boosting is left out where there are none. With ``choosing`` all of them
    teach, and those calibrate and choose thresholds. ``fold_weights`` listen to the reels in place of ``weights``, each
    to the clips of its own fold.

    Raises:
        InputError: nothing to judge by, or too little to teach and calibrate the baselines with.
    """
    if 0 < len(teaching) < LEAST_TEACHING:
        raise InputError(f"{len(teaching)} matches to teach with", f"Give at least {LEAST_TEACHING}, or none.")
    if (tests or settings.confuser_minutes) and not teaching:
        raise InputError("no matches to choose thresholds by", "Give some, for example with --teach 8.")
    rng = np.random.default_rng([settings.seed, 7])
    split = len(teaching) if choosing else round(TAUGHT_SHARE * len(teaching))
    boosting = _taught(teaching[:split], rule, rng, settings.seed, tell) if teaching else {}
    rivals = baselines_of(boosting, settings.seed)
    index = index_of(weights.network, weights.config.calibration, settings.step)
    spikes = weights.config.spikes

    drawn = [match for match in teaching[:split] if match.simulated and match.on_sound.play]
    soft_targets = SoftTargets.of(drawn) if drawn else None
    listen_to = partial(
        _heard, rule=rule, scorers={INDEX: index, **rivals}, step=settings.step, soft_targets=soft_targets, tell=tell
    )
    validation = listen_to(choosing or teaching[split:], what="choosing thresholds")
    found = calibrations(validation) if validation else {}
    validation = [calibrated(one, found) for one in validation]
    heard = listen_to(tests, what="listening to matches")
    heard = [_comparable(calibrated(one, found), tests) for one in heard]
    scorers: list[Evaluated] = []
    if heard:
        tell("counting", 0, None)
        scorers = evaluate_all(heard, validation, spikes, settings.budget, rng, settings.draws)
    confusers: list[ConfuserRow] = []
    if settings.confuser_minutes:
        confusers = _confusers({INDEX: index, **rivals}, found, validation, spikes, settings, tell)
    tracks: dict[str, list[Track]] = {}
    for done, reel in enumerate(reels):
        tell("listening to reels", done, len(reels))
        for name, track in _tracks(reel, fold_weights or [weights], rivals).items():
            tracks.setdefault(name, []).append(track)
    return Evaluation(
        weights=weights,
        rule=rule,
        settings=settings,
        tests=tuple(heard),
        validation=tuple(validation),
        taught=split,
        scorers=tuple(scorers),
        confusers=tuple(confusers),
        reels={
            name: judge_reels(listened, rng, spikes if name == INDEX else None, settings.draws)
            for name, listened in tracks.items()
        },
        reel_names=tuple(reel.name for reel in reels),
        seen=sum(match.mark in weights.config.seen for match in tests),
        folded=bool(fold_weights),
        moods={
            name: judge_moods(track) for name, track in (_tracks(moods, [weights], rivals) if moods else {}).items()
        },
    )


def _taught(
    teaching: Sequence[TrainingMatch], rule: Rule, rng: np.random.Generator, seed: int, tell: Tell
) -> dict[str, Boosting]:
    lessons: dict[str, list[Lesson]] = {}
    for done, match in enumerate(teaching):
        tell("teaching boosting", done, len(teaching))
        for name, lesson in mel_lessons(match, rule, rng).items():
            lessons.setdefault(name, []).append(lesson)
    taught = {name: Boosting(given, seed) for name, given in lessons.items()}
    tell("teaching boosting", len(teaching), len(teaching))
    return taught


def _heard(
    matches: Sequence[TrainingMatch],
    rule: Rule,
    scorers: dict[str, Scorer],
    step: int,
    soft_targets: SoftTargets | None,
    what: str,
    tell: Tell,
) -> list[MatchPredictions]:
    heard = []
    for done, match in enumerate(matches):
        tell(what, done, len(matches))
        heard.append(score_match(match, rule, scorers, step, soft_targets))
    if matches:
        tell(what, len(matches), len(matches))
    return heard


def _comparable(predicted: MatchPredictions, tests: Sequence[TrainingMatch]) -> MatchPredictions:
    """Without the oracles where they can't know every match."""
    if all(match.simulated for match in tests):
        return predicted
    return predicted.with_scores({name: scores for name, scores in predicted.scores.items() if name not in ORACLES})


def _confusers(
    scorers: dict[str, Scorer],
    found: dict[str, Calibration],
    validation: Sequence[MatchPredictions],
    spikes: SpikeSettings,
    settings: EvaluateSettings,
    tell: Tell,
) -> list[ConfuserRow]:
    def calibrated_scorer(name: str, scorer: Scorer) -> Scorer:
        if name not in found:
            return scorer

        def listen(mel: Frames, ends: Ends) -> Scores:
            logits = np.stack([np.zeros(len(ends)), scorer(mel, ends)], axis=1)
            return found[name].probability(logits.astype(np.float32))

        return listen

    return confuser_table(
        {name: calibrated_scorer(name, scorer) for name, scorer in scorers.items()},
        {name: chosen_threshold(name, validation, spikes, settings.budget) for name in scorers},
        spikes,
        INDEX,
        settings.confuser_minutes,
        settings.seed,
        settings.step,
        lambda done, of: tell("each confuser alone", done, of),
    )


def _tracks(reel: Path, weights: Sequence[Weights], rivals: dict[str, Scorer]) -> dict[str, Track]:
    """What each scorer makes of a reel; of several weights each hears the clips of its own fold."""
    truth = read_truth(reel)
    heard = [listen(reel, truth, one) for one in weights]
    mel = mel_of(reel)
    ends = ends_of(len(mel), grid.READING_FRAMES)  # as often as ``listen`` reads
    return {INDEX: by_fold(heard) if len(heard) > 1 else heard[0]} | {
        name: Track(truth, times_of(ends), scorer(mel, ends)) for name, scorer in rivals.items()
    }
