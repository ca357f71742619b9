"""Raw sound through a pipe, however it is cut, and however it ends."""

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.raw_pcm_pipe import PipePcm
from engine.core.errors import ExitCode, InputError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.engine.audio.sounds import joined, middle, noise, pitch_hz, tone


class Pipe:
    """Both ends of a pipe."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def write(self, data: bytes) -> None:
        assert os.write(self.writing, data) == len(data)

    def end(self) -> None:
        os.close(self.writing)
        self.writing = -1

    def close(self) -> None:
        os.close(self.reading)
        if self.writing >= 0:
            os.close(self.writing)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def pcm(sound: np.ndarray) -> bytes:
    return np.round(sound * 32767).astype("<i2").tobytes()


@given(cuts=st.lists(st.integers(1, 400), max_size=20), channels=st.integers(1, 3))
@settings(deadline=None, max_examples=30)
def test_bytes_may_be_cut_anywhere_even_within_a_sample(cuts: list[int], channels: int) -> None:
    pipe = Pipe()
    sound = np.repeat(noise(0.05)[:, None], channels, axis=1)
    data, source, blocks = pcm(sound), PipePcm(pipe.reading, SAMPLE_RATE_HZ, channels, heartbeat_s=0.0), []
    steps = source.blocks()
    for cut in cuts:
        if data[:cut]:
            pipe.write(data[:cut])
            data = data[cut:]
            blocks.append(next(steps))
    pipe.write(data) if data else None
    pipe.end()
    blocks.extend(steps)
    pipe.close()
    assert np.allclose(joined(blocks), sound[:, 0], atol=1e-4)
    assert source.trailing_bytes == 0


def test_another_rate_and_stereo_become_mono_at_the_grids_rate(pipe: Pipe) -> None:
    data = pcm(tone(48000, 0.3, 2, hertz=1000))
    pipe.write(data[:50000])
    steps = PipePcm(pipe.reading, 48000, 2).blocks()
    blocks = [next(steps)]
    pipe.write(data[50000:])
    pipe.end()
    sound = joined([*blocks, *steps])
    assert len(sound) == pytest.approx(0.3 * SAMPLE_RATE_HZ, abs=1)
    assert pitch_hz(middle(sound)) == pytest.approx(1000, abs=2)


def test_a_pipe_that_stops_delivering_goes_on_giving_heartbeats(pipe: Pipe) -> None:
    pipe.write(pcm(noise(0.1)))
    ticks = iter(range(100))
    source = PipePcm(pipe.reading, SAMPLE_RATE_HZ, heartbeat_s=0.0, clock=lambda: float(next(ticks)))
    first, *hearts = islice(source.blocks(), 4)
    assert [(len(heart.samples), heart.start) for heart in hearts] == [(0, first.end)] * 3
    assert [block.captured_at for block in (first, *hearts)] == [0.0, 1.0, 2.0, 3.0]
    assert source.live and source.duration_s is None


def test_an_odd_byte_at_the_end_is_left_out_and_counted(pipe: Pipe) -> None:
    pipe.write(pcm(noise(0.1)) + b"\x01")
    pipe.end()
    source = PipePcm(pipe.reading, SAMPLE_RATE_HZ)
    assert len(joined(source.blocks())) == SAMPLE_RATE_HZ // 10
    assert source.trailing_bytes == 1


@pytest.mark.parametrize("content", [b"", b"\x01"])
def test_a_pipe_without_a_sample_is_an_error(pipe: Pipe, content: bytes) -> None:
    pipe.write(content)
    pipe.end()
    with pytest.raises(InputError, match="Nothing came") as caught:
        list(PipePcm(pipe.reading, SAMPLE_RATE_HZ).blocks())
    assert caught.value.exit_code is ExitCode.INPUT


def test_closing_ends_the_blocks(pipe: Pipe) -> None:
    source = PipePcm(pipe.reading, SAMPLE_RATE_HZ, heartbeat_s=0.0)
    blocks = source.blocks()
    next(blocks)
    source.close()
    assert list(blocks) == []


def test_a_terminal_is_refused() -> None:
    ours, theirs = os.openpty()
    with pytest.raises(UsageError, match="terminal"):
        PipePcm(theirs, SAMPLE_RATE_HZ)
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(("rate_hz", "channels"), [(0, 1), (-5, 1), (10**9, 1), (48000, 0), (48000, 1000)])
def test_impossible_rates_and_channels_are_refused(pipe: Pipe, rate_hz: int, channels: int) -> None:
    with pytest.raises(UsageError):
        PipePcm(pipe.reading, rate_hz, channels)
