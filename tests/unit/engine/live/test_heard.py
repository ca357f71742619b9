"""What is heard beside the index: the same however the sound comes, absent where there is no index."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.signals import AudioBlock, Health, Reading
from engine.live.many_streams import ManyStreams
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.front_end import FrontEnd
from engine.model.network import MlxNetwork, Network
from engine.model.tags import TAG_NAMES
from tests.unit.engine.conftest import listen


def _heard(readings: list[Reading], field: str = "heard") -> dict[float, np.ndarray]:
    found = {reading.t: getattr(reading, field) for reading in readings}
    return {t: np.array([heard[name] for name in TAG_NAMES]) for t, heard in found.items() if heard is not None}


def _assert_same(ours: list[Reading], theirs: list[Reading]) -> None:
    for field in ("heard", "tags"):
        mine, other = _heard(ours, field), _heard(theirs, field)
        assert mine.keys() == other.keys() and mine
        for t, values in mine.items():
            np.testing.assert_allclose(values, other[t], atol=1e-5)


@pytest.fixture(scope="module")
def whole(tagged_network: Network, steep: Calibration, crowd: np.ndarray) -> list[Reading]:
    return listen(PressureStream(tagged_network, steep), crowd)


def test_what_is_heard_is_told_once_a_second_at_fixed_frames(whole: list[Reading], crowd: np.ndarray):
    ends = range(0, grid.frames_in(len(crowd)) + 1, grid.HEARD_FRAMES)
    assert list(_heard(whole)) == [grid.end_time_s(end) for end in ends if end >= grid.HISTORY_FRAMES]
    ends = range(0, grid.frames_in(len(crowd)) + 1, grid.TAG_FRAMES)
    assert list(_heard(whole, "tags")) == [grid.end_time_s(end) for end in ends if end >= grid.HISTORY_FRAMES]
    assert np.array(list(_heard(whole, "tags").values())).std(axis=0).min() > 1e-4


def test_the_index_is_the_same_with_tags_and_without(mlx_network, tagged_mlx_network, steep, crowd):
    tagged = listen(PressureStream(tagged_mlx_network, steep), crowd)
    plain = listen(PressureStream(mlx_network, steep), crowd)
    assert [reading.pressure for reading in tagged] == [reading.pressure for reading in plain]
    assert all(reading.heard is None and reading.tags is None for reading in plain)


@settings(max_examples=4, deadline=None)
@given(sizes=st.lists(st.integers(1, 100_000), min_size=5, max_size=40))
def test_what_is_heard_does_not_depend_on_the_blocks(tagged_network, steep, crowd, whole, sizes):
    _assert_same(listen(PressureStream(tagged_network, steep), crowd, sizes), whole)


def test_what_is_heard_is_of_the_newest_window_computed_from_scratch(tagged_mlx_network: MlxNetwork, whole, crowd):
    network = tagged_mlx_network
    assert network.tags_config is not None
    frames = FrontEnd(network.front_end).push(log_mel(crowd))
    for end in (840, 1160):
        columns = network.columns(frames[end - grid.WINDOW_FRAMES : end])
        means = [columns[first : first + count].mean(axis=0) for first, count in network.encoder.pooled_spans]
        expected = network.tags_config.probabilities(network.tag_logits(np.concatenate(means)[None]))[0]
        np.testing.assert_allclose(_heard(whole)[grid.end_time_s(end)], expected, atol=1e-5)


def test_other_steps_tell_it_about_as_often(tagged_mlx_network, steep, crowd):
    usual = _heard(listen(PressureStream(tagged_mlx_network, steep), crowd))
    for step, apart in ((1, 20), (3, 21), (4, 20), (44, 44)):
        heard = _heard(listen(PressureStream(tagged_mlx_network, steep, step), crowd))
        ends = range(0, grid.frames_in(len(crowd)) + 1, apart)
        assert list(heard) == [grid.end_time_s(end) for end in ends if end >= grid.HISTORY_FRAMES]
        shared = heard.keys() & usual.keys()
        assert shared or apart == 21
        for t in shared:
            np.testing.assert_allclose(heard[t], usual[t], atol=1e-5)


def test_a_gap_and_a_silence_begin_it_anew(tagged_network, steep, crowd):
    cut, lost = 41 * grid.SAMPLE_RATE_HZ, 3 * grid.SAMPLE_RATE_HZ + 77
    stream = PressureStream(tagged_network, steep)
    readings = stream.push(AudioBlock(crowd[:cut], 0))
    readings += stream.push(AudioBlock(crowd, cut + lost))
    silenced = np.concatenate([crowd[:cut], np.zeros(2 * grid.SAMPLE_RATE_HZ, np.float32), crowd])
    for sound in (readings, listen(PressureStream(tagged_network, steep), silenced, [90_000, 500_000])):
        assert {Health.WARMING_UP, Health.LISTENING} <= {reading.health for reading in sound}
        for reading in sound:
            assert reading.pressure is not None or reading.tags is reading.heard is None
        at = [t for t in _heard(sound) if t > 45]
        assert at and len(at) == pytest.approx(sum(r.pressure is not None for r in sound if r.t > 45) / 10, abs=1)
        assert all(round((t * grid.SAMPLE_RATE_HZ - 1024) / grid.HOP) % grid.HEARD_FRAMES == 0 for t in at)


def test_many_sources_hear_what_each_hears_alone(tagged_network, steep, crowd):
    silenced = crowd.copy()
    silenced[41 * grid.SAMPLE_RATE_HZ : 43 * grid.SAMPLE_RATE_HZ] = 0.0
    sounds = [crowd, crowd[5000:], silenced]
    many = ManyStreams(tagged_network, steep, len(sounds))
    found: list[list[Reading]] = [[] for _ in sounds]
    for start in range(0, len(crowd), 100_000):
        blocks = [AudioBlock(sound[start : start + 100_000], start) for sound in sounds]
        for mine, new in zip(
            found, many.push([block if len(block.samples) else None for block in blocks]), strict=True
        ):
            mine += new
    for mine, sound in zip(found, sounds, strict=True):
        _assert_same(mine, listen(PressureStream(tagged_network, steep), sound))
