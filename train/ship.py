"""Make the shipped weights: ``python -m train.ship WEIGHTS --work FOLDER``, from nothing but the simulator.

It draws its sounds, trains, calibrates, and measures on matches of other seeds. With ``--open-data`` the simulated
crowds answer the events of real matches, as they did for the weights in the repository; without, of drawn ones. It can
be stopped and started again at any point. The same seeds and settings give the same weights on the same machine;
another BLAS or processor rounds otherwise, and training carries the difference on.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine import grid
from engine.calibration import Calibration
from engine.model.checkpoint import save
from engine.model.network import MlxNetwork
from engine.spikes import SpikeSettings
from train.baselines import loudness
from train.calibrate import MATCH_HOURS
from train.card import write_card
from train.danger import danger_events, reactions
from train.dataset import TrainingMatch, from_simulation
from train.fit import fit, run_inputs
from train.fit_settings import FitSettings
from train.labels import Danger, Rule
from train.metrics.alarms import decisions_s, judge
from train.metrics.bootstrap import draws_of, interval
from train.metrics.probability import brier_skill, equal_mass_edges, expected_calibration_error, reliability
from train.metrics.ranking import average_precision, exact_levels, roc_auc
from train.optimise import Progress
from train.plans import Plan, drawn_plan, real_plans, reel_plan, split_matches
from train.predict import predict
from train.run_folder import RunFolder
from train.simulated import draw_planned

MINUTES: Final = 20.0
"""Length of the stretches that are learned from, each in a ground of its own."""
STRETCHES: Final = (0, 2, 4)
"""Which stretches of a real match are learned from: its start, the minutes around half-time, and its end."""
DRAWN, DRAWN_VALIDATION, DRAWN_TEST = range(117), range(200, 240), range(300, 340)
"""Seeds of the stretches of drawn matches that stand in for real ones."""
REELS, REEL_MINUTES = range(80), 10.0
SETTINGS: Final = FitSettings(folds=4, fold_steps=0)
_BINS: Final = 15
_DRAWS: Final = 1000


def measure(
    network: MlxNetwork,
    calibration: Calibration,
    spikes: SpikeSettings,
    matches: Sequence[TrainingMatch],
    rule: Rule,
    seed: int,
) -> dict[str, Any]:
    """Figures on ``matches``, intervals by whole matches: ranking, calibration, alarms, beside loudness."""
    draws = draws_of(len(matches), _DRAWS, np.random.default_rng(seed))
    ours = predict(network, matches)
    truth = [one.match.labels.truth for one in ours]
    pressure = [calibration.probability(np.stack([np.zeros_like(o.log_odds), o.log_odds], 1)) for o in ours]
    loud = [loudness(match.read(0, match.frames), match.ends) for match in matches]
    figures: dict[str, Any] = {}
    for name, scores in (("", [one.log_odds for one in ours]), ("loudness_", loud)):
        figures[f"{name}pr_auc"] = _ranked(average_precision, scores, truth, draws)
        figures[f"{name}roc_auc"] = _ranked(roc_auc, scores, truth, draws)
    predicted, true = np.concatenate(pressure), np.concatenate(truth)
    found = reliability(predicted, true, equal_mass_edges(predicted, _BINS))
    figures["ece"] = expected_calibration_error(found)
    figures["brier_skill"] = brier_skill(found)
    calm = [
        np.all([(one.times_s < h.onset_s) | (one.times_s > h.end_s + 10) for h in one.match.sounds], axis=0)
        for one in ours
        if one.match.sounds
    ]
    resting = np.concatenate([p[c] for p, c in zip(pressure, calm, strict=True)])
    figures["share_of_rest_under_0.2"] = float((resting < 0.2).mean()) if len(resting) else None
    return figures | _alarms(network, calibration, spikes, matches, rule)


def _ranked(figure: Any, scores: Sequence[Any], truth: Sequence[Any], draws: Any) -> list[float | None]:
    """Value and 95 % interval of a ranking figure."""

    def pooled(weights: Any) -> float:
        chosen = np.repeat(np.arange(len(scores)), weights.astype(int)).tolist()
        together = np.concatenate([scores[i] for i in chosen]), np.concatenate([truth[i] for i in chosen])
        return float(figure(exact_levels(*together)))

    found = interval(pooled, draws)
    return [found.value, found.low, found.high]


def _alarms(
    network: MlxNetwork,
    calibration: Calibration,
    spikes: SpikeSettings,
    matches: Sequence[TrainingMatch],
    rule: Rule,
) -> dict[str, Any]:
    """What the shipped threshold gives, at the live rate of readings."""
    judged = []
    hours = sum(match.frames for match in matches) * grid.HOP_S / 3600.0
    for one in predict(network, matches, grid.READING_FRAMES):
        pressure = calibration.probability(np.stack([np.zeros_like(one.log_odds), one.log_odds], 1))
        events = danger_events(one.match.on_sound, rule, one.match.sounds)
        judged.append(judge(decisions_s(one.times_s, pressure, spikes), events, reactions(one.match.sounds)))
    delays = np.array([delay for match in judged for delay in match.reaction_delays_s])

    def share(part: str, whole: str) -> float | None:
        of = sum(getattr(match, whole) for match in judged)
        return sum(getattr(match, part) for match in judged) / of if of else None

    return {
        "danger_events": sum(match.events for match in judged),
        "recall": share("caught", "events"),
        "recall_where_the_crowd_cried": share("reacted_caught", "reacted"),
        "recall_of_goals": share("goals_caught", "goals"),
        "false_alarms_a_match_on_no_reaction": sum(m.false_on_nothing for m in judged) / hours * MATCH_HOURS,
        "false_alarms_a_match_on_a_reaction": sum(m.false_on_reaction for m in judged) / hours * MATCH_HOURS,
        "delay_p50_s": float(np.quantile(delays, 0.5)) if len(delays) else None,
        "delay_p90_s": float(np.quantile(delays, 0.9)) if len(delays) else None,
    }


def tested_section(figures: Mapping[str, Any], matches: int, hours: float) -> str:
    """The card's section on the test matches."""

    def text(value: Any) -> str:
        if isinstance(value, list):
            return f"{value[0]:.3f} ({value[1]:.3f} to {value[2]:.3f})"
        return "not defined" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)

    rows = "\n".join(f"| {name.replace('_', ' ')} | {text(value)} |" for name, value in figures.items())
    return f"""## Tested on simulated matches

{matches} simulated matches, {hours:.1f} hours, grounds and seeds that neither learning nor calibration saw. Intervals:
95 %, by whole matches.

| | |
|---|---|
{rows}"""


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m train.ship", description=__doc__)
    parser.add_argument("weights", type=Path, help="folder of the weights to write, such as weights/default")
    parser.add_argument("--work", type=Path, required=True, help="folder for drawn matches and the run's state")
    parser.add_argument("--open-data", type=Path, help="folder of StatsBomb's open data: real matches to play")
    chosen = parser.parse_args(args)
    rule = Danger()
    plans = plans_of(chosen.open_data)
    drawn = chosen.work / "sounds"
    learned, judging, tested = (
        [from_simulation(one, rule) for one in draw_planned(drawn, part, _told)] for part in plans
    )
    inputs = run_inputs(SETTINGS, rule, learned, 0) | {"judged_by": {match.id: match.digest for match in judging}}
    with closing(RunFolder(chosen.work / "run", inputs)) as run:
        fitted = fit(learned, rule, SETTINGS, run, chosen.weights.name, _tell, judging=judging)
    figures = measure(fitted.network, fitted.config.calibration, fitted.config.spikes, tested, rule, SETTINGS.seed)
    hours = sum(match.frames for match in tested) * grid.HOP_S / 3600.0
    card = write_card(
        fitted.config, inputs, [data_section(chosen.open_data is not None), tested_section(figures, len(tested), hours)]
    )
    checksum = save(chosen.weights, fitted.config, fitted.network, card)
    sys.stdout.write(f"{chosen.weights}: sha256 {checksum}\n")


