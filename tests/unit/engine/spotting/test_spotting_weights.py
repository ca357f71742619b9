"""Weights on disk, published checkpoints brought into them, and the front door that reads features with them."""

import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError, WeightsError
from engine.core.log_odds_fusion import ChannelRule, CurveChannel, KindRule, fused_spots
from engine.spotting import published
from engine.spotting import spot as front_door
from engine.spotting.config import LATE, CalfConfig, ChannelConfig, EventSettings, SpottingConfig, WindowConfig
from engine.spotting.pooling import PoolConfig
from engine.spotting.scores import FeatureTrack
from engine.spotting.spot import channel_of, curves_of, named_moments, spot
from engine.spotting.vocabularies import DANGER, V1, V2, VOCABULARIES, class_of
from engine.spotting.weights import ALL, SpottingWeights, load_spotting, new_models, save_spotting, tensors_of
from tests.unit.engine.spotting.seeded import checkpoint, drawn, needs_checkpoints
from tui.cli.main import main

VIDEO, AUDIO = ChannelConfig("video", 6, "PICTURE"), ChannelConfig("audio", 4, "SOUND", project=3)
RULE = KindRule(
    -1.0, 5.0, {"video": ChannelRule(0.0, 2.0, -5.0, -1.0, 0.8), "audio": ChannelRule(1.0, 2.0, -5.0, -1.0, 0.5)}
)
SMALL = SpottingConfig("small", (VIDEO, AUDIO), V1, pool=PoolConfig(clusters=2), window=WindowConfig(8, 4))
LATE_ONE = SpottingConfig(
    "late", (VIDEO, AUDIO), V1, LATE, PoolConfig("max"), WindowConfig(8, 4), rules={"card": RULE, "soccer": RULE}
)
CALF = SpottingConfig("calf", (VIDEO,), V1, window=WindowConfig(48, 24), calf=CalfConfig(48, 14, 4, 3))


def weights_of(config: SpottingConfig) -> SpottingWeights:
    return SpottingWeights(config, new_models(config, seed=3))


def track(seed: int, width: int, rows: int = 60, start_s: float = 0.0) -> FeatureTrack:
    return FeatureTrack(np.array(drawn(seed, rows, width)), 2.0, start_s)


def spoiled(value: float) -> FeatureTrack:
    values = track(2, 4).values.copy()
    values[17, 2] = value
    return FeatureTrack(values, 2.0)


BOTH = {"video": track(1, 6), "audio": track(2, 4)}


@pytest.mark.parametrize("config", [SMALL, LATE_ONE, CALF], ids=lambda config: config.name)
def test_weights_come_back_as_they_were_saved(tmp_path, config):
    weights = weights_of(config)
    checksum = save_spotting(tmp_path / "w", weights, "# a card\n")
    again = load_spotting(tmp_path / "w")
    assert again.config == config and again.checksum == checksum
    for name, model in weights.models.items():
        theirs = tensors_of(again.models[name])
        assert all(np.array_equal(value, theirs[key]) for key, value in tensors_of(model).items())
    assert spot(BOTH, again) == spot(BOTH, weights)
    assert (tmp_path / "w" / "weights.safetensors").stat().st_mode & 0o077 == 0


def _cut(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-4])


_RULE_ROW: dict[str, object] = {"bias": 0.0, "apart_s": 5.0}
_ENDLESS = {"offset_s": 0.0, "reach_s": 1e12, "silent": -5.0, "mean": -1.0, "weight": 0.5}


def _gone(folder: Path) -> None:
    (folder / "config.json").unlink()


