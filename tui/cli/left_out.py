"""A match that training can't use is named on stderr, with the reason and what can be done about it."""

import sys

from engine.core.errors import InputError
from engine.core.text import plain


def say_left_out(match_id: str, fault: InputError) -> None:
    """Two lines, as for any fault, while the work goes on."""
    sys.stderr.write(f"left out: {plain(match_id)}: {plain(fault.message)}\n  {plain(fault.hint)}\n")