def plans_of(open_data: Path | None) -> tuple[list[Plan], list[Plan], list[Plan]]:
    """What is learned from, what stops and calibrates, and what the figures are measured on.

    Raises ``InputError`` where the real matches are too few or can't be read.
    """
    reels = [reel_plan(seed, REEL_MINUTES) for seed in REELS]
    if open_data is None:
        return (
            [drawn_plan(seed, MINUTES) for seed in DRAWN] + reels,
            [drawn_plan(seed, MINUTES) for seed in DRAWN_VALIDATION],
            [drawn_plan(seed, MINUTES) for seed in DRAWN_TEST],
        )
    split = split_matches(open_data)
    stretches = [real_plans(open_data, match_id, MINUTES) for match_id in split.learning]
    return (
        [some[i] for some in stretches for i in STRETCHES if i < len(some)] + reels,
        [plan for match_id in split.validation for plan in real_plans(open_data, match_id)],
        [plan for match_id in split.test for plan in real_plans(open_data, match_id)],
    )


def data_section(real: bool) -> str:
    """The card's section on what was learned from."""
    matches = (
        """The goals, shots and fouls of 40 real matches (StatsBomb's open data, of which nothing is kept here),
each played in three stretches of 20 minutes in three simulated grounds."""
        if real
        else f"{len(DRAWN)} stretches of {MINUTES:g} minutes of drawn matches, one ground each."
    )
    return f"""## Data

{matches} Besides, {len(REELS)} simulated reels of {REEL_MINUTES:g} minutes: every kind of sound as loud and as sudden,
over the beds of as many grounds. No recorded sound was learned from, so nobody else's licence applies. Targets are in
part whether the simulated crowd cries out, in part the share of danger given its cries (`train/teacher.py`), counted on
the matches learned from. Stopped, calibrated and given its threshold on matches and grounds apart."""


def _told(done: int, of: int, minutes: float) -> None:
    if done % 10 == 0 or done == of:
        sys.stderr.write(f"matches {done} of {of}, {minutes:.0f} minutes drawn\n")


def _tell(at: Progress) -> None:
    if at.step % 10 == 0 or at.check:
        left = time.strftime("%H:%M:%S", time.gmtime(at.left_s))
        check = " ".join(f"{name} {value:.3f}" for name, value in (at.check or {}).items() if name.endswith("_auc"))
        sys.stderr.write(
            f"{at.stage} {at.step}/{at.steps} loss {at.loss:.3f} {at.rate:.0f} windows/s, {left} left {check}\n"
        )


if __name__ == "__main__":
    main()
