"""Exported ONNX files: a stranger can run them with what is written in them alone."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import ExitCode, UsageError
from engine.core.signals import AudioBlock
from engine.live.stream import PressureStream
from engine.model.checkpoint import Weights, load
from engine.model.export.onnx_files import export_onnx
from engine.model.tags import TagsConfig
from tests.unit.onnx_runtime import runtime_or_skip
from tests.untrained_weights import write_untrained_weights

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
onnxruntime = runtime_or_skip()


@pytest.fixture(scope="module")
def folder(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "onnx"
    export_onnx(weights, folder)
    return folder


def _session(file: Path):
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def test_a_reading_from_the_files_and_their_metadata_alone(weights: Weights, folder: Path):
    columns, embed, head = (_session(folder / f"{name}.onnx") for name in ("columns", "embed", "head"))
    about = {name: json.loads(text) for name, text in columns.get_modelmeta().custom_metadata_map.items()}
    frames, hop = about["grid"]["history_frames"], about["grid"]["window_hop_frames"]
    stride, per_window = about["encoder"]["time_stride"], about["encoder"]["window_columns"]
    heard = np.random.default_rng(1).normal(size=(1, frames, 64, about["front_end"]["channels"])).astype(np.float32)
    (segment,) = columns.run(None, {"frames": heard})[0]
    spans = [about["encoder"].get(name, 0) for name in ("middle_columns", "recent_columns")]
    windows = [segment[k * hop // stride :][:per_window] for k in range(about["grid"]["windows"])]
    pooled = [
        np.concatenate([window[-newest:].mean(axis=0) for newest in (per_window, *spans) if newest])
        for window in windows
    ]
    embeddings = embed.run(None, {"pooled": np.stack(pooled)})[0]
    ((calm, danger),) = head.run(None, {"histories": embeddings[None]})[0]
    platt = about["calibration"]
    pressure = 1 / (1 + np.exp(-(platt["slope"] * (danger - calm) + platt["offset"])))

    windows = np.stack([heard[0, k * hop :][: grid.WINDOW_FRAMES] for k in range(grid.WINDOWS)])
    logits = weights.network.logits(weights.network.window_embeddings(windows)[None])
    assert pressure == pytest.approx(weights.config.calibration.probability(logits)[0], abs=1e-5)


def test_every_file_says_what_the_weights_say(weights: Weights, folder: Path):
    config = weights.config
    for file in folder.glob("*.onnx"):
        about = {entry.key: json.loads(entry.value) for entry in onnx.load(file).metadata_props}
        assert about == json.loads((folder / "description.json").read_text())
        assert about["weights"] == {"name": config.name, "trained": config.trained, "sha256": weights.checksum}
        assert about["label_rule"] == config.label_rule
        assert about["spikes"]["on"] == config.spikes.on
        assert about["front_end"]["time_constant_s"] == config.front_end.time_constant_s
        assert len(about["mel"]["band_edges_hz"]) == grid.MEL_BANDS + 2


def test_the_files_are_the_owners_alone_and_the_same_every_time(weights: Weights, folder: Path, tmp_path: Path):
    export_onnx(weights, tmp_path / "again")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in folder.iterdir()) == [
        "columns.onnx", "description.json", "embed.onnx", "head.onnx", "window.onnx",
    ]  # fmt: skip
    for file in folder.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_weights_with_tags_have_a_file_more_and_the_others_as_without(tmp_path: Path):
    tags = TagsConfig(("chant", "cheer"), 8, (2.0, 0.5), (0.0, -1.0))
    for name, chosen in (("plain", None), ("tagged", tags)):
        write_untrained_weights(tmp_path / name / "weights", 5, chosen)
        export_onnx(load(tmp_path / name / "weights"), tmp_path / name / "onnx")
    plain, tagged = ({file.name: file for file in (tmp_path / name / "onnx").iterdir()} for name in ("plain", "tagged"))
    assert set(tagged) - set(plain) == {"tags.onnx"}
    for name in set(plain) - {"description.json"}:
        assert onnx.load(plain[name]).graph == onnx.load(tagged[name]).graph
    network = load(tmp_path / "tagged" / "weights").network
    pooled = np.random.default_rng(3).uniform(0, 2, (5, network.encoder.pooled_width)).astype(np.float32)
    (log_odds,) = _session(tagged["tags.onnx"]).run(None, {"pooled": pooled})
    about = json.loads(tagged["description.json"].read_text())["tags"]
    assert about["names"] == ["chant", "cheer"]
    probabilities = 1 / (1 + np.exp(-(np.array(about["slopes"]) * log_odds + about["offsets"])))
    np.testing.assert_allclose(probabilities, tags.probabilities(network.tag_logits(pooled)), atol=1e-5)


def test_nothing_is_replaced_unasked(weights: Weights, folder: Path, tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        export_onnx(weights, folder)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "is there already" in caught.value.message
    export_onnx(weights, folder, replace=True)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        export_onnx(weights, tmp_path / "file", replace=True)


def test_the_guides_example_gives_the_programs_own_index(weights: Weights, folder: Path):
    guide = (Path(__file__).parents[5] / "docs" / "export.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    seconds = np.arange(44 * grid.SAMPLE_RATE_HZ) / grid.SAMPLE_RATE_HZ
    noise = np.random.default_rng(5).normal(size=len(seconds))
    samples = (0.05 * noise * (1.0 + 3.0 * (np.sin(seconds) > 0.8))).astype(np.float32)
    names = {"folder": folder, "samples": samples}
    exec(example, names)
    stride = weights.config.encoder.time_stride
    stream = PressureStream(weights.network, weights.config.calibration, stride)
    ours = [reading.pressure for reading in stream.push(AudioBlock(samples, 0)) if reading.pressure is not None]
    theirs = [pressure for pressure in names["index"] if pressure is not None]
    assert len(ours) > 10
    np.testing.assert_allclose(theirs, ours, atol=1e-5)
