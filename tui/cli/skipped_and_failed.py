"""What can't be used or done is named on stderr, with the reason and what can be done about it."""

import sys

from engine.core.errors import MomentumError
from engine.core.text import plain


def say_left_out(match_id: str, fault: MomentumError) -> None:
    """A match that training can't use: two lines, as for any fault, while the work goes on."""
    _say("left out", match_id, fault)


def say_not_done(name: str, fault: MomentumError) -> None:
    """A task that failed while the others go on: the same two lines."""
    _say("not done", name, fault)


def _say(what: str, name: str, fault: MomentumError) -> None:
    sys.stderr.write(f"{what}: {plain(name)}: {plain(fault.message)}\n  {plain(fault.hint)}\n")
