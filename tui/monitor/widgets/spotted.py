"""An event that was spotted in the recording: its line in the log, and what each channel added to it."""

from math import exp, log
from typing import Final

from engine.core.clock_text import session_time
from engine.core.spotted import Spotted
from engine.core.text import plain
from engine.football.match_clock import MatchClock
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.paint import Line, Painted, Piece, fit, rule

_LABEL_CELLS: Final = 30
_CHANNEL_CELLS: Final = 14
_BAR_CELLS: Final = 30
_MOST_TIMES: Final = log(1000)


def shares_of(event: Spotted) -> list[tuple[str, float]]:
    """Its channels, the one that added most first."""
    return sorted(event.shares.items(), key=lambda share: -share[1])


def spotted_row(event: Spotted, clock: MatchClock, glyphs: Glyphs) -> Line:
    """``◆ 2:40  45+2'  0.84 Goal  crowd +3.7, audio +0.4``: time, match clock, confidence, class, shares."""
    shares = ", ".join(f"{plain(name, _CHANNEL_CELLS)} {share:+.1f}" for name, share in shares_of(event))
    return [
        Piece(f" {glyphs.mark} ", "calm"),
        Piece(f"{session_time(event.t):>8}  "),
        Piece(f"{clock.minute(event.t) or '':<8}", "calm"),
        Piece(f" {event.confidence:.2f} ", "strong"),
        Piece(f"{plain(event.label, _LABEL_CELLS)}  ", "calm"),
        Piece(shares, "faint"),
    ]


def times_said(share: float) -> str:
    """A share in words: how many times likelier, or less likely, the channel made it."""
    times = exp(min(abs(share), _MOST_TIMES))
    shown = f"{times:.0f}" if times >= 10 else f"{times:.1f}"
    if shown == "1.0":
        return "says nothing of it"
    more = "over " if abs(share) > _MOST_TIMES else ""
    return f"{more}{shown} times {'likelier' if share > 0 else 'less likely'}"


class SharesPanel(Painted):
    """What each channel added to one event."""

    NAME = "Why"
    HELP = (
        "What each channel added to the odds of the event, above or below what it says on average: the picture "
        "(video), the sound (audio), the commentary (words) and the crowd's index (crowd). A channel that was missing "
        "has no line, for it said nothing."
    )

    def __init__(self, glyphs: Glyphs, event: Spotted, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self._event = event

    def draw(self, width: int, height: int) -> list[Line]:
        event = self._event
        lines: list[Line] = [rule(f"Why, at {session_time(event.t)}", width, self.glyphs, "Escape closes")]
        lines.append([Piece(f" {plain(event.label, _LABEL_CELLS)}, {event.confidence:.2f}", "strong")])
        lines.append([Piece(" what each channel added to its odds, beside what it says on average", "faint")])
        shares = shares_of(event)
        most = max((abs(share) for _, share in shares), default=0.0)
        for name, share in shares:
            cells = round(abs(share) / most * _BAR_CELLS) if most > 0 else 0
            mark, style = (self.glyphs.shades[-1], "alarm") if share > 0 else ("=", "calm")
            lines.append(
                [
                    Piece(f" {plain(name, _CHANNEL_CELLS):<{_CHANNEL_CELLS}} {share:+6.2f}  "),
                    Piece(f"{mark * cells}  ", style),
                    Piece(times_said(share), "faint"),
                ]
            )
        return [fit(line, width) for line in lines[:height]]
