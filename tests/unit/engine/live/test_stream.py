"""PressureStream: streaming equals batch, nothing looks ahead, nothing is glued together."""

import itertools
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.log_mel import log_mel, with_frames
from engine.core import grid
from engine.core.signals import AudioBlock, Health, Reading
from engine.live.pipeline import Pipeline
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.front_end import FrontEnd
from engine.model.network import Network
from tests.unit.engine.conftest import listen


def _pressures(readings: list[Reading]) -> np.ndarray:
    return np.array([np.nan if reading.pressure is None else reading.pressure for reading in readings])


@pytest.fixture(scope="module")
def whole(network: Network, steep: Calibration, crowd: np.ndarray) -> list[Reading]:
    return listen(PressureStream(network, steep), crowd)


def test_ten_readings_a_second_on_the_grid(whole: list[Reading], crowd: np.ndarray):
    assert [reading.t for reading in whole] == [
        grid.end_time_s(end) for end in range(2, grid.frames_in(len(crowd)) + 1, 2)
    ]


def test_the_index_is_absent_until_the_history_is_full(whole: list[Reading]):
    for reading in whole:
        assert (reading.pressure is None) == (reading.t < grid.HISTORY_S)
        assert reading.health is (Health.WARMING_UP if reading.pressure is None else Health.LISTENING)


def test_the_index_moves(whole: list[Reading]):
    assert np.nanstd(_pressures(whole)) > 1e-3


@settings(max_examples=5, deadline=None)
@given(sizes=st.lists(st.integers(1, 100_000), min_size=5, max_size=40))
def test_readings_do_not_depend_on_the_blocks(network, steep, crowd, whole, sizes):
    cut = listen(PressureStream(network, steep), crowd, sizes)
    assert cut[:0] == [] and len(cut) == len(whole)
    np.testing.assert_allclose(_pressures(cut), _pressures(whole), atol=1e-6)
    for ours, theirs in zip(cut, whole, strict=True):
        assert (ours.t, ours.level_db, ours.peak_db, ours.health) == (
            theirs.t,
            theirs.level_db,
            theirs.peak_db,
            theirs.health,
        )


def test_frames_computed_beforehand_change_no_reading_bit_for_bit(network, steep, crowd):
    """Through a digital silence and a gap, after which the blocks lie off the grid."""
    crowd = np.concatenate([crowd[: 60 * grid.SAMPLE_RATE_HZ], np.zeros(40 * grid.HOP, np.float32), crowd])
    cuts, size = range(0, len(crowd), 300 * grid.HOP), 300 * grid.HOP
    blocks = [AudioBlock(crowd[at : at + size], at if at < 5 * size else at + 7777) for at in cuts]
    here, beforehand = PressureStream(network, steep), PressureStream(network, steep)
    assert [with_frames(block).frames is not None for block in blocks] == [True] * 5 + [False] * (len(blocks) - 5)
    for block in blocks:
        assert here.push(block) == beforehand.push(with_frames(block))


@pytest.mark.parametrize("step", [1, 3, 4, 5, 11, 44, 50])
def test_a_reading_is_the_same_at_every_step(network, steep, crowd, whole, step):
    by_time = {reading.t: reading.pressure for reading in whole}
    shared = [reading for reading in listen(PressureStream(network, steep, step), crowd) if reading.t in by_time]
    assert shared
    for reading in shared:
        assert reading.pressure == pytest.approx(by_time[reading.t], abs=1e-6)


@pytest.mark.parametrize("end", [832, 834, 1001, 1173])
def test_a_reading_equals_its_windows_computed_from_scratch(network, mlx_network, steep, crowd, end):
    """No cache, in MLX: front end over all frames, every window whole through the CNN, the head on the embeddings."""
    frames = FrontEnd(network.front_end).push(log_mel(crowd))
    ends = end - grid.WINDOW_HOP_FRAMES * np.arange(grid.WINDOWS)[::-1]
    windows = np.stack([frames[last - grid.WINDOW_FRAMES : last] for last in ends])
    expected = steep.probability(mlx_network.logits(mlx_network.window_embeddings(windows)[None]))[0]
    readings = listen(PressureStream(network, steep, step=1), crowd)
    reading = next(reading for reading in readings if reading.t == grid.end_time_s(end))
    assert reading.pressure == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("changed_from_s", [38.9, 45.0, 51.02])
def test_changing_the_future_changes_no_reading_bit_for_bit(network, steep, crowd, whole, changed_from_s):
    first = round(changed_from_s * grid.SAMPLE_RATE_HZ)
    changed = crowd.copy()
    changed[first:] = np.random.default_rng(0).uniform(-1, 1, len(crowd) - first)
    other = listen(PressureStream(network, steep), changed)
    before = [(a, b) for a, b in zip(whole, other, strict=True) if a.t <= first / grid.SAMPLE_RATE_HZ]
    assert before
    assert all(a == b for a, b in before)
    assert _pressures(whole)[-1] != _pressures(other)[-1]


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
def test_the_microphone_gain_drops_out(network, steep, crowd, whole, gain_db):
    louder = listen(PressureStream(network, steep), (crowd * 10 ** (gain_db / 20)).astype(np.float32))
    assert np.nanmax(np.abs(_pressures(louder) - _pressures(whole))) < 0.02
    assert louder[-1].level_db == pytest.approx(whole[-1].level_db + gain_db, abs=0.01)


