"""How the C library of Linux keeps memory that nobody uses any more: little, in a process that lives all day."""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 256 * 1024
"""Larger blocks are taken from the system and given back one by one; what a reading needs is smaller."""
_ARENAS: Final = 2
"""For the screen and for who listens; each further thread would bring free memory of its own."""


def keep_heap_small() -> None:
    """Before threads are started: glibc is to keep two heaps at most, and no large blocks in them.

    Of itself it has a heap a thread, and takes blocks of up to 32 MB from there once such a one was freed. Other C
    libraries do neither, and are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for option, value in (
        (_ARENA_MAX, _ARENAS),
        (_MMAP_THRESHOLD, _LARGE_BYTES),
        (_TRIM_THRESHOLD, _LARGE_BYTES),
    ):
        mallopt(option, value)
