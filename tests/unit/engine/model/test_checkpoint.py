"""Weights on disk: what is saved comes back, what is wrong is refused."""

import json
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from engine.core.errors import ExitCode, WeightsError
from engine.core.paths import shipped_weights
from engine.core.weights_config_file import CARD_FILE, CONFIG_FILE, TENSOR_FILE
from engine.model.checkpoint import load, parameters, save
from tests.untrained_weights import write_untrained_weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_untrained_weights(tmp_path / "mine", seed=5)
    return tmp_path / "mine"


def _edit(folder: Path, **changes: object) -> None:
    path = folder / CONFIG_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _retensor(folder: Path, tensors: dict[str, mx.array]) -> None:
    import hashlib

    mx.save_safetensors(str(folder / TENSOR_FILE), tensors)
    _edit(folder, sha256=hashlib.sha256((folder / TENSOR_FILE).read_bytes()).hexdigest())


def _refused(folder: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        load(folder)
    assert caught.value.exit_code is ExitCode.WEIGHTS
    assert caught.value.hint
    return caught.value.message


def test_saved_weights_come_back(folder, tmp_path):
    weights = load(folder)
    save(tmp_path / "again", weights.config, weights.network, "card")
    again = load(tmp_path / "again")
    assert again.config == weights.config
    assert again.checksum == weights.checksum
    for name, tensor in parameters(weights.network).items():
        np.testing.assert_array_equal(np.asarray(tensor), np.asarray(parameters(again.network)[name]))


def test_a_seed_gives_the_same_bytes(folder, tmp_path):
    write_untrained_weights(tmp_path / "other" / "mine", seed=5)
    for name in (CONFIG_FILE, TENSOR_FILE, CARD_FILE):
        assert (folder / name).read_bytes() == (tmp_path / "other" / "mine" / name).read_bytes()


def test_untrained_weights_say_so(folder):
    config = load(folder).config
    assert not config.trained
    assert config.title == "mine (untrained)"


def test_the_shipped_weights_load():
    weights = load(shipped_weights() / "default")
    assert weights.config.name == "default"
    assert (weights.folder / CARD_FILE).is_file()


def test_a_flipped_byte_is_found(folder):
    data = bytearray((folder / TENSOR_FILE).read_bytes())
    data[-5] ^= 1
    (folder / TENSOR_FILE).write_bytes(data)
    assert "SHA-256" in _refused(folder)


def test_a_wrong_shape_is_named(folder):
    tensors = dict(parameters(load(folder).network))
    tensors["pressure.out"] = mx.zeros((64, 3))
    _retensor(folder, tensors)
    assert "pressure.out" in _refused(folder)


def test_a_wrong_type_is_named(folder):
    tensors = dict(parameters(load(folder).network))
    tensors["pressure.out"] = tensors["pressure.out"].astype(mx.float16)
    _retensor(folder, tensors)
    assert "float16" in _refused(folder)


@pytest.mark.parametrize("change", ["missing", "extra", "nan"])
def test_missing_unknown_and_absurd_tensors_are_refused(folder, change):
    tensors = dict(parameters(load(folder).network))
    if change == "missing":
        del tensors["cnn.stem.weight"]
    elif change == "extra":
        tensors["cnn.more"] = mx.zeros((1,))
    else:
        tensors["cnn.stem.bias"] = mx.full((32,), float("nan"))
    _retensor(folder, tensors)
    assert "cnn." in _refused(folder)


def test_a_file_that_is_no_safetensors_is_refused(folder):
    import hashlib

    (folder / TENSOR_FILE).write_bytes(b"\x80\x04pickle")
    _edit(folder, sha256=hashlib.sha256(b"\x80\x04pickle").hexdigest())
    assert "safetensors" in _refused(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema_version": 99}, "schema version 99"),
        ({"grid": {"hop": 512}}, "time grid"),
        ({"encoder": {"channels": [32, 64], "strides": [[2, 2]], "embedding": 128}}, "does not have"),
        ({"encoder": {"channels": "many", "strides": [], "embedding": 128}}, "describe"),
        ({"head": {"hidden": 64, "layers": 2, "readout": "first", "fc": 64}}, "does not have"),
        ({"calibration": {"slope": "1", "offset": 0, "fitted": False}}, "slope"),
        ({"surprise": 1}, "surprise"),
        ({"sha256": None}, "sha256"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(folder, changes, said):
    _edit(folder, **changes)
    assert said in _refused(folder)


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("spikes", []),
        ("encoder", {"channels": [float("inf")]}),
        ("front_end", {"time_constant_s": float("nan")}),
        ("spikes", {"on": 7.0}),
        ("measured", {"recall": float("inf")}),
        ("head", 10**400),
    ],
)
def test_a_value_that_can_not_be_is_refused(folder, section, value):
    _edit(folder, **{section: value})
    assert CONFIG_FILE in _refused(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "\xff\xfe"])
def test_a_config_that_is_no_json_object_is_refused(folder, text):
    (folder / CONFIG_FILE).write_bytes(text.encode("latin-1"))
    assert CONFIG_FILE in _refused(folder)


@pytest.mark.parametrize("name", [CONFIG_FILE, TENSOR_FILE])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert name in _refused(folder)
