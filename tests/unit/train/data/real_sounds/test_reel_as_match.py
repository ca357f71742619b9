"""A reel of real sounds as training sees it."""

from pathlib import Path

import numpy as np
import soundfile

from engine.core import grid
from train.data.labels import Danger
from train.data.real_sounds.reel_as_match import kinds_of, read_reel
from train.data.real_sounds.reel_truth import Placed, ReelTruth, write_truth


def clip(group: str, what: str = "", onset_s: float = 60.0) -> Placed:
    return Placed(onset_s, onset_s + 5.0, group, what, f"{group}.flac", 9.0, None)


def test_every_group_of_a_reel_is_a_kind_and_an_ooh_no_roar():
    assert [kind.value for kind in kinds_of(clip("reaction", "crowd cheer"))] == ["roar"]
    assert [kind.value for kind in kinds_of(clip("reaction", "crowd ooh near miss"))] == ["ooh"]
    assert [kind.value for kind in kinds_of(clip("drum and chant"))] == ["chant", "drums"]
    assert [kind.value for kind in kinds_of(clip("surroundings", "rain"))] == ["knocks"]


def test_a_reel_is_a_recorded_match_without_play(tmp_path: Path):
    sound = tmp_path / "reel.flac"
    samples = 0.01 * np.random.default_rng(1).normal(size=90 * grid.SAMPLE_RATE_HZ)
    soundfile.write(sound, samples, grid.SAMPLE_RATE_HZ)
    write_truth(
        ReelTruth(1, 90.0, (clip("reaction", "crowd cheer"), clip("song", onset_s=75.0))), tmp_path / "reel.json"
    )
    match = read_reel(sound, Danger())
    assert (match.simulated, match.recorded, match.on_sound.play) == (True, True, ())
    assert [(one.kind, one.onset_s) for one in match.sounds] == [("roar", 60.0), ("pa_music", 75.0)]
    assert match.read(0, match.frames).shape == (match.frames, grid.MEL_BANDS)
    assert match.frames * grid.HOP_S > 89
