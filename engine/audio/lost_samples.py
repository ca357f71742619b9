"""How much sound is missing, when a device says that it came too fast: often none.

CoreAudio reports an overload whenever a processor was late, and PortAudio passes that on as an input overflow; mostly
no sample is lost. What was lost shows in the device's own time stamps: they go on faster than the samples do.
"""

from collections import deque
from typing import Final

TOLERANCE_S: Final = 0.01
"""Stamps waver by less than this, and a loss that is shorter can't be heard in the index."""
ROUGH_TOLERANCE_S: Final = 0.02
"""The same for the clock at the callback, which is late by a buffer now and then."""
_REMEMBERED_BLOCKS: Final = 100
_TOGETHER_S: Final = 1.0
"""A report comes from another thread than the sound: this long before or after it."""


class Losses:
    """Watches one opening of a device, block by block.

    Args:
        rate_hz: samples a second of the device.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._lag_s: deque[float] = deque(maxlen=_REMEMBERED_BLOCKS)
        self._jump_s = 0.0
        self._jumped_at_s = self._reported_at_s = float("-inf")
        self._open_reports_s: deque[float] = deque()
        self.overloads = 0
        """How often the device has said that it came too fast, and nothing was missing."""

    def before(self, position: int, samples: int, stamp_s: float, clock_s: float, reported: bool) -> int:
        """Samples that are missing before this block.

        position: samples that the device has delivered before it. samples: its own. stamp_s: the device's time of its
        first sample, 0 where it has none. clock_s: monotonic seconds when it was delivered. reported: whether the
        device says with it that it came too fast.
        """
        by_device = stamp_s > 0
        # How far time is ahead of the samples: constant, but for wavering and what is lost.
        lag_s = stamp_s - position / self._rate_hz if by_device else clock_s - (position + samples) / self._rate_hz
        # Each by its own time: a machine that is always late reports with every block, and waits for no pause.
        while self._open_reports_s and clock_s - self._open_reports_s[0] > _TOGETHER_S:
            self._open_reports_s.popleft()
            self.overloads += 1
        if reported:
            self._reported_at_s = clock_s
            self._open_reports_s.append(clock_s)
        if self._lag_s:
            ahead_s = lag_s - max(self._lag_s)
            if ahead_s > TOLERANCE_S if by_device else reported and ahead_s > ROUGH_TOLERANCE_S:
                self._jump_s, self._jumped_at_s = ahead_s, clock_s
                self._lag_s.clear()
        self._lag_s.append(lag_s)
        if self._jump_s and abs(self._jumped_at_s - self._reported_at_s) <= _TOGETHER_S:
            missing, self._jump_s = max(1, round(self._jump_s * self._rate_hz)), 0.0
            self._open_reports_s.clear()
            return missing
        return 0
