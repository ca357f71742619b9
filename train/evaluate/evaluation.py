"""How good are these weights? Beside chance, loudness and boosting, with intervals by match.

Three things are looked at, each where it is asked for: labelled matches (from the library or simulated), single
confusers, and reels of real sounds. The baselines are fitted, calibrated and given their thresholds on matches apart
from the test matches; the index brings its own calibration, and its threshold is chosen on the same matches as theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.core.errors import InputError, MomentumError, UsageError
from engine.core.telling import Progress
from engine.live.spike_detector import SpikeSettings
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights
from train.data.labels import Rule
from train.data.matches import TrainingMatch
from train.data.real_sounds.reel_truth import read_truth
from train.data.soft_targets import SoftTargets
from train.evaluate.baselines import ROUNDS, Boosting, Ends, Examples
from train.evaluate.compute_figures import Evaluated, chosen_threshold, evaluate_all
from train.evaluate.confusers import ConfuserRow, confuser_table
from train.evaluate.predictions import (
    INDEX,
    ORACLES,
    MatchPredictions,
    Scorer,
    baselines_of,
    calibrated,
    calibrations,
    ends_of,
    mel_examples,
    predictions_of,
    times_of,
)
from train.evaluate.real_sounds.reels import (
    MoodFigures,
    ReelFigures,
    Track,
    by_fold,
    listen,
    mel_of,
    mood_figures,
    reel_figures,
)
from train.evaluate.real_sounds.rises import RiseFigures, rise_figures
from train.evaluate.real_sounds.tag_figures import TagFigures, TagTrack, listen_for_tags, tag_figures
from train.evaluate.scoring_jobs import Listeners, score_tasks
from train.jobs.run_tasks import Faults, Kept, in_order, run_tasks
from train.jobs.workers import InThisProcess, Workers
from train.metrics.ranking import Scores

TRAIN_SHARE: Final = 0.75
"""Of the matches to train on, how many boosting is fitted to; the rest calibrate the baselines and choose the
thresholds."""
LEAST_TRAIN_MATCHES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """Who hears the matches, where scores are kept until all are there, and who is told of a match that can't be
    heard."""

    workers: Workers
    kept: Kept | None = None
    say_fault: Callable[[str, MomentumError], None] = lambda name, fault: None


HERE: Final = Listening(InThisProcess())


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
    train_matches: int
    scorers: tuple[Evaluated, ...] = ()
    confusers: tuple[ConfuserRow, ...] = ()
    reels: dict[str, ReelFigures] = field(default_factory=dict)
    reel_names: tuple[str, ...] = ()
    folded: bool = False
    moods: dict[str, MoodFigures] = field(default_factory=dict)
    tags: TagFigures | None = None
    """None where the weights tell no tags, or heard no reel."""
    rises: dict[str, RiseFigures] = field(default_factory=dict)
    seen: int = 0
    """Of the tests, how many the weights were trained on or chosen by."""


def evaluate(
    weights: Weights,
    rule: Rule,
    test_matches: Sequence[TrainingMatch],
    train_matches: Sequence[TrainingMatch],
    settings: EvaluateSettings,
    progress: Progress,
    reels: Sequence[Path] = (),
    fold_weights: Sequence[Weights] = (),
    moods: Path | None = None,
    val_matches: Sequence[TrainingMatch] = (),
    listening: Listening = HERE,
) -> Evaluation:
    """Evaluate ``weights`` on ``test_matches``, on each confuser alone and on ``reels``.

    ``train_matches`` are for the baselines; boosting is left out where there are none. With ``val_matches`` boosting is
    fitted to all of them, and those calibrate and choose thresholds; without, a part of them does. ``fold_weights``
    listen to the reels in place of ``weights``, each to the clips of its own fold. ``listening`` says who hears the
    matches.

    Raises:
        InputError: nothing to test on, or too little to fit and calibrate the baselines to.
        MomentumError: a match could not be heard, or the workers are gone.
    """
    if 0 < len(train_matches) < LEAST_TRAIN_MATCHES:
        raise InputError(
            f"{len(train_matches)} matches to teach with", f"Give at least {LEAST_TRAIN_MATCHES}, or none."
        )
    if (test_matches or settings.confuser_minutes) and not train_matches:
        raise InputError("no matches to choose thresholds by", "Give some, for example with --teach 8.")
    rng = np.random.default_rng([settings.seed, 7])
    split = len(train_matches) if val_matches else round(TRAIN_SHARE * len(train_matches))
    boosting = _fitted_boosting(train_matches[:split], rule, rng, settings.seed, progress) if train_matches else {}
    baselines = baselines_of(boosting, settings.seed)
    spikes = weights.config.spikes

    simulated = [match for match in train_matches[:split] if match.simulated and match.on_sound.play]
    soft_targets = SoftTargets.of(simulated) if simulated else None
    taught_by = [match.digest for match in train_matches[:split]]
    listeners = Listeners(weights, boosting, settings.step, settings.seed, soft_targets, taught_by)
    heard = partial(_heard, rule=rule, listeners=listeners, listening=listening, progress=progress)
    validation = heard(val_matches or train_matches[split:], what="choosing thresholds")
    found = calibrations(validation) if validation else {}
    validation = [calibrated(one, found) for one in validation]
    tests = heard(test_matches, what="listening to matches")
    tests = [_comparable(calibrated(one, found), test_matches) for one in tests]
    scorers: list[Evaluated] = []
    if tests:
        progress("counting", 0, None)
        scorers = evaluate_all(tests, validation, spikes, settings.budget, rng, settings.draws)
    confusers: list[ConfuserRow] = []
    if settings.confuser_minutes:
        confusers = _confusers(listeners.scorers, found, validation, spikes, settings, progress)
    truths = {reel: read_truth(reel) for reel in reels}
    tracks: dict[str, list[Track]] = {}
    rising: list[Track] = []
    tagged: list[TagTrack] = []
    for done, (reel, truth) in enumerate(truths.items()):
        progress("listening to reels", done, len(truths))
        if truth.rises:
            rising.append(listen(reel, truth, weights))
            continue
        for name, track in _tracks(reel, fold_weights or [weights], baselines).items():
            tracks.setdefault(name, []).append(track)
        if weights.config.tags is not None:
            tagged.append(listen_for_tags(reel, truth, weights))
    return Evaluation(
        weights=weights,
        rule=rule,
        settings=settings,
        tests=tuple(tests),
        validation=tuple(validation),
        train_matches=split,
        scorers=tuple(scorers),
        confusers=tuple(confusers),
        reels={
            name: reel_figures(listened, rng, spikes if name == INDEX else None, settings.draws)
            for name, listened in tracks.items()
        },
        reel_names=tuple(reel.name for reel in reels),
        tags=tag_figures(tagged) if tagged else None,
        rises={INDEX: rise_figures(rising, spikes)} if rising else {},
        seen=sum(match.mark in weights.config.seen for match in test_matches),
        folded=bool(fold_weights),
        moods={
            name: mood_figures(track) for name, track in (_tracks(moods, [weights], baselines) if moods else {}).items()
        },
    )


def _fitted_boosting(
    train_matches: Sequence[TrainingMatch], rule: Rule, rng: np.random.Generator, seed: int, progress: Progress
) -> dict[str, Boosting]:
    examples: dict[str, list[Examples]] = {}
    for done, match in enumerate(train_matches):
        progress("teaching boosting", done, len(train_matches))
        for name, one in mel_examples(match, rule, rng).items():
            examples.setdefault(name, []).append(one)
    boosting = {name: Boosting(given, seed, ROUNDS) for name, given in examples.items()}
    progress("teaching boosting", len(train_matches), len(train_matches))
    return boosting


def _heard(
    matches: Sequence[TrainingMatch],
    what: str,
    rule: Rule,
    listeners: Listeners,
    listening: Listening,
    progress: Progress,
) -> list[MatchPredictions]:
    if not matches:
        return []
    faults = Faults(listening.say_fault)
    tasks = score_tasks(matches, listeners)
    done = run_tasks(tasks, listening.workers, progress, what, listening.kept, faults)
    scores = in_order(tasks, done)
    faults.raise_if_any(len(tasks), "Figures of the rest would mislead: mend these matches, or leave them out.")
    return [predictions_of(match, rule, listeners.step, one) for match, one in zip(matches, scores, strict=True)]


def _comparable(predicted: MatchPredictions, test_matches: Sequence[TrainingMatch]) -> MatchPredictions:
    """Without the oracles where they can't know every match."""
    if all(match.simulated for match in test_matches):
        return predicted
    return predicted.with_scores({name: scores for name, scores in predicted.scores.items() if name not in ORACLES})


def _confusers(
    scorers: dict[str, Scorer],
    found: dict[str, Calibration],
    validation: Sequence[MatchPredictions],
    spikes: SpikeSettings,
    settings: EvaluateSettings,
    progress: Progress,
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
        lambda done, of: progress("each confuser alone", done, of),
    )


def _tracks(reel: Path, weights: Sequence[Weights], baselines: dict[str, Scorer]) -> dict[str, Track]:
    """What each scorer makes of a reel; of several weights each hears the clips of its own fold."""
    truth = read_truth(reel)
    tracks = [listen(reel, truth, one) for one in weights]
    mel = mel_of(reel)
    ends = ends_of(len(mel), grid.READING_FRAMES)  # as often as ``listen`` reads
    return {INDEX: by_fold(tracks) if len(tracks) > 1 else tracks[0]} | {
        name: Track(truth, times_of(ends), scorer(mel, ends)) for name, scorer in baselines.items()
    }
