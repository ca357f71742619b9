"""Which sources of sound teach, which are for choosing, which judge once: by the names of the sources alone.

A *source* is one maker, album, voice or recording; it is in one part only, so no reel that judges holds a sound of one
that taught; whole crowds (``TEACH_ONLY``) were compared with all that judges for that. What
may not teach is for choosing or judging. Of other crowds that react there are so few that none teaches, and they are
dealt between choosing and judging file by file.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

TRAIN: Final = "train"
VAL: Final = "val"
TEST: Final = "test"
LEFT_OUT: Final = "left out"
PARTS: Final = (TRAIN, VAL, TEST)
JUDGE_ONLY: Final = frozenset({"reaction", "applause", "boo", "chant", "bed", "crowd mood"})
"""Groups that never teach, dealt file by file."""
TEACH_ONLY: Final = frozenset({"murmur", "people", "signal", "stand"})
"""Kinds that never judge: groups of people, signals and whole crowds, which do something (``stand``) or only are there
(``murmur``), from public repositories."""
_TRAIN_SHARE: Final = 0.6
_SALT: Final = "5"
"""A number from 0 up, taken before anything was scored, under which the few sources that have most of the songs, voices
and music that may teach do teach; and one voice that may, judges."""


def part_of(source: str, may_train: bool, source_teaches: bool) -> str:
    """The part of a file: ``may_train`` is its own, ``source_teaches`` whether any file of its source may train.

    A file that may not teach, of a source that teaches, is left out of everything.
    """
    drawn = _drawn(f"{_SALT}/{source}")
    if source_teaches and drawn < _TRAIN_SHARE:
        return TRAIN if may_train else LEFT_OUT
    return VAL if _drawn(f"{source}/judge") < 0.5 else TEST


def judging_parts(files: Iterable[str]) -> dict[str, str]:
    """The parts of the files of one of ``JUDGE_ONLY``: in a drawn order they go to judging and choosing in turn."""
    drawn = sorted(files, key=lambda file: _drawn(f"file/{file}"))
    return {file: (TEST, VAL)[place % 2] for place, file in enumerate(drawn)}


def _drawn(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2.0**64
