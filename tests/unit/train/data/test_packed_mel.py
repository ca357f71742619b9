import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.core.grid import MEL_BANDS
from train.data.packed_mel import BYTES_A_FRAME, FLOOR_DB, STEP_DB, pack, unpack

frames = arrays.arrays(
    np.float32, st.tuples(st.integers(0, 5), st.just(MEL_BANDS)), elements=st.floats(-100, 60, width=32)
)


@given(frames)
def test_frames_come_back_within_half_a_step(mel: np.ndarray) -> None:
    back = unpack(pack(mel))
    assert back.shape == mel.shape and back.dtype == np.float32
    assert np.abs(back - mel).max(initial=0) <= STEP_DB / 2 + 1e-4


@given(frames)
def test_what_was_read_back_is_packed_to_the_same_bytes(mel: np.ndarray) -> None:
    assert np.array_equal(pack(unpack(pack(mel))), pack(mel))


def test_what_no_sound_can_reach_is_cut_off() -> None:
    mel = np.array([[-500.0, 500.0] * (MEL_BANDS // 2)], np.float32)
    assert np.allclose(unpack(pack(mel))[0, :2], [FLOOR_DB, FLOOR_DB + 4095 * STEP_DB])


def test_95_minutes_take_less_than_12_megabytes() -> None:
    assert 95 * 60 * 22050 / 1024 * BYTES_A_FRAME < 12e6