def test_lost_sound_restarts_the_history(network, steep, crowd):
    stream = PressureStream(network, steep)
    cut = 50 * grid.SAMPLE_RATE_HZ
    readings = stream.push(AudioBlock(crowd[:cut], 0))
    assert readings[-1].pressure is not None
    lost = 3 * grid.SAMPLE_RATE_HZ + 77
    readings = stream.push(AudioBlock(crowd, cut + lost))
    hop_after_gap = -(-(cut + lost) // grid.HOP)
    assert readings[0].t >= (cut + lost) / grid.SAMPLE_RATE_HZ
    numbered = next(reading for reading in readings if reading.pressure is not None)
    assert numbered.t >= grid.end_time_s(hop_after_gap + grid.HISTORY_FRAMES)
    fresh = PressureStream(network, steep, step=1)
    alone = listen(fresh, crowd[hop_after_gap * grid.HOP - cut - lost :])
    assert numbered.pressure == pytest.approx(
        next(r.pressure for r in alone if abs(r.t + hop_after_gap * grid.HOP_S - numbered.t) < 1e-6), abs=1e-6
    )


@settings(max_examples=4, deadline=None)
@given(sizes=st.lists(st.integers(1, 60_000), min_size=1, max_size=30), silence_s=st.floats(0.2, 4.0))
def test_digital_silence_is_no_number_and_restarts_the_history(network, steep, crowd, sizes, silence_s):
    at, n = 41 * grid.SAMPLE_RATE_HZ, round(silence_s * grid.SAMPLE_RATE_HZ)
    samples = np.concatenate([crowd[:at], np.zeros(n, np.float32), crowd[: 5 * grid.SAMPLE_RATE_HZ]])
    readings = listen(PressureStream(network, steep), samples, sizes)
    silent = [reading for reading in readings if reading.health is Health.SILENT]
    assert bool(silent) == (silence_s > 1.25) or 1.0 <= silence_s <= 1.25
    assert all(reading.pressure is None for reading in silent)
    if silent:
        assert all(r.health is Health.WARMING_UP for r in readings if r.t > silent[-1].t)
    together = listen(PressureStream(network, steep), samples)
    assert [r.health for r in readings] == [r.health for r in together]
    np.testing.assert_allclose(_pressures(readings), _pressures(together), atol=1e-6)


def test_clipping_is_said_for_a_second_and_the_index_goes_on(network, steep, crowd):
    clipped = crowd.copy()
    at = 45 * grid.SAMPLE_RATE_HZ
    clipped[at : at + 100] = 1.0
    states = {
        reading.t: reading
        for reading in listen(PressureStream(network, steep), clipped)
        if reading.pressure is not None
    }
    said = [t for t, reading in states.items() if reading.health is Health.CLIPPED]
    assert said[0] == pytest.approx(45.0, abs=0.15)
    assert said[-1] - said[0] == pytest.approx(1.0, abs=0.15)
    assert states[said[0]].peak_db == pytest.approx(0.0)


def test_memory_stays_flat(network, steep):
    """What a stream keeps does not grow with the sound that went through it."""
    import tracemalloc

    rng = np.random.default_rng(5)
    stream = PressureStream(network, steep, step=44)
    block = (0.05 * rng.normal(size=30 * grid.SAMPLE_RATE_HZ)).astype(np.float32)

    def hear(times: int) -> int:
        for _ in range(times):
            stream.push(AudioBlock(block, stream.heard))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        early, late = hear(4), hear(16)
    finally:
        tracemalloc.stop()
    assert late < early + 1_000_000


def test_a_readings_level_and_peak_are_of_the_sound_since_the_reading_before(network: Network, steep: Calibration):
    rng = np.random.default_rng(12)
    samples = np.repeat(rng.uniform(0.001, 0.9, 40), grid.HOP).astype(np.float32)
    samples *= rng.choice([-1.0, 1.0], len(samples)).astype(np.float32)
    readings = listen(PressureStream(network, steep), samples)
    ends = [round(reading.t * grid.SAMPLE_RATE_HZ) for reading in readings]
    assert len(readings) > 10
    for (start, end), reading in zip(pairwise(ends), readings[1:], strict=True):
        part = samples[start:end].astype(np.float64)
        assert reading.peak_db == pytest.approx(20 * np.log10(np.abs(part).max()), abs=1e-3)
        assert reading.level_db == pytest.approx(10 * np.log10(np.mean(part**2)), abs=1e-3)


def test_how_long_a_reading_took_is_said_in_milliseconds(network: Network, steep: Calibration):
    ticks = itertools.count()
    stream = PressureStream(network, steep, clock=lambda: 0.25 * next(ticks))
    samples = np.full(40 * grid.HOP, 0.1, np.float32)
    readings = stream.push(AudioBlock(samples, 0))
    assert [reading.compute_ms for reading in readings] == pytest.approx([250.0 / len(readings)] * len(readings))


@pytest.mark.parametrize(("origin", "step"), [(0, 2), (5, 44), (100, 7)])
def test_the_first_reading_is_at_the_first_step_with_a_full_history(network: Network, origin: int, step: int):
    first = Pipeline(network, origin, step).first_reading
    assert first % step == 0
    assert first - step < origin + grid.HISTORY_FRAMES <= first
