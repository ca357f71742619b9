"""Weights are given another alarm line, and nothing else."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import soundfile

from engine.core import grid
from engine.core.paths import shipped_weights
from engine.core.weights_config_file import CARD_FILE, TENSOR_FILE
from engine.model.checkpoint import read_config
from tests.unit.train.recipes.drawn_matches import drawn
from train.data.real_sounds.reel_truth import Placed, ReelTruth, write_truth
from train.recipes import alarm_line


def test_a_new_line_stands_in_config_and_card_with_what_it_does_on_real_sounds(tmp_path: Path, monkeypatch):
    weights = tmp_path / "mine"
    shutil.copytree(shipped_weights() / "default", weights)
    before = (weights / CARD_FILE).read_text(encoding="utf-8")
    tensors = hashlib.sha256((weights / TENSOR_FILE).read_bytes()).hexdigest()
    matches = drawn(tmp_path / "drawn", 2)
    monkeypatch.setattr(alarm_line, "simulated", lambda *_: matches)
    noise = np.random.default_rng(1).normal(0, 0.01, 90 * grid.SAMPLE_RATE_HZ)
    noise[60 * grid.SAMPLE_RATE_HZ : 66 * grid.SAMPLE_RATE_HZ] *= 8
    soundfile.write(tmp_path / "reel.flac", noise, grid.SAMPLE_RATE_HZ)
    cry = Placed(60.0, 66.0, "reaction", "crowd cheer", "cheer.flac", 9.0, None)
    write_truth(ReelTruth(1, 90.0, (cry,)), tmp_path / "reel.json")

    alarm_line.main([str(weights), "--work", str(tmp_path / "work"), "--val-reel", str(tmp_path / "reel.flac")])

    config, checksum = read_config(weights)
    assert checksum == tensors == hashlib.sha256((weights / TENSOR_FILE).read_bytes()).hexdigest()
    assert {"cries_found", "false_per_hour"} < set(config.measured["real_reels"])
    card = (weights / CARD_FILE).read_text(encoding="utf-8")
    assert f"| spike threshold | on {config.spikes.on:g}, off {config.spikes.off:g} |" in card
    assert card.count("## Operating points") == 1
    for section in ("## Data", "## Tested on simulated matches", "## Not tested"):
        assert card.split(section)[1].split("\n## ")[0] == before.split(section)[1].split("\n## ")[0]
