"""Files that take the place of no other: their names carry a number."""

from itertools import count
from pathlib import Path
from typing import TextIO

from engine.core.paths import private_file


def new_file(folder: Path, stem: str, suffix: str, *, first_bare: bool = False) -> tuple[Path, TextIO]:
    """Open ``stem-1`` + ``suffix`` in ``folder`` for writing, or the first number that is free; for its owner alone.

    ``first_bare``: the first one has no number, and the second is 2. Raises ``OSError``.
    """
    for number in count(1):
        path = folder / (f"{stem}{suffix}" if first_bare and number == 1 else f"{stem}-{number}{suffix}")
        try:
            return path, private_file(path)
        except FileExistsError:
            continue
    raise AssertionError("there is always another number")
