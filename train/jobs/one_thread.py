"""One thread for numpy's products, so that whoever computes a task gives the same bits."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from engine.core.errors import UsageError
from engine.core.extras import installing


@contextmanager
def one_thread(needed: bool = False) -> Iterator[None]:
    """numpy's products by one thread, as Dask has its workers do it: several round otherwise.

    Without threadpoolctl, which comes with the extra ``train``, they keep their threads; ``UsageError`` where one is
    ``needed``.
    """
    limits: AbstractContextManager[object]
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as missing:
        if needed:
            raise UsageError(
                f"{missing.name} is not installed, and training needs it", installing("train")
            ) from missing
        limits = nullcontext()
    else:
        limits = threadpool_limits(1, "blas")
    with limits:
        yield
