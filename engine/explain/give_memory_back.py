"""Memory that an explanation took, given back to the system: a monitor that explains now and then lives all day."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import mlx.core as mx

_ALONE: Final = threading.Lock()


@contextmanager
def given_back() -> Iterator[None]:
    """One thread at a time; afterwards give back what was taken inside and is free again.

    An explanation that was left goes on until its next gradient; one that is asked for meanwhile would take as much
    again beside it.

    MLX keeps free buffers for later use. glibc does so too: once a large block was freed it takes others of that size
    from its heap, whose free pages stay with the process until somebody asks. Other C libraries return them by
    themselves.
    """
    with _ALONE:
        try:
            yield
        finally:
            mx.clear_cache()
            trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
            if trim is not None:
                trim(0)
