"""What a live run can explain from memory."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import AudioBlock, Reading, Rejected, Spike
from engine.explain.recent_sound import Recent
from engine.live.stream import PressureStream
from engine.model.checkpoint import Weights
from tests.unit.engine.explain.sessions import small_weights

RATE = grid.SAMPLE_RATE_HZ
pytestmark = pytest.mark.usefixtures("first_answer")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return small_weights(tmp_path_factory.mktemp("weights") / "small")


def noise(seconds: float) -> np.ndarray:
    return (0.03 * np.random.default_rng(3).normal(size=round(seconds * RATE))).astype(np.float32)


def listen(recent: Recent, weights: Weights, blocks: list[AudioBlock]) -> list[Reading]:
    stream = PressureStream(weights.network, weights.config.calibration)
    readings: list[Reading] = []
    for block in blocks:
        recent.push(block)
        readings += stream.push(block)
    for reading in readings:
        recent.note(reading)
    return [reading for reading in readings if reading.pressure is not None]


def cut(sound: np.ndarray, size: int = 5000, start: int = 0) -> list[AudioBlock]:
    return [AudioBlock(sound[at : at + size], start + at) for at in range(0, len(sound), size)]


def test_the_index_is_that_of_the_stream(weights: Weights) -> None:
    recent = Recent()
    heard = listen(recent, weights, cut(noise(44)))
    done = recent.explain(weights, heard[-1].t)
    assert done.attribution.index == pytest.approx(heard[-1].pressure, abs=1e-5)
    highest = max(heard, key=lambda reading: reading.pressure or 0.0)
    rejected = Rejected(heard[0].t, 0.5, "below_threshold", heard[-1].t)
    assert recent.explain(weights, rejected).t == highest.t
    assert recent.explain(weights, Spike(heard[0].t, highest.t, heard[-1].t, 0.5, heard[-1].t)).t == highest.t


@pytest.mark.parametrize("broken_by", ["a gap", "silence"])
def test_after_a_break_it_begins_anew_as_the_stream_does(weights: Weights, broken_by: str) -> None:
    sound = noise(50)
    blocks = cut(sound)
    if broken_by == "a gap":
        blocks = [*cut(sound[: 5 * RATE]), *cut(sound[7 * RATE :], start=7 * RATE)]
    else:
        sound[5 * RATE : 7 * RATE] = 0.0
    recent = Recent()
    heard = listen(recent, weights, blocks)
    done = recent.explain(weights, heard[-1].t)
    assert done.attribution.index == pytest.approx(heard[-1].pressure, abs=1e-5)


def test_after_a_gap_small_blocks_are_explained_by_the_frames_that_the_index_saw(weights: Weights) -> None:
    sound, start = noise(50), 7 * RATE + 1
    whole_hop = -(-start // grid.HOP) * grid.HOP
    recent = Recent()
    # The first block behind the gap ends before the first whole hop of the grid begins.
    heard = listen(recent, weights, [*cut(sound[: 5 * RATE]), *cut(sound[start:], 100, start)])
    assert whole_hop - start > 100
    newest = log_mel(sound[whole_hop:])[-1]
    np.testing.assert_array_equal(recent.newest, newest)
    assert recent.explain(weights, heard[-1].t).attribution.index == pytest.approx(heard[-1].pressure, abs=1e-5)


def test_what_is_too_long_ago_is_refused(weights: Weights, tmp_path: Path) -> None:
    recent = Recent(kept_s=20.0)
    heard = listen(recent, weights, cut(noise(44)))
    for t in (heard[-1].t, 10.0):
        with pytest.raises(InputError, match="no longer in memory"):
            recent.explain(weights, t)
