"""Studies, each a program of its own. Nothing imports them."""

import sys
from collections.abc import Callable, Sequence

from engine.core.errors import MomentumError
from engine.core.text import plain


def say_what(study: Callable[[], Sequence[str]]) -> int:
    """Write the lines that ``study`` comes to, or the two of a fault that a person can mend; return the exit code."""
    try:
        told = study()
    except MomentumError as error:
        sys.stderr.write(f"{plain(error.message)}\n  {plain(error.hint)}\n")
        return int(error.exit_code)
    sys.stdout.write("\n".join(told) + "\n")
    return 0
