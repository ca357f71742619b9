"""What an evaluation makes of reels: clips at equal loudness, and crowds that rise after their own rest."""

import numpy as np
import soundfile

from engine.core.paths import shipped_weights
from engine.model.checkpoint import load
from train.data.labels import Danger
from train.data.real_sounds.reel_truth import Placed, ReelTruth, Rise, write_truth
from train.evaluate.evaluation import EvaluateSettings, evaluate
from train.evaluate.report import tables, to_report

RATE = 22050


def reel(folder, name, truth):
    sound = np.random.default_rng(1).normal(0, 0.01, round(truth.duration_s) * RATE)
    sound[60 * RATE : 66 * RATE] *= 10
    soundfile.write(folder / name, sound, RATE)
    write_truth(truth, (folder / name).with_suffix(".json"))
    return folder / name


def test_a_reel_of_rises_is_counted_apart_from_reels_of_clips(tmp_path):
    clips = tuple(
        Placed(at_s, at_s + 5.0, group, "a sound", f"{at_s:g}.ogg", 10.0, None)
        for at_s, group in ((45.0, "speech"), (60.0, "reaction"), (72.0, "whistle"))
    )
    equal = reel(tmp_path, "equal.flac", ReelTruth(1, 80.0, clips))
    rising = reel(tmp_path, "rising.flac", ReelTruth(1, 80.0, rises=(Rise(0.0, 60.0, 66.0, 20.0, "goal.ogg"),)))
    weights = load(shipped_weights() / "default")
    settings = EvaluateSettings(draws=10)
    found = evaluate(weights, Danger(), [], [], settings, lambda *_: None, [equal, rising])
    assert found.rises["index"].rises == 1
    assert found.rises["index"].long_rises == 1
    assert [len(figures.by_reel) for figures in found.reels.values()] == [1] * len(found.reels)
    titles = [table.title for table in tables(to_report(found))]
    assert "Real crowds that rise after their own rest" in titles