def _changed(**values: object):
    def change(folder: Path) -> None:
        row = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**row, **values}))

    return change


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "not the file that its config describes"),
        (_gone, "config.json is missing"),
        (_changed(schema_version=9), "version 1"),
        (_changed(vocabulary="mine"), "no vocabulary"),
        (_changed(window={"rows": 8, "ahead": 9, "rate_hz": 2.0}), "outside of the window"),
        (_changed(pool={"kind": "netvlad", "clusters": 10**9}), "out of range"),
        (_changed(pool={"kind": "netvlad", "clusters": "many"}), "does not describe"),
        (_changed(surprise=1), "does not describe"),
        (_changed(window={"rows": 8.5, "ahead": 4, "rate_hz": 2.0}), "rows is of another kind"),
        (_changed(pool={"kind": "netvlad", "clusters": True}), "clusters is of another kind"),
        (_changed(events={"method": "nms", "apart_s": 20.0, "least": [0]}), "least is of another kind"),
        (_changed(events={"method": "nms", "apart_s": 20.0, "least": 7}), "least confidence out of range"),
        (_changed(rules={"card": {**_RULE_ROW, "channels": {"video": _ENDLESS}}}), "rule of the late fusion out of"),
        (_changed(dropout=0.9), None),
    ],
)
def test_weights_that_were_damaged_or_are_others_are_refused(tmp_path, spoil, said):
    save_spotting(tmp_path, weights_of(SMALL), "# a card\n")
    spoil(tmp_path)
    if said is None:
        assert load_spotting(tmp_path).config.dropout == 0.9
        return
    with pytest.raises(WeightsError, match=said):
        load_spotting(tmp_path)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"video": track(1, 6)}, "no features of the channel audio"),
        ({**BOTH, "audio": track(2, 5)}, "4 columns are needed"),
        ({**BOTH, "audio": FeatureTrack(np.zeros((60, 4), np.float32), 1.0)}, "1 rows a second instead of 2"),
        ({**BOTH, "audio": track(2, 4, start_s=100.0)}, "no moment in common"),
        ({**BOTH, "audio": spoiled(np.nan)}, "row 17 of the audio features holds what is no number"),
        ({**BOTH, "audio": spoiled(-np.inf)}, "row 17 of the audio features holds what is no number"),
    ],
)
def test_features_that_do_not_fit_the_weights_are_refused_with_what_is_needed(features, said):
    with pytest.raises(InputError, match=said) as refused:
        spot(features, weights_of(SMALL))
    assert "PICTURE, SOUND" in refused.value.hint


def test_channels_that_begin_at_different_times_are_laid_over_each_other():
    weights = weights_of(SMALL)
    whole, start_s = curves_of(BOTH, weights)
    later = FeatureTrack(BOTH["audio"].values[6:], 2.0, 3.0)
    shifted, shifted_start_s = curves_of({"video": BOTH["video"], "audio": later}, weights)
    assert (start_s, shifted_start_s) == (0.0, 3.0)
    np.testing.assert_allclose(shifted[10:], whole[16:], atol=1e-5)


def test_a_late_fusion_is_the_fusion_that_the_words_have():
    weights = weights_of(LATE_ONE)
    curves = {name: curves_of(BOTH, weights, name)[0][:, 0] for name in ("video", "audio")}
    channels = {name: CurveChannel(values, 0.5) for name, values in curves.items()}
    moments = sorted(
        max(0.0, row / 2 - RULE.channels[name].offset_s)
        for name, values in curves.items()
        for row, _ in named_moments(values, 2.0, EventSettings())
    )
    expected = [s for s in fused_spots(np.array(moments), channels, RULE) if s.probability >= EventSettings().least]
    found = [event for event in spot(BOTH, weights) if event.label == "card"]
    assert [(e.t_s, e.confidence, e.shares) for e in found] == [
        (s.t_s, s.probability, dict(s.shares)) for s in expected
    ]
    assert {event.label for event in spot(BOTH, weights)} == {"card", "soccer"}


def test_a_channel_that_begins_later_or_earlier_says_nothing_of_what_lies_outside():
    values = np.arange(10.0)
    for start_s, first in ((2.0, 0.0), (-2.0, 4.0)):
        channel = channel_of(values, start_s, 2.0)
        said = channel.evidence(np.array([max(start_s, 0.0) + 0.1]), 0.0, 0.05, -7.0)
        assert said[0] == first
    assert channel_of(values, 2.0, 2.0).evidence(np.array([0.5]), 0.0, 0.2, -7.0)[0] == -7.0


def test_a_half_shorter_than_a_window_or_a_chunk_is_read_all_the_same():
    for config in (SMALL, CALF):
        short = {"video": track(1, 6, rows=3), "audio": track(2, 4, rows=3)}
        values, _ = curves_of(short, weights_of(config))
        assert values.shape == (3, 3) and np.isfinite(values).all()


