"""Memory that an explanation took, given back to the system: a monitor that explains now and then lives all day."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import mlx.core as mx


@contextmanager
def given_back() -> Iterator[None]:
    """Afterwards give back what was taken inside and is free again.

    MLX keeps free buffers for later use. glibc does so too: once a large block was freed it takes others of that size
    from its heap, whose free pages stay with the process until somebody asks. Other C libraries return them by
    themselves.
    """
    try:
        yield
    finally:
        mx.clear_cache()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
