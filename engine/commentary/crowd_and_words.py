"""Crowd and words of a running match as one number: how likely a goal fell within the last minute.

The numbers of ``LIVE_RULE`` come from the simulated study (docs/commentary.md, "Crowd and words together"):
``fit_rule`` of ``train/experiments/crowd_and_words.py`` on the matches that choose, with eight commentaries each.
Nobody has measured them on a real match. There the crowd's log-odds are those before the shipped weights' calibration
(slope 1.200087, offset -1.861245); here they are those of the index itself, which changes the unit of the constants
alone.
"""

from collections import deque
from typing import Final

import numpy as np

from engine.core.log_odds_fusion import ChannelRule, KindRule, SpotChannel, fuse_at, log_odds_of

CROWD: Final = "crowd"
WORDS: Final = "words"
BEHIND_S: Final = 60.0
"""The moment lies at most this long behind a goal: what the number is the probability of."""
WINDOW_S: Final = 40.0
"""Each channel is asked about so many seconds up to the moment itself."""
LIVE_RULE: Final = KindRule(
    bias=-5.6411,
    apart_s=45.0,
    channels={
        CROWD: ChannelRule(-WINDOW_S / 2, WINDOW_S / 2, silent=-5.2323, mean=-2.3468, weight=1.4797),
        WORDS: ChannelRule(-WINDOW_S / 2, WINDOW_S / 2, silent=-6.7247, mean=-4.5619, weight=0.4270),
    },
)
"""For goals. A channel's weight is for what it says above its mean."""


class CrowdAndWords:
    """Takes readings and goals that were spoken of, in the order in which they are known. Used by one thread."""

    def __init__(self, rule: KindRule = LIVE_RULE) -> None:
        self._rule = rule
        self._highest: deque[tuple[float, float]] = deque()
        """Times and log-odds of readings that no later one is as high as."""
        self._goals: deque[tuple[float, float]] = deque()

    def spoken_of(self, t: float, probability: float) -> None:
        """A goal was told of at ``t`` (s), however unlikely."""
        self._goals.append((t, float(log_odds_of(np.array(probability)))))

    def at(self, t: float, pressure: float, hearing: bool) -> float:
        """The probability of a goal in the ``BEHIND_S`` before ``t``, when the crowd's index is ``pressure``.

        ``hearing``: whether the commentary is heard as it should be. One that is not adds nothing by its silence, so
        the number is the crowd's alone then; what it has told before still speaks for a goal.
        """
        odds = float(log_odds_of(np.array(pressure)))
        while self._highest and self._highest[-1][1] <= odds:
            self._highest.pop()
        self._highest.append((t, odds))
        for kept in (self._highest, self._goals):
            while kept and kept[0][0] < t - WINDOW_S:
                kept.popleft()
        crowd = SpotChannel(*np.array([self._highest[0]]).T)
        words = SpotChannel(*np.array(self._goals).reshape(-1, 2).T)
        total, shares = fuse_at(np.array([t]), {CROWD: crowd, WORDS: words}, self._rule)
        of_words = float(shares[WORDS][0])
        log_odds = float(total[0]) - (of_words if not hearing and of_words < 0 else 0.0)
        return float(1.0 / (1.0 + np.exp(-log_odds)))
