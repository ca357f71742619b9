"""What the index hears and what the commentary hears of one sound."""

from itertools import count

import numpy as np
import pytest

from engine.app.separate_voices import networks_of, separation_of, voices_alone, without_voices
from engine.core.errors import UsageError
from engine.core.settings import Settings
from engine.separation.onnx_u_net import OnnxStems
from engine.separation.u_net import MlxStems
from tests.extras import need
from tests.unit.engine.separation.made_up import write_model
from tests.unit.train.matches import Played


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_model(tmp_path_factory.mktemp("stems")))


def test_the_index_and_the_words_share_the_sound_between_them(model: str):
    sound = np.random.default_rng(4).normal(0, 0.1, 30_000).astype(np.float32)
    settings = Settings(separate=True, separation_model=model)
    rest = without_voices(settings)(Played(sound))
    voices = voices_alone(Played(sound), model, "auto")
    parts = [np.concatenate([block.samples for block in one.blocks()]) for one in (rest, voices)]
    assert np.abs(sum(parts) - sound).max() < 1e-6 and min(np.abs(part).max() for part in parts) > 0.01


def test_what_is_not_to_be_taken_apart_is_heard_as_it_is(model: str):
    source, settings = Played(np.zeros(10, np.float32)), Settings(separation_model=model)
    assert without_voices(settings)(source) is source and separation_of(settings) is None


def test_the_engine_is_the_one_that_was_chosen(model: str):
    need("onnxruntime", "onnx")
    for choice, kind in (("onnx", OnnxStems), ("mlx", MlxStems)):
        assert isinstance(networks_of(Settings(separation_model=model, engine=choice)), kind)


def test_a_machine_that_needs_longer_than_the_sound_lasts_is_refused_where_it_must_keep_up(model: str):
    need("onnxruntime", "onnx")
    settings, seconds = Settings(separation_model=model, engine="onnx"), count(0, 2)
    with pytest.raises(UsageError, match=r"costs 2\.7 s of processor for each second"):
        networks_of(settings, True, lambda: float(next(seconds)))
    networks_of(settings, True, lambda: 0.0)
