"""Fitting to reviewed spikes: enough of them, and what they move."""

from contextlib import closing
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import InputError
from engine.football.match_clock import MatchOnSound
from engine.live.spike_detector import SpikeSettings
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights, WeightsConfig, load, parameters, save
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch, window_ends
from train.data.reviews import Reviewed, review_labels
from train.fit.calibration import NEVER
from train.fit.loop.run_folder import RunFolder
from train.fit.network.head_model import flat_parameters
from train.fit.reviewed.reviewed_sessions import SessionHistories
from train.fit.reviewed.reviews import ReviewSettings, _fit, choose_line, fit_reviews, review_inputs, shifted


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Weights:
    """A small network that has learned nothing but to be calm."""
    encoder, head = EncoderConfig(channels=(32, 32, 32, 32), embedding=32), HeadConfig(hidden=32, layers=1)
    calibration, spikes = Calibration(1.0, -1.0, True), SpikeSettings(on=0.5, off=0.47)
    config = WeightsConfig("base", True, "danger", FrontEndConfig(), encoder, head, calibration, spikes)
    folder = tmp_path_factory.mktemp("weights")
    network = MlxNetwork(FrontEndConfig(), encoder, head, 3)
    network.pressure.out_bias = mx.array([1.5, -1.5])
    save(folder, config, network, "card")
    return load(folder)


def session(right: int, wrong: int, seed: int = 1) -> TrainingMatch:
    """A spike every half minute: the right ones stand out in other bands than the wrong ones."""
    rng = np.random.default_rng(seed)
    danger = rng.permutation(np.arange(right + wrong) < right)
    onsets_s = 60.0 + 30.0 * np.arange(len(danger))
    frames = int((onsets_s[-1] + 20.0) / grid.HOP_S)
    mel = rng.normal(-50.0, 2.0, (frames, grid.MEL_BANDS)).astype(np.float32)
    for onset_s, is_danger in zip(onsets_s.tolist(), danger.tolist(), strict=True):
        bands = slice(10, 25) if is_danger else slice(40, 55)
        mel[int(onset_s / grid.HOP_S) : int((onset_s + 5.0) / grid.HOP_S), bands] += 20.0
    reviews = tuple(
        Reviewed(t + 1.0, t + 5.0, bool(d)) for t, d in zip(onsets_s.tolist(), danger.tolist(), strict=True)
    )
    labels = review_labels(reviews, window_ends(frames))
    return TrainingMatch(
        "session~0", frames, MatchOnSound((), ()), labels, lambda a, b: mel[a:b], f"digest-{seed}-1", reviews=reviews
    )


_USUAL = ReviewSettings().schedule
WHOLLY = ReviewSettings(
    share=1.0, histories=16,
    schedule=replace(_USUAL, steps=16, warmup=4, check_every=16, save_every=8, learning_rate=5e-3, ema=0.9),
)  # fmt: skip
"""All of the way to what was fitted: the network here has nothing to lose. A few long steps tell these spikes apart."""


def fit(weights, unit, folder, settings=WHOLLY):
    with closing(RunFolder(folder, review_inputs(settings, [unit], weights))) as run:
        return fit_reviews(weights, [unit], settings, run, "mine", lambda at: None)


def test_twenty_reviews_are_too_few_and_it_says_how_many_are_needed(weights, tmp_path):
    with pytest.raises(InputError, match=r"20 reviewed spikes \(10 right, 10 wrong\); 30 are needed"):
        fit(weights, session(10, 10), tmp_path)


def test_thirty_reviews_that_are_nearly_all_right_are_too_few(weights, tmp_path):
    with pytest.raises(InputError, match=r"25 right, 5 wrong\); 30 are needed, at least 8 of each"):
        fit(weights, session(25, 5), tmp_path)


def test_thirty_reviews_teach_a_head_to_tell_right_from_wrong(weights, tmp_path):
    unit = session(16, 16)
    fitted = fit(weights, unit, tmp_path)
    assert fitted.compared.verdict == "better"
    assert fitted.compared.new > 0.9 > fitted.compared.old
    before, after = parameters(weights.network), parameters(fitted.network)
    assert all(mx.array_equal(before[name], after[name]) == name.startswith("cnn.") for name in before)
    assert fitted.config.measured["reviewed_right"] == 16
    assert fitted.config.spikes.on < NEVER
    assert unit.mark in fitted.config.seen
    again = fit(weights, unit, tmp_path)
    assert again.config == fitted.config


def test_thirty_reviews_took_the_quietest_cries_out_of_reach_so_the_head_goes_a_part_of_the_way(weights, tmp_path):
    schedule = replace(ReviewSettings().schedule, steps=2, warmup=1, check_every=2, save_every=2)
    read = [SessionHistories.of(weights.network, session(2, 2))]
    moved = {}
    for share in (1.0, ReviewSettings().share):
        settings = ReviewSettings(schedule=schedule, share=share)
        with closing(RunFolder(tmp_path / str(share), {})) as run:
            head = _fit(weights.network, read, settings, run, "reviews", lambda at: None)
        before = flat_parameters(weights.network.pressure)
        moved[share] = {name: tensor - before[name] for name, tensor in flat_parameters(head).items()}
    assert ReviewSettings().share < 0.5
    for name, way in moved[1.0].items():
        assert mx.allclose(moved[ReviewSettings().share][name], ReviewSettings().share * way, atol=1e-6)
    assert any(mx.abs(way).max() > 1e-4 for way in moved[1.0].values())


def test_what_has_learned_from_a_session_is_not_judged_by_it(weights, tmp_path):
    unit = session(16, 16)
    taught = replace(weights, config=replace(weights.config, seen=(unit.mark,)))
    usual = ReviewSettings()
    short = replace(usual, schedule=replace(usual.schedule, steps=2))
    assert fit(taught, unit, tmp_path, short).compared.verdict == "not judged"


def test_where_most_alarms_were_wrong_the_index_means_less():
    odds = [np.full(20, 0.5 + 0.1 * i) for i in range(40)]
    truth = np.arange(40) % 4 == 0
    found = shifted(Calibration(1.0, 0.0, True), odds, truth)
    index = [1 / (1 + np.exp(-(one + found.offset))) for one in odds]
    assert np.mean(index) == pytest.approx(11 / 42, abs=1e-3)
    assert found.slope == 1.0


def test_one_long_spike_counts_as_one():
    odds = [np.full(5, 1.0), np.full(5000, -1.0), np.full(5, 1.0), np.full(5, -1.0)]
    found = shifted(Calibration(), odds, np.array([True, False, True, False]))
    assert found.offset == pytest.approx(0.0, abs=1e-3)


def _readings(tops):
    times_s = np.arange(0.0, 6.0, 0.1)
    return [times_s] * len(tops), [np.where((times_s > 1) & (times_s < 5), top, 0.05) for top in tops]


def test_the_line_lies_between_the_right_and_the_wrong_ones():
    times_s, index = _readings([0.8, 0.7, 0.75, 0.4, 0.5])
    truth = np.array([True, True, True, False, False])
    line, found = choose_line(times_s, index, truth, np.full(100, 0.05), SpikeSettings())
    assert line == pytest.approx(0.7)
    assert found["alarms"] == "3 of 3 right and 0 of 2 wrong ones"


def test_a_line_below_the_index_at_rest_is_not_taken():
    times_s, index = _readings([0.8, 0.7, 0.4])
    truth = np.array([True, True, False])
    line, found = choose_line(times_s, index, truth, np.full(100, 0.65), SpikeSettings())
    assert line == NEVER
    assert "none" in found["alarms"]
