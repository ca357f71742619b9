"""A source read ahead: the same blocks in the same order, and its faults."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from engine.audio.read_ahead import ReadAhead
from engine.core.errors import InputError
from engine.core.signals import AudioBlock


class Numbers:
    """A source of ``count`` blocks of one sample each, then ``fault`` if there is one."""

    name, live, duration_s = "numbers", False, 3.0

    def __init__(self, count: int, fault: Exception | None = None) -> None:
        self._count = count
        self._fault = fault
        self.read = 0
        self.fourth = Event()
        self.closed = 0

    def blocks(self) -> Iterator[AudioBlock]:
        for i in range(self._count):
            self.read += 1
            if self.read == 4:
                self.fourth.set()
            yield AudioBlock(np.full(1, i, np.float32), i)
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        self.closed += 1


def test_the_same_blocks_in_the_same_order():
    ahead = ReadAhead(Numbers(50))
    assert [block.samples[0] for block in ahead.blocks()] == list(range(50))
    assert (ahead.name, ahead.live, ahead.duration_s) == ("numbers", False, 3.0)


@pytest.mark.parametrize("fault", [InputError("cut off", "get it again"), ZeroDivisionError("a bug")])
def test_a_fault_comes_after_the_sound_before_it(fault: Exception):
    blocks = ReadAhead(Numbers(3, fault)).blocks()
    assert [next(blocks).start for _ in range(3)] == [0, 1, 2]
    with pytest.raises(type(fault)):
        next(blocks)


def test_it_reads_no_further_ahead_than_it_may_and_closing_ends_it():
    source = Numbers(1000)
    ahead = ReadAhead(source, ahead=2)
    blocks = ahead.blocks()
    assert next(blocks).start == 0
    assert source.fourth.wait(60)  # two wait, and one more has been read and has no place yet
    ahead.close()
    ahead.close()
    assert source.read == 4
    assert list(blocks) == []
    assert source.closed == 2


def test_nothing_is_read_before_somebody_listens():
    source = Numbers(3)
    ahead = ReadAhead(source)
    ahead.close()
    assert list(ahead.blocks()) == []
    assert (source.read, source.closed) == (0, 1)


def test_a_block_without_a_place_is_prepared_meanwhile():
    prepared = Event()

    def prepare(block: AudioBlock) -> AudioBlock:
        prepared.set()
        return replace(block, overruns=1)

    ahead = ReadAhead(Numbers(3), ahead=2, prepare=prepare)
    ahead.begin()
    assert prepared.wait(60)
    assert [(block.start, block.overruns) for block in ahead.blocks()] == [(0, 0), (1, 0), (2, 1)]


def test_closing_ends_what_was_begun_though_nobody_has_listened():
    source = Numbers(1000)
    ahead = ReadAhead(source)
    ahead.begin()
    ahead.close()
    ahead.begin()
    assert list(ahead.blocks()) == []
    assert source.closed == 1
