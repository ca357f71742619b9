"""The tag read-out: the same in every engine, beside weights that know of none."""

import json
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from engine.core.errors import ExitCode, WeightsError
from engine.core.weights_config_file import CONFIG_FILE
from engine.model.checkpoint import load, parameters, save
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork, Network
from engine.model.tags import TAG_NAMES, TagsConfig
from tests.untrained_weights import write_untrained_weights

FEW = TagsConfig(("chant", "cheer", "horn"), 8, (1.0, 2.0, 0.5), (0.0, -1.0, 3.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_untrained_weights(tmp_path / "tagged", 5, FEW)
    return tmp_path / "tagged"


def _pooled(n: int, encoder: EncoderConfig) -> np.ndarray:
    return np.random.default_rng(8).uniform(0, 2, (n, encoder.pooled_width)).astype(np.float32)


def test_the_log_odds_are_two_layers_of_what_is_embedded(tagged_network: Network, tagged_mlx_network: MlxNetwork):
    pooled = _pooled(40, tagged_network.encoder)
    read = {name.removeprefix("tags."): np.asarray(t) for name, t in parameters(tagged_mlx_network).items()}
    hidden = np.clip(pooled.astype(np.float64) @ read["hidden"] + read["hidden_bias"], 0, 6)
    expected = hidden @ read["out"] + read["out_bias"]
    assert expected.shape == (40, len(TAG_NAMES)) and expected.std() > 0.1
    np.testing.assert_allclose(tagged_network.tag_logits(pooled), expected, atol=1e-5)
    np.testing.assert_allclose(tagged_network.tag_logits(pooled[:1]), expected[:1], atol=1e-5)


def test_a_gpu_and_training_read_the_same_as_a_processor(tagged_mlx_network: MlxNetwork):
    pooled = _pooled(9, tagged_mlx_network.encoder)
    assert tagged_mlx_network.tags is not None
    in_mlx = np.asarray(tagged_mlx_network.tags(mx.array(pooled)))
    np.testing.assert_allclose(in_mlx, tagged_mlx_network.tag_logits(pooled), atol=1e-5)


def test_tags_change_no_bit_of_the_rest(mlx_network: MlxNetwork, tagged_mlx_network: MlxNetwork):
    tagged = parameters(tagged_mlx_network)
    for name, tensor in parameters(mlx_network).items():
        np.testing.assert_array_equal(np.asarray(tensor), np.asarray(tagged.pop(name)))
    width = tagged_mlx_network.encoder.pooled_width
    assert {name: tensor.shape for name, tensor in tagged.items()} == {
        "tags.hidden": (width, 64), "tags.hidden_bias": (64,), "tags.out": (64, 11), "tags.out_bias": (11,)
    }  # fmt: skip


def test_a_network_without_tags_has_none_to_tell(network: Network):
    assert network.tags_config is None
    with pytest.raises(ValueError, match="no tags"):
        network.tag_logits(_pooled(1, network.encoder))


def test_a_probability_is_platts_scaling_of_its_own_tag():
    (named,) = FEW.named(FEW.probabilities(np.array([[0.0, 1.0, -2.0]], np.float32)))
    expected = {"chant": 0.5, "cheer": 1 / (1 + np.exp(-1.0)), "horn": 1 / (1 + np.exp(-2.0))}
    assert named == pytest.approx(expected)
    assert FEW.probabilities(np.array([[-1e30, 1e30, 0.0]], np.float32))[0, :2].tolist() == [0.0, 1.0]


def test_saved_weights_with_tags_come_back(folder: Path, tmp_path: Path):
    weights = load(folder)
    assert weights.config.tags == weights.network.tags_config == FEW
    save(tmp_path / "again", weights.config, weights.network, "card")
    again = load(tmp_path / "again")
    assert again.config == weights.config and again.checksum == weights.checksum
    pooled = _pooled(3, weights.config.encoder)
    np.testing.assert_array_equal(again.network.tag_logits(pooled), weights.network.tag_logits(pooled))


def test_a_config_of_weights_without_tags_does_not_mention_them(tmp_path: Path):
    write_untrained_weights(tmp_path / "plain", 5)
    assert "tags" not in json.loads((tmp_path / "plain" / CONFIG_FILE).read_text())
    assert load(tmp_path / "plain").config.tags is None


def test_weights_whose_config_and_network_differ_in_tags_are_not_written(folder: Path, tmp_path: Path):
    without = MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig())
    with pytest.raises(ValueError, match="tags"):
        save(tmp_path / "none", load(folder).config, without, "card")
    assert not (tmp_path / "none").exists()


TAGS = {"names": ["chant", "cheer", "horn"], "hidden": 8, "slopes": [1.0, 2.0, 0.5], "offsets": [0, -1, 3]}


def _load_with(folder: Path, tags: object) -> None:
    path = folder / CONFIG_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "tags": tags}))
    load(folder)


def test_a_config_may_write_whole_numbers(folder: Path):
    _load_with(folder, TAGS)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({**TAGS, "slopes": [1.0]}, "3 tags and 1 slopes"),
        ({**TAGS, "offsets": [1.0] * 4}, "3 tags and 4 offsets"),
        ({**TAGS, "slopes": [float("nan")] * 3}, "NaN"),
        ({**TAGS, "slopes": [10**400] * 3}, "describe"),
        ({**TAGS, "slopes": [True] * 3}, "slopes"),
        ({**TAGS, "slopes": "123"}, "slopes"),
        ({**TAGS, "names": ["chant", "cheer", "\x1b[31mbomb"]}, "unknown tag"),
        ({**TAGS, "names": ["chant", "chant", "horn"]}, "once"),
        ({**TAGS, "names": [], "slopes": [], "offsets": []}, "names"),
        ({**TAGS, "names": {"chant": 1}}, "names"),
        ({**TAGS, "names": [1, 2, 3]}, "names"),
        ({**TAGS, "hidden": 0}, "hidden"),
        ({**TAGS, "hidden": 8.0}, "hidden"),
        ({**TAGS, "hidden": 10**12}, "hidden"),
        ({**TAGS, "hidden": 16}, "tags.hidden"),
        ({**TAGS, "more": 1}, "'more'"),
        ({key: value for key, value in TAGS.items() if key != "slopes"}, "lack 'slopes'"),
        ([], "tags"),
        ("cheer", "tags"),
        (None, "tags."),
    ],
)
def test_tags_that_do_not_fit_are_refused_in_two_lines(folder: Path, tags: object, said: str):
    with pytest.raises(WeightsError) as caught:
        _load_with(folder, tags)
    assert said in caught.value.message and caught.value.hint
    assert caught.value.exit_code is ExitCode.WEIGHTS
    assert "\n" not in caught.value.message and "\x1b" not in caught.value.message
