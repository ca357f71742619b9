"""Exported Core ML packages, read back: their shapes, their operations, and their numbers."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import UsageError
from engine.model.checkpoint import Weights, load
from engine.model.export.coreml_files import export_coreml
from engine.model.head import READOUTS
from engine.model.tags import TagsConfig
from tests.extras import need
from tests.unit.engine.explain.sessions import small_weights
from tests.unit.engine.model.export.coreml_runs import HALF, NAMES, features_of, logits_of, served, windows_of
from tests.unit.engine.model.export.mil import SavedProgram
from tests.untrained_weights import write_untrained_weights

need("coremltools", "coreml")


@pytest.fixture(scope="module")
def folder(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "coreml"
    export_coreml(weights, folder)
    return folder


@pytest.fixture(scope="module")
def programs(folder: Path) -> dict[str, SavedProgram]:
    return {name: SavedProgram(folder / f"{name}.mlpackage") for name in NAMES}


def test_the_saved_programs_give_the_served_logits(
    weights: Weights, programs: dict[str, SavedProgram], crowd: np.ndarray
) -> None:
    features = features_of(weights, crowd)
    assert np.abs(logits_of(programs, features) - served(weights, features)).max() < HALF


def test_a_column_and_its_embedding_are_those_of_the_engine(
    weights: Weights, programs: dict[str, SavedProgram], crowd: np.ndarray
) -> None:
    network = weights.network
    window = features_of(weights, crowd)[: grid.WINDOW_FRAMES]
    columns = network.columns(window)
    field, stride = network.encoder.receptive_field, network.encoder.time_stride
    for k in (0, 7, len(columns) - 1):
        strip = window[k * stride : k * stride + field].transpose(2, 0, 1)[None]
        assert np.abs(programs["column"].run(strip).reshape(-1) - columns[k]).max() < HALF
    newest = filter(None, (network.encoder.middle_columns, network.encoder.recent_columns))
    parts = [columns, *(columns[-count:] for count in newest)]
    pooled = np.concatenate([part.mean(axis=0) for part in parts])
    embedding = programs["embed"].run(pooled[None, :, None, None]).reshape(-1)
    assert np.abs(embedding - network.embed(pooled[None])[0]).max() < HALF


def test_shapes_are_fixed_with_channels_first_and_the_encoder_is_half_precision(
    weights: Weights, programs: dict[str, SavedProgram]
) -> None:
    encoder, inputs = weights.config.encoder, weights.config.front_end.channels
    width, pooled, embedding = encoder.column_width, encoder.pooled_width, encoder.embedding
    assert programs["column"].shapes() == ((1, inputs, encoder.receptive_field, 64), (1, width, 1, 1))
    assert programs["embed"].shapes() == ((1, pooled, 1, 1), (1, embedding, 1, 1))
    assert programs["window"].shapes() == ((1, inputs, grid.WINDOW_FRAMES, 64), (1, embedding, 1, 1))
    assert programs["head"].shapes() == ((1, embedding, 1, grid.WINDOWS), (1, 2))
    for name in ("column", "embed", "window"):
        assert "lstm" not in programs[name].kinds
        assert programs[name].types_of("conv") == programs[name].types_of("relu6") == {"fp16"}
    assert programs["head"].types_of("lstm") == {"fp32"}


@pytest.mark.parametrize("readout", READOUTS)
def test_every_readout_is_exported(tmp_path: Path, readout: str) -> None:
    weights = small_weights(tmp_path / "weights", readout)
    export_coreml(weights, tmp_path / "out")
    history = np.random.default_rng(2).random((1, grid.WINDOWS, weights.config.encoder.embedding)).astype(np.float32)
    found = SavedProgram(tmp_path / "out" / "head.mlpackage").run(history.transpose(0, 2, 1)[:, :, None])
    assert np.abs(found - weights.network.logits(history)).max() < 1e-5


def test_tags_are_a_package_of_their_own(tmp_path: Path) -> None:
    write_untrained_weights(tmp_path / "tagged", 5, TagsConfig(("chant", "cheer"), 8, (2.0, 0.5), (0.0, -1.0)))
    weights = load(tmp_path / "tagged")
    export_coreml(weights, tmp_path / "out")
    program = SavedProgram(tmp_path / "out" / "tags.mlpackage")
    width = weights.config.encoder.pooled_width
    assert program.shapes() == ((1, width, 1, 1), (1, 2))
    pooled = np.random.default_rng(2).uniform(0, 2, (1, width)).astype(np.float32)
    np.testing.assert_allclose(program.run(pooled[:, :, None, None]), weights.network.tag_logits(pooled), atol=1e-5)
    assert json.loads(program.metadata["tags"])["names"] == ["chant", "cheer"]


def test_every_package_says_what_the_weights_say(
    weights: Weights, folder: Path, programs: dict[str, SavedProgram]
) -> None:
    about = json.loads((folder / "description.json").read_text())
    assert about["weights"]["sha256"] == weights.checksum
    for program in programs.values():
        assert {name: json.loads(program.metadata[name]) for name in about} == about


def test_packages_are_the_owners_alone_and_replaced_only_when_asked(weights: Weights, tmp_path: Path) -> None:
    export_coreml(weights, tmp_path / "out")
    for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="is there already"):
        export_coreml(weights, tmp_path / "out")
    export_coreml(weights, tmp_path / "out", replace=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*(f"{name}.mlpackage" for name in NAMES), "description.json"]
    )


@pytest.mark.skipif(sys.platform != "darwin", reason="Core ML runs on macOS only")
def test_core_ml_itself_gives_the_served_logits(weights: Weights, folder: Path, crowd: np.ndarray) -> None:
    import coremltools

    window, head = (coremltools.models.MLModel(str(folder / f"{name}.mlpackage")) for name in ("window", "head"))
    features = features_of(weights, crowd)
    embeddings = [window.predict({"frames": one.transpose(2, 0, 1)[None]})["embedding"] for one in windows_of(features)]
    logits = head.predict({"history": np.concatenate(embeddings, axis=3)})["logits"][0]
    assert np.abs(logits - served(weights, features)).max() < HALF
