"""A file of features that was made, as those tell who make it."""

from pathlib import Path
from typing import NamedTuple

from engine.core.errors import MomentumError


class Made(NamedTuple):
    """A file of features, and how many rows it has; ``fault`` is what its recording broke off with, or why there are
    none. ``seconds`` is how long that took, None where it was there already."""

    file: Path
    rows: int
    fault: MomentumError | None
    seconds: float | None
