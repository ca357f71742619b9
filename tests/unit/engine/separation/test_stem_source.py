"""A stem as a source: the times are those of the sound, whatever is in between."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from engine.audio.source import Live
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock
from engine.separation.blocks import Scheme
from engine.separation.stem_source import CROWD, SCHEME, VOICE, StemOf

SOUND = np.random.default_rng(1).normal(0, 0.1, 70_000).astype(np.float32)


class Halving:
    """Every stem has half of everything."""

    def estimates(self, magnitudes: np.ndarray) -> np.ndarray:
        return np.stack([magnitudes, magnitudes])


class Given(Live):
    """A source of blocks that are there."""

    name = "given"

    def __init__(self, blocks: Sequence[AudioBlock]) -> None:
        self._blocks = blocks

    def blocks(self) -> Iterator[AudioBlock]:
        yield from self._blocks

    def close(self) -> None: ...


def cut(sound: np.ndarray, size: int, start: int = 0) -> list[AudioBlock]:
    return [
        AudioBlock(sound[first : first + size], start + first, 100.0 + (start + first + size) / SAMPLE_RATE_HZ)
        for first in range(0, len(sound), size)
    ]


def heard(blocks: Sequence[AudioBlock], stem: int = CROWD, scheme: Scheme = SCHEME) -> list[AudioBlock]:
    return list(StemOf(Given(blocks), Halving(), stem, scheme).blocks())


@pytest.mark.parametrize("stem", [CROWD, VOICE])
@pytest.mark.parametrize("size", [1000, 22_222])
def test_the_stem_is_as_long_as_the_sound_and_follows_it_by_the_delay(size: int, stem: int):
    given = heard(cut(SOUND, size), stem)
    assert np.abs(np.concatenate([block.samples for block in given]) - SOUND / 2).max() < 1e-6
    ends = [0, *(block.end for block in given)]
    assert [block.start for block in given] == ends[:-1]
    while_it_came = [block.end for block in given[:-1]]
    assert while_it_came == [max(0, block.end - SCHEME.delay) for block in cut(SOUND, size)]


def test_a_sample_of_the_stem_was_heard_when_its_sound_was():
    for block in heard(cut(SOUND, 3000))[:-2]:
        assert block.captured_at == pytest.approx(100.0 + block.end / SAMPLE_RATE_HZ) or not len(block.samples)


def test_after_lost_sound_the_stem_goes_on_at_its_place():
    given = heard([*cut(SOUND[:30_000], 1000), *cut(SOUND[:20_000], 1000, start=50_000)])
    late = [block for block in given if block.start >= 50_000 and len(block.samples)]
    early = [block for block in given if block.end <= 30_000]
    assert late[0].start == 50_000 and late[-1].end == 70_000
    assert sum(len(block.samples) for block in early) == 30_000
    assert len(given) == len(early) + len([block for block in given if block.start >= 50_000])


def test_a_heartbeat_passes():
    (beat,) = heard([AudioBlock(np.zeros(0, np.float32), 0)])
    assert not len(beat.samples)
