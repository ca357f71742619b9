"""What the commentator said last, in one line; there where there is a commentary, and nowhere else."""

from dataclasses import replace
from typing import ClassVar

from engine.core.clock_text import session_time
from engine.core.commentary_state import state_in_words
from engine.core.signals import Hearing
from engine.core.text import cells, plain
from tui.monitor.commentary import Spoken
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.paint import Line, Piece, Showing, fit, spread, width_of

_STYLES = {Hearing.LATE: "note", Hearing.LOST: "fault"}
_NARROW = 60
_LEAST_WORDS = 12
"""Cells that words need to be worth showing beside a state."""


def spoken_line(value: Spoken, width: int, glyphs: Glyphs) -> Line:
    """``said 71:24  ... and that is a goal``, cut at the left so that the newest words stay; at the right how the
    hearing does, unless it does well."""
    state = _state(value, width)
    last = value.words[-1] if value.words else None
    if last is None:
        return spread([Piece(" words:", "faint")], state or [Piece(" listening ", "faint")], width)
    head: Line = [Piece(f" said {session_time(last.start)}  ", "faint")]
    room = width - width_of(head) - width_of(state)
    if room < _LEAST_WORDS:
        return fit([*head, *state], width)
    text = plain(" ".join(words.text for words in value.words))
    return spread([*head, Piece(_newest(text, room - 1, glyphs.ellipsis))], state, width)


def _state(value: Spoken, width: int) -> Line:
    state = value.state
    if state is None or state.state is Hearing.LISTENING:
        return []
    if value.words and state.state is not Hearing.LOST:  # the words need the room
        state = replace(state, detail="")
    short = width < _NARROW or bool(value.words)
    words = plain(state_in_words(state), 20 if short else width - 10)
    return [Piece(f" {words} ", _STYLES.get(state.state, "faint"))]


def _newest(text: str, room: int, ellipsis: str) -> str:
    """The end of ``text``, from a whole word on where there is one, in at most ``room`` cells."""
    if cells(text) <= room:
        return text
    end = text[-room:]  # no letter takes less than a cell, but for marks
    while cells(end) > room - len(ellipsis) - 1:
        end = end[1:]
    _, blank, from_word = end.partition(" ")
    return f"{ellipsis} {from_word if blank and from_word else end}"


class SpokenLine(Showing[Spoken]):
    """Above the status line."""

    NAME: ClassVar[str] = "Commentary"
    HELP: ClassVar[str] = (
        "What the commentator said last, and when; at the right how the hearing of words does, unless it does well: "
        "silent (nobody speaks), late, lost, over. It changes nothing about the index."
    )

    def draw(self, width: int, height: int) -> list[Line]:
        return [spoken_line(self.value, width, self.glyphs)] if self.value else []
