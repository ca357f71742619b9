"""A file is heard at the pace of a clock, in pieces small enough to watch."""

from collections.abc import Iterator
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.pacing import PIECE_S, paced
from engine.core.errors import UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock
from tests.unit.engine.audio.sounds import joined, noise


class Clock:
    """Time that passes in ``sleep`` only, and where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.longest_sleep_s = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.longest_sleep_s = max(self.longest_sleep_s, seconds)
        self.now += seconds


def in_blocks(sound: np.ndarray, sizes: list[int]) -> Iterator[AudioBlock]:
    begin = 0
    for size in [*sizes, len(sound)]:
        if len(sound[begin : begin + size]):
            yield AudioBlock(sound[begin : begin + size], begin)
        begin += size


@given(sizes=st.lists(st.integers(1, 20_000), max_size=5), speed=st.sampled_from([0.5, 1.0, 3.0, 100.0]))
def test_every_piece_comes_when_its_last_sample_is_due(sizes: list[int], speed: float) -> None:
    clock, sound, pieces = Clock(), noise(1.0), []
    for piece in paced(in_blocks(sound, sizes), speed, clock, clock.sleep):
        pieces.append(piece)
        due = 1000.0 + piece.end / SAMPLE_RATE_HZ / speed
        assert clock.now == pytest.approx(due, abs=1e-9)
        assert piece.captured_at == pytest.approx(due, abs=1e-9)
        assert len(piece.samples) <= PIECE_S * speed * SAMPLE_RATE_HZ
    assert np.array_equal(joined(pieces), sound)


def test_as_fast_as_it_goes_nothing_is_touched() -> None:
    blocks = list(in_blocks(noise(1.0), [5000]))
    assert list(paced(iter(blocks), inf)) == blocks


def test_someone_a_little_late_catches_up() -> None:
    clock = Clock()
    for piece in paced(in_blocks(noise(2.0), []), 1.0, clock, clock.sleep):
        if piece.start == 0:
            clock.now += 0.5
    assert clock.now == pytest.approx(1002.0)


def test_after_a_long_pause_the_sound_goes_on_instead_of_rushing() -> None:
    clock, paused_at = Clock(), 0.0
    for piece in paced(in_blocks(noise(2.0), []), 1.0, clock, clock.sleep):
        if piece.start == 0:
            paused_at = piece.end / SAMPLE_RATE_HZ
            clock.now += 3600
    assert clock.now == pytest.approx(1000 + 3600 + 2.0 - paused_at / 1, abs=0.1)


def test_a_hole_takes_its_time_with_heartbeats_in_it() -> None:
    clock, sound = Clock(), noise(0.04)
    far = AudioBlock(sound, 3 * SAMPLE_RATE_HZ)
    pieces = list(paced(iter([AudioBlock(sound, 0), far]), 1.0, clock, clock.sleep))
    assert clock.now == pytest.approx(1003.04)
    assert clock.longest_sleep_s <= 0.25
    assert [piece.start for piece in pieces if len(piece.samples)] == [0, far.start]
    assert len(pieces) > 12


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_gets_nowhere_is_refused(speed: float) -> None:
    with pytest.raises(UsageError):
        paced(iter([]), speed)


def test_the_beginning_may_come_at_once_and_the_clock_begins_after_it() -> None:
    clock, sound = Clock(), noise(1.0)
    pieces = []
    for piece in paced(in_blocks(sound, [4410] * 4), 1.0, clock, clock.sleep, at_once_s=0.4):
        pieces.append(piece)
        if piece.start < 8820:
            assert (clock.now, piece.captured_at, len(piece.samples)) == (1000.0, None, 4410)
        else:
            assert clock.now == pytest.approx(1000.0 + piece.end / SAMPLE_RATE_HZ - 0.4, abs=1e-9)
    assert np.array_equal(joined(pieces), sound)
