"""A line of the spike log for an event that the commentator spoke of."""

from typing import Final

from engine.core.clock_text import session_time
from engine.core.said_events import event_said
from engine.core.signals import WordsEvent
from engine.core.text import plain
from engine.football.match_clock import MatchClock
from tui.monitor.widgets.paint import Line, Piece, fit

_QUOTE: Final = '"'
_WORDS_CELLS: Final = 60


def said_row(event: WordsEvent, clock: MatchClock, width: int) -> Line:
    """``" 71:24  45+2'  said goal 83%  net, strike``: when it was, what was said, with its share and its words. It has
    neither height nor length, so it is no spike to a reader without colours."""
    words = plain(event.words, _WORDS_CELLS)
    line = [
        Piece(f" {_QUOTE} ", "calm"),
        Piece(f"{session_time(event.at):>8}  "),
        Piece(f"{clock.minute(event.at) or '':<8}", "calm"),
        Piece(f" {event_said(event)}", "strong"),
        Piece(f"  {words}", "faint"),
    ]
    return fit(line, width)
