"""Weights are given units that know a cry from a song; calibration, line and card are made anew with them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.paths import shipped_weights
from engine.model.checkpoint import load, save
from engine.simulator.venue import Texture
from tests.unit.train.fit.network.test_widened_network import ALL, reel
from tests.unit.train.recipes.drawn_matches import drawn
from tests.untrained_weights import write_untrained_weights
from train.data.matches import TrainingMatch
from train.data.real_sounds.reel_truth import Placed, ReelTruth, write_truth
from train.data.real_sounds.teaching_recordings import Source
from train.data.simulation_plans import Plan, reel_plan
from train.fit.training_data import TrainingData
from train.recipes import cry_units


class OneSource:
    """Recordings as the card names them."""

    def __init__(self, folders: Sequence[Path]) -> None: ...

    def sources(self) -> list[Source]:
        return [Source("ann/songs", "music", "Ann", "CC0-1.0"), Source("ben/drums", "drum", "Ben", "MIT")]


def test_the_card_says_what_taught_the_units_and_the_line_is_chosen_anew(tmp_path: Path, monkeypatch):
    matches = drawn(tmp_path / "drawn", 2)

    heard: list[str] = []

    def simulated(folder: Path, plans: Sequence[Plan], rule: object) -> list[TrainingMatch]:
        heard.extend(plan.name for plan in plans)
        return [reel(1, ALL)] if plans and plans[0].name.startswith("reel") else matches

    monkeypatch.setattr(cry_units, "simulated", simulated)
    monkeypatch.setattr(cry_units, "reels_of", lambda _: [reel_plan(seed, 1.0) for seed in range(8)])
    monkeypatch.setattr(cry_units, "Recordings", OneSource)
    monkeypatch.setattr("train.recipes.shipped_weights.evaluate", lambda *_, **__: None)
    monkeypatch.setattr("train.recipes.shipped_weights.to_report", lambda _: None)
    monkeypatch.setattr("train.recipes.shipped_weights.measured_sections", lambda _: ["## Measured"])
    noise = np.random.default_rng(1).normal(0, 0.01, 70 * grid.SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "reel.flac", noise, grid.SAMPLE_RATE_HZ)
    cry = Placed(50.0, 56.0, "reaction", "crowd cheer", "cheer.flac", 9.0, None)
    write_truth(ReelTruth(1, 70.0, (cry,)), tmp_path / "reel.json")
    start, out = tmp_path / "start", tmp_path / "out"
    write_untrained_weights(start, seed=1)
    (start / "CARD.md").write_text(
        "# start\n\n## Data\n\n| ben/drums | drum | Ben | MIT |\n\n## Not tested\n\nAnywhere.\n"
    )

    where = ["--start", start, "--work", tmp_path, "--sounds", tmp_path, "--val-reel", tmp_path / "reel.flac"]
    cry_units.main([str(out), *map(str, where)])

    assert "reel-0" in heard and any(name.endswith("-people") for name in heard)
    before, after = load(start), load(out)
    assert after.config.head.hidden == before.config.head.hidden + 2
    assert after.config.calibration.fitted and after.config.calibration != before.config.calibration
    assert {match.mark for match in matches} < set(after.config.seen)
    assert after.config.measured["learned_from_matches"] == 1, "the reel; the matches chose"
    assert {"cries_found", "false_per_hour"} < set(after.config.measured["real_reels"])
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert "| ann/songs | music | Ann | CC0-1.0 |" in card and card.rstrip().count("## Measured") == 1
    assert card.index("| ben/drums |") < card.index(f"`{before.checksum[:12]}`") < card.index("| ann/songs")
    assert "Anywhere." not in card and card.count("| ben/drums |") == 1


def test_what_the_network_learned_from_counts_beside_what_its_units_did(tmp_path: Path):
    write_untrained_weights(tmp_path, seed=1)
    units, chose = reel(1, ALL), reel(2, ALL)
    before = load(tmp_path)
    before = replace(before, config=replace(before.config, seen=("0" * 12, units.mark, chose.mark)))

    learned = cry_units.learned_from(before, TrainingData([units], [chose]))

    assert learned == {"0" * 12, units.mark}


def test_weights_that_somebody_fitted_at_home_are_not_widened(tmp_path: Path):
    write_untrained_weights(tmp_path, seed=1)
    fitted = load(tmp_path)
    save(tmp_path, replace(fitted.config, compared={"verdict": "better"}), fitted.network, "# fitted\n")

    with pytest.raises(UsageError, match="matches of its own"):
        cry_units.to_begin_with(tmp_path)


def test_weights_that_have_units_get_no_second_pair(tmp_path: Path):
    write_untrained_weights(tmp_path, seed=1)
    assert cry_units.to_begin_with(tmp_path).config.head.hidden

    with pytest.raises(UsageError, match="cry units already"):
        cry_units.to_begin_with(shipped_weights() / "default")


def test_half_of_the_reels_are_learned_from_a_second_time_with_single_people():
    reels = [reel_plan(seed, 1.0) for seed in range(40)]
    both = cry_units.both_textures(reels)
    assert both[:40] == reels
    again = [plan.name for plan in both[40:]]
    assert len(set(again)) == len(again) and 10 <= len(again) <= 30
    assert all(name.endswith("-people") for name in again)
    assert both[40].score().venue.texture is Texture.PEOPLE
