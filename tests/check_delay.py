"""Alarms as they are given live: ``python -m tests.check_delay --open-data DIR --drawn DIR``.

The ten real matches that the shipped weights were never chosen or calibrated by, in simulated grounds, at ten readings
a second and with the shipped threshold. ``momentum evaluate`` has the baselines and the intervals of everything else.
"""

import argparse
from pathlib import Path

import numpy as np

from engine.core import grid
from engine.core.paths import shipped_weights
from engine.model.calibration import Calibration
from engine.model.checkpoint import load
from engine.model.inference_engines import choose_engine, network_of
from train.data.labels import Danger
from train.data.matches import TrainingMatch, from_simulation
from train.data.simulated import simulate_plans
from train.evaluate.predictions import ends_of, index_of, times_of
from train.fit.calibration import MATCH_HOURS
from train.metrics.alarms import AlarmCounts, count_alarms, decisions_s
from train.metrics.danger_events import danger_events, reactions
from train.recipes.shipped_weights import plans_of

DRAWS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.check_delay", description=__doc__)
    parser.add_argument("--open-data", type=Path, required=True, help="folder of StatsBomb's open data")
    parser.add_argument("--drawn", type=Path, required=True, help="where drawn matches are kept")
    chosen = parser.parse_args()
    weights = load(shipped_weights() / "default")
    calibration: Calibration = weights.config.calibration
    listen = index_of(network_of(weights, choose_engine("auto")), calibration, grid.READING_FRAMES)

    def heard(match: TrainingMatch) -> AlarmCounts:
        ends = ends_of(match.frames, grid.READING_FRAMES)
        decided = decisions_s(times_of(ends), listen(match.read(0, match.frames), ends), weights.config.spikes)
        events = danger_events(match.on_sound, Danger(), match.sounds)
        return count_alarms(decided, events, reactions(match.sounds))

    drawn = simulate_plans(chosen.drawn, plans_of(chosen.open_data)[2], lambda *_: None)
    matches = [from_simulation(one, Danger()) for one in drawn]
    counts = [heard(match) for match in matches]
    delays = [np.array(one.reaction_delays_s) for one in counts]
    hours = sum(match.frames for match in matches) * grid.HOP_S / 3600.0
    print(f"{len(counts)} matches, {hours:.1f} h, threshold {weights.config.spikes.on:g}")
    for percent in (50, 90):
        chosen_again = np.random.default_rng(0).integers(len(delays), size=(DRAWS, len(delays)))
        drawn_again = [np.percentile(np.concatenate([delays[i] for i in row]), percent) for row in chosen_again]
        low, high = np.percentile(drawn_again, [2.5, 97.5])
        value = np.percentile(np.concatenate(delays), percent)
        print(f"delay after the reaction, p{percent}: {value:.2f} s ({low:.2f} to {high:.2f})")
    answered = sum(one.reacted_caught for one in counts), sum(one.reacted for one in counts)
    print(f"answered danger caught: {answered[0]} of {answered[1]}")
    for name in ("false_on_nothing", "false_on_reaction"):
        each = sum(getattr(one, name) for one in counts) / hours * MATCH_HOURS
        print(f"{name.replace('_', ' ')}: {each:.2f} a match of {MATCH_HOURS:g} h")


if __name__ == "__main__":
    main()
