"""A network is given units that know a cry from a song, and is otherwise what it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError, UsageError
from engine.model.checkpoint import WeightsConfig, load, save
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig, Readout
from engine.model.inference_engines import network_of
from engine.model.network import MlxNetwork
from engine.model.tags import TAG_NAMES
from engine.simulator.truth import Sounding
from tests.unit.onnx_runtime import runtime_or_skip
from tests.unit.train.segment_matches import made_up_match
from train.data.matches import TrainingMatch
from train.fit.network.cry_read_outs import AGAINST, CryReadOutSettings, Heard, fit_read_out, widened
from train.fit.network.widened_network import Array, ReadOut, with_cry_units

ENCODER = EncoderConfig(channels=(8, 8, 8, 8), embedding=12)
STRENGTH = 0.2


def network(readout: Readout = "last") -> MlxNetwork:
    return MlxNetwork(FrontEndConfig(), ENCODER, HeadConfig(hidden=6, fc=5, readout=readout), seed=3)


def read_outs(rng: np.random.Generator) -> list[ReadOut]:
    """Two that agree more often than not, above 0 as often as below."""
    slopes = rng.normal(0, 0.5, ENCODER.pooled_width) + rng.normal(0, 0.2, (2, ENCODER.pooled_width))
    return [ReadOut((mine - mine.mean()).astype(np.float32), 0.5) for mine in slopes]


def gains(before: MlxNetwork, after: MlxNetwork, pooled: Array) -> Array:
    """Log-odds that histories of windows gain, each ending at one of ``pooled``."""
    rows = np.stack([np.arange(i, i + 15) for i in range(len(pooled) - 14)])
    odds = [
        (logits[:, 1] - logits[:, 0]).astype(np.float64)
        for logits in (one.logits(one.embed(pooled)[rows]) for one in (before, after))
    ]
    return np.asarray(odds[1] - odds[0], np.float32)


def test_what_sounds_like_a_song_or_like_applause_keeps_its_index_and_a_clear_cry_gains():
    rng = np.random.default_rng(5)
    pooled = np.abs(rng.normal(0, 1.5, (400, ENCODER.pooled_width))).astype(np.float32)
    both = read_outs(rng)
    before = network()

    gain = gains(before, with_cry_units(before, both, STRENGTH), pooled)

    likelier = np.minimum(*(one.log_odds(pooled) for one in both))[14:]
    assert (likelier < 0).sum() > 50 and (likelier > 3).sum() > 50
    np.testing.assert_allclose(gain[likelier < 0], 0, atol=1e-4)
    np.testing.assert_allclose(gain, STRENGTH * np.clip(likelier, 0, None), rtol=0.05, atol=1e-3)


def test_no_sound_makes_an_index_that_is_sure_of_itself_for_ever():
    loud = np.full((20, ENCODER.pooled_width), 5.0, np.float32)
    sure = [ReadOut(np.ones(ENCODER.pooled_width, np.float32), 0.0)] * 2
    before = network()

    gain = gains(before, with_cry_units(before, sure, STRENGTH), loud)

    assert np.all(gain < STRENGTH * 30.0), "thirty log-odds are the most that a unit says"


def test_units_are_read_at_the_newest_window_alone():
    with pytest.raises(UsageError, match="mean"):
        with_cry_units(network("mean"), read_outs(np.random.default_rng(0)), STRENGTH)


def test_widened_weights_are_saved_and_run_as_any_others_in_both_engines(tmp_path: Path):
    runtime_or_skip()
    rng = np.random.default_rng(7)
    wide = with_cry_units(network(), read_outs(rng), STRENGTH)
    config = WeightsConfig("wide", True, "danger", wide.front_end, wide.encoder, wide.head)
    save(tmp_path / "wide", config, wide, "a card")
    again = load(tmp_path / "wide")
    histories = wide.embed(np.abs(rng.normal(0, 1, (15, ENCODER.pooled_width))).astype(np.float32))[None]

    np.testing.assert_array_equal(again.network.logits(histories), wide.logits(histories))
    in_onnx = network_of(again, "onnx")
    np.testing.assert_allclose(in_onnx.logits(histories), wide.logits(histories), atol=1e-4)


def reel(number: int, kinds: tuple[str, ...]) -> TrainingMatch:
    """Six minutes of noise with sounds in bands of their own by kind, one after the other."""
    plain = made_up_match(f"reel-{number}", number, minutes=6.0, goals=0)
    frames = plain.read(0, plain.frames).copy()
    bands = {
        "roar": slice(20, 30),
        "groan": slice(18, 26),
        "chant": slice(36, 46),
        "applause": slice(50, 62),
        "boo": slice(12, 20),
    }
    sounds = []
    for i, onset_s in enumerate(np.arange(40.0, 340.0, 15.0)):
        kind = kinds[i % len(kinds)]
        first, last = (round(at_s * 22050 / 1024) for at_s in (onset_s, onset_s + 8))
        frames[first:last, bands[kind]] += 25.0
        sounds.append(Sounding(kind, onset_s, onset_s + 1, onset_s + 8, 12.0))
    return replace(plain, read=lambda a, b: frames[a:b], simulated=True, sounds=tuple(sounds))


ALL = ("roar", "chant", "groan", "applause", "boo")


@pytest.mark.parametrize("others", AGAINST)
def test_a_read_out_knows_a_cry_from_each_of_the_others_in_a_reel_it_never_heard(others: tuple[str, ...]):
    plain = network()
    taught = fit_read_out(
        Heard.of(plain, [reel(1, ALL), reel(2, ALL)]), others, CryReadOutSettings(), np.random.default_rng(0)
    )

    new = Heard.of(plain, [reel(3, ALL)])
    odds = taught.log_odds(new.pooled.astype(np.float32))

    cheers = odds[new.tag == TAG_NAMES.index("cheer")]
    for other in others:
        theirs = odds[new.tag == TAG_NAMES.index(other)]
        likelier = (cheers[:, None] > theirs).mean()
        assert likelier > 0.95, f"a moment of a cheer, a moment of {other}: {likelier:.3f}"
        assert np.median(cheers) > 0 > np.median(theirs)


def test_what_is_heard_once_counts_as_much_as_what_is_heard_often():
    """Three columns, one for cries, one for applause, one for boos, of which there are a fiftieth as many."""
    rng = np.random.default_rng(4)
    tags = {"cheer": 600, "groan": 300, "applause": 1000, "boo": 20}
    column = {"cheer": 0, "groan": 0, "applause": 1, "boo": 2}
    rows = [rng.normal(0, 1, (many, 3)) + 2 * np.eye(3)[column[name]] for name, many in tags.items()]
    tag = np.concatenate([np.full(many, TAG_NAMES.index(name)) for name, many in tags.items()])
    heard = Heard(np.concatenate(rows).astype(np.float16), tag)

    taught = fit_read_out(heard, ("applause", "boo"), CryReadOutSettings(inverse_regularisation=1.0), rng)

    assert taught.weights[2] == pytest.approx(taught.weights[1], rel=0.4), "a boo is as little of a cry as applause"


def test_units_that_were_learned_read_the_newest_columns_alone():
    plain = network()
    wide = widened(plain, [reel(1, ALL)], CryReadOutSettings(), 0)
    windows = np.random.default_rng(8).normal(1, 0.5, (20, ENCODER.pooled_width)).astype(np.float32)
    others_before = windows.copy()
    others_before[:, : -ENCODER.column_width] += 3.0

    units, same = (wide.embed(pooled)[:, ENCODER.embedding :] for pooled in (windows, others_before))

    assert units.shape == (20, 2) and units.max() > 0
    np.testing.assert_array_equal(units, same)


@pytest.mark.parametrize("missing", ["applause", "boo", "chant"])
def test_reels_that_lack_one_of_the_others_teach_no_unit(missing: str):
    with pytest.raises(InputError, match=f"no {missing} is heard alone"):
        widened(network(), [reel(1, tuple(kind for kind in ALL if kind != missing))], CryReadOutSettings(), 0)
