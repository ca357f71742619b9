"""A fault in the middle of a sound, held back until all that was heard before it has been handed on."""

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

from engine.core.errors import MomentumError

T = TypeVar("T")


class UntilFault(Generic[T]):
    """``items`` up to their end or to a ``MomentumError``, which waits for ``raise_it``. Iterated once."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._fault: MomentumError | None = None

    def __iter__(self) -> Generator[T, None, None]:
        try:
            yield from self._items
        except MomentumError as fault:
            self._fault = fault

    def raise_it(self) -> None:
        """Raise what ended the items early, if anything did."""
        if self._fault is not None:
            raise self._fault