def test_segments_of_a_long_half_join_without_a_seam(monkeypatch):
    weights = weights_of(SMALL)
    whole, _ = curves_of(BOTH, weights, ALL)
    monkeypatch.setattr("engine.spotting.scores._SEGMENT_FLOATS", 7 * weights.models[ALL].pools[0].inner)
    cut, _ = curves_of(BOTH, weights, ALL)
    np.testing.assert_allclose(cut, whole, atol=1e-5)


@needs_checkpoints
def test_a_published_checkpoint_is_converted_by_a_command(tmp_path, capsys):
    assert (
        main(["weights", "convert", str(checkpoint("NETVLAD_v1/model.pth.tar")), str(tmp_path / "v1"), "--json"]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert (said["network"], said["vocabulary"], said["window_s"]) == ("netvlad", "soccernet-v1", 20.0)
    assert load_spotting(tmp_path / "v1").checksum == said["sha256"]
    assert main(["weights", "convert", str(checkpoint("NETVLAD_v1/model.pth.tar")), str(tmp_path / "v1")]) == 2


def test_what_is_no_checkpoint_is_refused_in_two_lines(tmp_path, capsys):
    path = tmp_path / "model.pth.tar"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    for name, code in ((path, 5), (tmp_path / "none.pth", 5)):
        assert main(["weights", "convert", str(name), str(tmp_path / "out")]) == code
        assert len(capsys.readouterr().err.splitlines()) == 2
    assert not (tmp_path / "out").exists()


def test_keras_weights_without_h5py_say_which_extra_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "calf.h5").write_bytes(b"\x89HDF")
    assert main(["weights", "convert", str(tmp_path / "calf.h5"), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.splitlines()[1].endswith("pip install 'acoustic-momentum[keras]'")


def test_keras_weights_of_another_network_are_refused_in_two_lines(tmp_path, capsys, monkeypatch):
    for layers in (
        {"a/kernel": np.zeros((3, 3, 1, 2))},
        {},
        {f"conv_{n}/kernel": np.zeros((1, 1, 1, 3)) for n in range(11)},
    ):
        monkeypatch.setattr(published, "_read_keras", lambda _, found=layers: found)
        assert main(["weights", "convert", str(tmp_path / "other.h5"), str(tmp_path / "out")]) == 5
        message, hint = capsys.readouterr().err.splitlines()
        assert "other.h5 is no spotting network that is known" in message and "CALF" in hint
    assert not (tmp_path / "out").exists()


def test_weights_that_can_not_be_written_leave_nothing_behind(tmp_path, monkeypatch):
    before = save_spotting(tmp_path, weights_of(SMALL), "# a card\n")
    files = sorted(path.name for path in tmp_path.iterdir())

    def full(path, tensors):
        Path(path).write_bytes(b"the beginning")
        raise RuntimeError("[save_safetensors] no space is left")

    monkeypatch.setattr("mlx.core.save_safetensors", full)
    with pytest.raises(OSError, match="no space is left"):
        save_spotting(tmp_path, weights_of(SMALL), "# another\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert load_spotting(tmp_path).checksum == before


def test_a_causal_model_tells_two_events_half_of_apart_from_each_other_as_suppression_does(monkeypatch):
    curve = np.full((60, 3), -9.0)
    curve[[20, 31], 0] = 3.0, 2.0
    monkeypatch.setattr(front_door, "curves_of", lambda features, weights: (curve, 4.0))
    weights = weights_of(replace(SMALL, causal=True, events=EventSettings(apart_s=10.0)))
    assert [(event.t_s, event.told_s) for event in spot(BOTH, weights)] == [(14.0, 16.5), (19.5, 22.0)]


def test_danger_is_a_goal_a_penalty_or_a_shot_on_target():
    dangerous = {"Goal", "Penalty", "Shots on target"}
    assert {label for label in VOCABULARIES[V2] if class_of(label, DANGER)} == dangerous
    assert {label for label in VOCABULARIES[V1] if class_of(label, DANGER)} == {"soccer"}
    assert class_of("Corner", V2) == "Corner" and class_of("Corner", V1) is None
