"""A gap, or a second of digital silence, begins anew, wherever blocks were cut."""

import numpy as np
import pytest

from engine.audio.unbroken_hops import SILENT_HOPS, HopStretch, Silence, WholeHops
from engine.core import grid
from engine.core.signals import AudioBlock


@pytest.mark.parametrize("size", [1, 700, grid.HOP, 5000])
def test_hops_are_the_same_however_blocks_are_cut_and_after_a_gap_lie_on_the_grid(size: int) -> None:
    sound = np.arange(1, 12 * grid.HOP, dtype=np.float32)
    gap = range(3 * grid.HOP + 10, 6 * grid.HOP + 20)
    cutter, hops, anew = WholeHops(), [], []
    for first, last in ((0, gap.start), (gap.stop, len(sound))):
        for at in range(first, last, size):
            block = AudioBlock(sound[at : min(at + size, last)], at)
            samples, anew_at = cutter.push(block)
            hops.append(samples)
            anew += [anew_at] if anew_at is not None else []
    behind = 7 * grid.HOP
    expected = np.concatenate([sound[: 3 * grid.HOP], sound[behind : len(sound) // grid.HOP * grid.HOP]])
    np.testing.assert_array_equal(np.concatenate(hops), expected)
    assert (anew, cutter.heard) == ([7], len(sound))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_sound_begins_anew_after_a_second_of_zeros_and_not_after_less(size: int) -> None:
    zero = np.zeros(100, np.bool_)
    zero[10 : 10 + SILENT_HOPS - 1] = True
    zero[50 : 50 + SILENT_HOPS + 5] = True
    silence, found = Silence(), []
    for first in range(0, len(zero), size):
        for alike in silence.stretches(zero[first : first + size]):
            found += [
                (first + i, alike.silent, alike.anew and i == alike.first) for i in range(alike.first, alike.last)
            ]
    assert [i for i, _, _ in found] == list(range(100))
    assert [i for i, silent, _ in found if silent] == list(range(50 + SILENT_HOPS, 50 + SILENT_HOPS + 5))
    assert [i for i, _, anew in found if anew] == [50 + SILENT_HOPS + 5]


def test_sound_without_zeros_is_one_stretch() -> None:
    assert list(Silence().stretches(np.zeros(9, np.bool_))) == [HopStretch(0, 9, silent=False, anew=False)]
