"""In which order sessions began and ended, whatever the computer's clock said meanwhile.

Sessions are named by a clock that may have been wrong, and the times of their files come from the same clock. So each
is written down at its beginning and at its end, in a file beside them that only grows: what stands last is the latest.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.core.files import open_private

ORDER: Final = ".order"
_LONGEST_BYTES: Final = 8_000_000


def note(root: Path, name: str) -> None:
    """Write down that the session ``name`` under ``root`` begins, or ends, now."""
    # Without it a session is ranked by its name; that is no reason to fail.
    with suppress(OSError):
        descriptor = open_private(root / ORDER, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        try:
            # One write, so that two recorders do not mix; the line end first, as a full disk may have cut the last one.
            os.write(descriptor, f"\n{name}".encode())
        finally:
            os.close(descriptor)


def ranks(root: Path) -> dict[str, int]:
    """A number for each session that is written down: the later it began or ended, the higher."""
    try:
        with (root / ORDER).open("rb") as file:
            file.seek(max(0, (root / ORDER).stat().st_size - _LONGEST_BYTES))
            lines = file.read().decode("ascii", errors="replace").split("\n")
    except OSError:
        return {}
    return {name: number for number, name in enumerate(lines) if name}
