"""The crowd's rows are the windows of the live stream, and see nothing that comes later."""

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.signals import AudioBlock
from engine.encoders.crowd import Crowd
from engine.model.front_end import FrontEnd
from engine.model.network import MlxNetwork

SECONDS = 36.0


def encode(
    network: MlxNetwork, sound: np.ndarray, start_s: float = 0.0, first: int = 0, size: int = 30_000
) -> np.ndarray:
    """All rows as one array."""
    blocks = (AudioBlock(sound[i : i + size], i) for i in range(0, len(sound), size))
    found = list(Crowd(network, "").encode(blocks, start_s, 2.0, first))
    assert [rows.first for rows in found] == list(range(first, first + 64 * len(found), 64))
    return np.concatenate([rows.values for rows in found])


@pytest.fixture(scope="module")
def sound(crowd: np.ndarray) -> np.ndarray:
    return np.resize(crowd, round(SECONDS * grid.SAMPLE_RATE_HZ)).astype(np.float32)


@pytest.fixture(scope="module")
def rows(tagged_mlx_network: MlxNetwork, sound: np.ndarray) -> np.ndarray:
    return encode(tagged_mlx_network, sound)


def test_a_row_is_the_window_that_ends_with_its_half_second(
    tagged_mlx_network: MlxNetwork, sound: np.ndarray, rows: np.ndarray
):
    network = tagged_mlx_network
    encoder = network.encoder
    assert rows.shape == (72, encoder.embedding + len(network.tags_config.names))
    frames = FrontEnd(network.front_end).push(log_mel(sound))
    for row in (25, 40, 71):
        whole = (
            grid.frames_in(round((row + 1) / 2 * grid.SAMPLE_RATE_HZ)) - encoder.receptive_field
        ) // encoder.time_stride
        begin = (whole + 1 - encoder.window_columns) * encoder.time_stride
        window = frames[begin : begin + grid.WINDOW_FRAMES]
        assert np.allclose(rows[row, : encoder.embedding], network.window_embeddings(window[None])[0], atol=1e-4)


def test_nothing_that_comes_later_changes_a_row(tagged_mlx_network: MlxNetwork, sound: np.ndarray, rows: np.ndarray):
    later = sound.copy()
    later[round(30.0 * grid.SAMPLE_RATE_HZ) :] *= 0.01
    changed = np.abs(encode(tagged_mlx_network, later) - rows).max(axis=1)
    assert (changed[:60] < 1e-5).all() and changed[61:].min() > 0


def test_before_ten_seconds_a_row_is_made_of_what_there_is(rows: np.ndarray):
    assert (rows[0] == 0).all() or not np.array_equal(rows[0], rows[5])
    assert np.abs(rows[4]).max() > 0 and not np.array_equal(rows[4], rows[5])
    tags = rows[4:, 128:]
    assert (tags > 0).all() and (tags < 1).all()


def test_however_the_sound_is_cut_and_wherever_one_goes_on(
    tagged_mlx_network: MlxNetwork, sound: np.ndarray, rows: np.ndarray
):
    assert np.allclose(encode(tagged_mlx_network, sound, size=7_777), rows, atol=1e-5)
    assert np.allclose(encode(tagged_mlx_network, sound, first=64), rows[64:], atol=1e-6)


def test_sound_that_begins_later_stands_later(tagged_mlx_network: MlxNetwork, sound: np.ndarray, rows: np.ndarray):
    late = encode(tagged_mlx_network, sound, start_s=2.0)
    assert len(late) == len(rows) + 4 and (late[:4] == 0).all()
    assert np.allclose(late[4:], rows, atol=1e-5)
