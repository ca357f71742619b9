"""The curves that a session keeps: how sure each channel, and all of them together, were all along."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.spotted import Lane
from engine.spotting.confidence_lanes import lanes_of
from engine.spotting.late_fusion import spot_beside
from engine.spotting.scores import FeatureTrack
from engine.spotting.spot import curves_of
from tests.unit.engine.spotting.test_late_fusion import said
from tests.unit.engine.spotting.test_spotting_weights import BOTH, LATE_ONE, SMALL, weights_of

WORDS = {"words": {"soccer": said(13.0, 30.0)}}


def by_name(lanes: list[Lane]) -> dict[str, Lane]:
    return {lane.name: lane for lane in lanes}


def test_a_channel_s_curve_is_the_highest_probability_of_any_class_at_every_half_second():
    weights = weights_of(LATE_ONE)
    lane = by_name(lanes_of(BOTH, weights, {}))["audio"]
    values, start_s = curves_of(BOTH, weights, "audio")
    np.testing.assert_allclose(lane.highest, (1 / (1 + np.exp(-values))).max(axis=1), rtol=1e-5)
    assert lane.step_s == 0.5 and np.array_equal(lane.t_s, start_s + np.arange(60) / 2)


@pytest.mark.parametrize("config", [SMALL, LATE_ONE], ids=lambda config: config.name)
def test_no_event_is_surer_than_the_fused_curve_at_its_moment(config):
    weights = weights_of(config)
    fused = by_name(lanes_of(BOTH, weights, WORDS))["fused"]
    events = spot_beside(BOTH, weights, WORDS)
    at = dict(zip(fused.t_s.tolist(), fused.highest.tolist(), strict=True))
    assert events and all(at[event.t_s] >= event.confidence - 1e-6 for event in events)
    surest = max(events, key=lambda event: event.confidence)
    assert at[surest.t_s] == pytest.approx(surest.confidence, abs=1e-5)


def test_channels_that_are_read_together_are_one_lane_and_fused_only_with_what_is_heard_beside():
    weights = weights_of(SMALL)
    assert list(by_name(lanes_of(BOTH, weights, {}))) == ["video+audio"]
    assert list(by_name(lanes_of(BOTH, weights, WORDS))) == ["video+audio", "fused"]
    assert list(by_name(lanes_of({"video": BOTH["video"]}, weights_of(LATE_ONE), {}))) == ["video", "fused"]


def test_of_more_rows_a_second_the_highest_of_each_half_second_is_kept():
    quick = replace(SMALL, window=replace(SMALL.window, rate_hz=4.0))
    fast = {name: FeatureTrack(track.values, 4.0, 1.0) for name, track in BOTH.items()}
    (slow,), (lane,) = lanes_of(BOTH, weights_of(SMALL), {}), lanes_of(fast, weights_of(quick), {})
    assert lane.t_s[:3].tolist() == [1.0, 1.5, 2.0]
    assert lane.highest.tolist() == slow.highest.reshape(-1, 2).max(axis=1).tolist()
