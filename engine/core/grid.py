"""Every number of the time grid and the mel front end, once.

Frame ``i`` is the samples ``[HOP * i, HOP * i + FRAME_LENGTH)`` of the source, never centred; there is one global
grid a source, so windows taken at different moments share their frames. A window is ``WINDOW_FRAMES`` frames, a
history ``WINDOWS`` windows whose ends lie ``WINDOW_HOP_FRAMES`` apart. An ``end`` counts frames: the window that
ends at ``end`` is the frames ``[end - WINDOW_FRAMES, end)``.
"""

from typing import TYPE_CHECKING, Final, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 22050
FRAME_LENGTH: Final = 2048
HOP: Final = 1024
MEL_BANDS: Final = 64
POWER_FLOOR: Final = 1e-10
"""Mel power below this counts as this (-100 dB), so that silence has a level."""

WINDOW_FRAMES: Final = 216
WINDOW_HOP_FRAMES: Final = 44
"""About two seconds, and a multiple of the encoder's time stride, so that all windows of a history share one phase."""
WINDOWS: Final = 15
HISTORY_FRAMES: Final = WINDOW_FRAMES + (WINDOWS - 1) * WINDOW_HOP_FRAMES
READING_FRAMES: Final = 2
"""Live, a reading every two frames: 10.77 a second."""

TAG_FRAMES: Final = 4
"""Live, tags are computed at every other reading: a window's change little in between, and each costs some time."""
HEARD_FRAMES: Final = 20
"""Live, what is heard is told every 20 frames, 0.93 s."""

HOP_S: Final = HOP / SAMPLE_RATE_HZ
WINDOW_S: Final = ((WINDOW_FRAMES - 1) * HOP + FRAME_LENGTH) / SAMPLE_RATE_HZ
HISTORY_S: Final = ((HISTORY_FRAMES - 1) * HOP + FRAME_LENGTH) / SAMPLE_RATE_HZ
READINGS_PER_S: Final = SAMPLE_RATE_HZ / (HOP * READING_FRAMES)


@overload
def end_time_s(end: int) -> float: ...


@overload
def end_time_s(end: "NDArray[np.int64]") -> "NDArray[np.float64]": ...


def end_time_s(end: "int | NDArray[np.int64]") -> "float | NDArray[np.float64]":
    """Seconds of sound up to the last sample of the frame before ``end``, of one or of many: what a reading there has
    seen."""
    return ((end - 1) * HOP + FRAME_LENGTH) / SAMPLE_RATE_HZ


def samples_for(end: int) -> int:
    """Samples since the start of the source that ``end`` frames need."""
    return (end - 1) * HOP + FRAME_LENGTH if end > 0 else 0


def frames_in(samples: int) -> int:
    """Whole frames in the first ``samples`` samples of a source."""
    return 0 if samples < FRAME_LENGTH else (samples - FRAME_LENGTH) // HOP + 1
