"""A half in chunks: every row is read, and of two chunks that overlap each speaks of what is well inside it."""

from itertools import pairwise

import numpy as np
import pytest

from engine.spotting.calf import chunk_starts, dense_detections

CHUNK, FIELD, ROWS = 40, 10, 100


@pytest.mark.parametrize("rows", range(1, 200, 7))
def test_chunks_reach_from_the_first_row_to_the_last_and_overlap_by_a_field(rows: int):
    starts = chunk_starts(rows, CHUNK, FIELD)
    assert starts[0] == 0 and starts == sorted(set(starts))
    assert starts[-1] + CHUNK == max(rows, CHUNK)
    assert all(later - start <= CHUNK - FIELD for start, later in pairwise(starts))


def told(chunk: int, row: int) -> list[tuple[int, int, float]]:
    """What is told where chunk ``chunk`` of three detects the second of two classes in its row ``row``."""
    starts = chunk_starts(ROWS, CHUNK, FIELD)
    assert starts == [0, 30, 60]
    found = np.zeros((3, 2, 4), np.float32)
    found[:, :, 2] = 1.0  # the first class, with no confidence
    found[chunk, 1] = [0.7, (row + 0.01) / (CHUNK - 1), 0.2, 0.8]
    scores = dense_detections(found, starts, ROWS, CHUNK, FIELD)
    return [(int(row), int(kind), float(scores[row, kind])) for row, kind in np.argwhere(scores > 0)]


@pytest.mark.parametrize(
    ("chunk", "row", "at"),
    [(0, 0, 0), (0, 34, 34), (1, 5, 35), (1, 20, 50), (1, 34, 64), (2, 5, 65), (2, 38, 98)],
)
def test_a_detection_stands_at_its_row_of_the_half(chunk: int, row: int, at: int):
    assert told(chunk, row) == [(at, 1, pytest.approx(0.7))]


@pytest.mark.parametrize(("chunk", "row"), [(0, 35), (1, 4), (1, 35), (2, 4)])
def test_what_a_chunk_detects_near_its_end_is_left_to_its_neighbour(chunk: int, row: int):
    assert told(chunk, row) == []


def test_a_detection_at_the_very_end_is_of_the_last_row():
    found = np.array([[[0.9, 1.0, 1.0, 0.0]]], np.float32)
    assert np.argwhere(dense_detections(found, [0], CHUNK, CHUNK, FIELD) > 0).tolist() == [[CHUNK - 1, 0]]
    assert not dense_detections(found, [0], 12, CHUNK, FIELD).any(), "beyond a half that was drawn out"
