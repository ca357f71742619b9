"""The state of a commentary in words, the same on every screen and in every line."""

from engine.core.signals import Hearing, WordsState
from engine.core.text import plain


def state_in_words(state: WordsState, detail_cells: int = 160) -> str:
    """``listening``, ``late 12 s`` or ``lost: no such device``."""
    late = f" {state.late_s:.0f} s" if state.state is Hearing.LATE else ""
    detail = f": {plain(state.detail, detail_cells)}" if state.detail else ""
    return f"{state.state.value}{late}{detail}"
