"""Rows with a running index, against a plain list that forgets nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ring import Ring


@given(steps=st.lists(st.tuples(st.integers(0, 150), st.integers(0, 200)), max_size=40), start=st.integers(0, 9))
def test_what_is_kept_stays_as_it_was(steps: list[tuple[int, int]], start: int):
    ring = Ring(start, (2,))
    everything = np.zeros((0, 2), np.float32)
    kept_from = start
    for count, forget in steps:
        rows = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2) + len(everything)
        everything = np.concatenate([everything, rows])
        ring.append(rows)
        assert ring.end == start + len(everything)
        np.testing.assert_array_equal(ring.between(kept_from, ring.end), everything[kept_from - start :])
        kept_from = min(kept_from + forget, ring.end)
        ring.drop_before(kept_from)


def test_room_does_not_grow_with_what_went_through():
    ring = Ring(0, (4,))
    for _ in range(2000):
        ring.append(np.ones((7, 4), np.float32))
        ring.drop_before(ring.end - 100)
    assert len(ring._room) < 400


def test_means_and_rows_are_those_of_the_indices():
    ring = Ring(10, (1,))
    ring.append(np.arange(100, dtype=np.float32)[:, None])
    np.testing.assert_allclose(ring.means(np.array([12, 40]), 4)[:, 0], [3.5, 31.5])
    np.testing.assert_array_equal(ring.take(np.array([[10, 109]]))[..., 0], [[0.0, 99.0]])
