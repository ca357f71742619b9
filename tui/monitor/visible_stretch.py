"""Which stretch of a session the screen shows, as a value: follow, freeze, scrub, jump, zoom."""

import math
from bisect import bisect_left
from dataclasses import dataclass, replace

COLUMN_LADDER_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds a column may stand for. Two seconds make 72 columns two minutes and a bit."""
DEFAULT_COLUMN_S = 2.0
_CONTEXT = 0.25
"""After a jump this share of the picture lies after the cursor, so that the end of a spike is seen as well."""


@dataclass(frozen=True, slots=True)
class View:
    """``cursor_s`` is the moment whose numbers are shown; ``end_s`` the right edge of the picture.

    While ``following``, both are the newest moment of the session.
    """

    cursor_s: float = 0.0
    end_s: float = 0.0
    following: bool = True
    column_s: float = DEFAULT_COLUMN_S
    fitted: bool = False
    """The picture is the whole session, from its left edge to its right one, however long the session becomes."""

    def last_column(self) -> int:
        """The column that holds the right edge."""
        return math.floor(self.end_s / self.column_s)

    def first_column(self, width: int) -> int:
        """The leftmost of ``width`` columns."""
        return self.last_column() - width + 1

    def column_of(self, t: float, width: int) -> int:
        """Where ``t`` is drawn, counted from the left; outside ``[0, width)`` when it is not in the picture."""
        return math.floor(t / self.column_s) - self.first_column(width)

    def moved(self, head_s: float) -> "View":
        """Follow to the newest moment, if following; a picture of the whole session has its end already."""
        if not self.following:
            return self
        return replace(self, cursor_s=head_s, end_s=self.end_s if self.fitted else head_s)

    def frozen(self) -> "View":
        return replace(self, following=False)

    def resumed(self, head_s: float) -> "View":
        return replace(self, following=True, cursor_s=head_s, end_s=self.end_s if self.fitted else head_s)

    def looking_at(self, t: float, head_s: float, width: int) -> "View":
        """Freeze and put the cursor on ``t``; the picture moves only when the cursor would leave it."""
        cursor = min(max(t, 0.0), head_s)
        end = self.end_s
        span = width * self.column_s
        if not end - span < cursor <= end:
            end = min(head_s, cursor + _CONTEXT * span)
        return replace(self, following=False, cursor_s=cursor, end_s=end)

    def zoomed(self, steps: int, head_s: float, width: int) -> "View":
        """``steps`` up is closer. Never further out than the first step that shows the whole session."""
        ladder = COLUMN_LADDER_S
        if self.fitted and steps < 0:
            return self
        widest = next((i for i, column in enumerate(ladder) if column * width >= head_s), len(ladder) - 1)
        widest = max(widest, ladder.index(DEFAULT_COLUMN_S))
        here = bisect_left(ladder, self.column_s)  # the picture of a whole session may lie between two steps
        there = min(max(here - steps, 0), widest)
        return self._with_column(ladder[there], head_s, width)

    def whole(self, head_s: float, width: int) -> "View":
        """The whole session of ``head_s`` seconds, from edge to edge, but no column narrower than the ladder's."""
        column_s = max(head_s / max(width - 0.5, 0.5), COLUMN_LADDER_S[0])
        return replace(self, column_s=column_s, end_s=head_s, fitted=True)

    def refitted(self, head_s: float, width: int) -> "View":
        """Fitted anew, where the session has grown out of the picture, or the picture has another width."""
        if not self.fitted:
            return self
        end_s = head_s if self.following else self.end_s
        fits = self.last_column() == width - 1 and end_s < width * self.column_s
        return replace(self, end_s=end_s) if fits else self.whole(end_s, width)

    def _with_column(self, column_s: float, head_s: float, width: int) -> "View":
        if self.following:
            return replace(self, column_s=column_s, end_s=self.cursor_s, fitted=False)
        end = min(head_s, self.cursor_s + _CONTEXT * width * column_s)
        return replace(self, column_s=column_s, end_s=end, fitted=False)
