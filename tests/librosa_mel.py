"""Log-mel by librosa: the reference for the program's own, and the naive way in the benchmarks."""

import numpy as np
import pytest

from engine.core import grid


def librosa_mel(samples: np.ndarray) -> np.ndarray:
    """Frames (n, MEL_BANDS) in dB on the program's grid; the test that asks is skipped where librosa is missing."""
    librosa = pytest.importorskip("librosa")
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=grid.SAMPLE_RATE_HZ,
        n_fft=grid.FRAME_LENGTH,
        hop_length=grid.HOP,
        n_mels=grid.MEL_BANDS,
        center=False,
    )
    return librosa.power_to_db(power, ref=1.0, amin=grid.POWER_FLOOR, top_db=None).T
