"""How what takes a while speaks to whoever asked for it, without knowing where that is shown."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

Tell: TypeAlias = Callable[[str], None]
"""Called with a sentence for a person; it may hold names that come from files and devices, so it is shown as plain."""


def untold(sentence: str) -> None:
    """For who has nobody to tell."""


class Progress(Protocol):
    """Called with what is being done, how much of it is done, of how much where that is known, and how it goes."""

    def __call__(self, step: str, done: float, total: float | None, note: str = "") -> None: ...
