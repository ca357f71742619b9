"""The model of words on disk: what was written is read back, and what was changed is refused."""

import json

import numpy as np
import pytest

from engine.commentary.word_weights import load_words, save_words
from engine.commentary.words_to_events import hear
from engine.core.errors import ExitCode, WeightsError
from tests.unit.engine.commentary.networks import chatter, weights


@pytest.fixture
def folder(tmp_path):
    one = weights()
    save_words(tmp_path / "model", one.config, one.networks, "# a card\n")
    return tmp_path / "model"


def test_a_model_is_read_back_as_it_was_written(folder):
    read, written = load_words(folder), weights()
    assert read.config == written.config
    half = chatter(120.0, (50.0, "goal"), (80.0, "corner"))
    for mode in ("archive", "live"):
        assert hear([half], read, mode).logits == pytest.approx(hear([half], written, mode).logits, abs=0.02)


def test_a_model_whose_tensors_were_changed_is_refused(folder):
    tensors = folder / "weights.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsError, match="not the file"):
        load_words(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema_version": 9}, "this version"),
        ({"counts": ["words"]}, "this version"),
        ({"kinds": ["Goal"]}, "differ"),
        ({"modes": {"archive": {}}}, "no model"),
    ],
)
def test_a_config_of_another_model_is_refused(folder, change, says):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(WeightsError, match=says) as told:
        load_words(folder)
    assert told.value.exit_code == ExitCode.WEIGHTS


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(WeightsError, match="no model of words"):
        load_words(tmp_path)


def test_eight_bits_keep_vectors_within_half_a_step_of_the_largest(folder):
    read, written = load_words(folder).networks["archive"], weights().networks["archive"]
    assert np.abs(read.vectors - written.vectors).max() <= np.abs(written.vectors).max() / 254 + 1e-6
