"""Who does the tasks: this process, or the workers of a Dask cluster."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from engine.core.errors import UsageError
from train.jobs.task import Outcome, Task, attempt

_ADDRESS: Final = re.compile(r"(tcp|tls)://[^/\s:]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")
_MOST_LOCAL: Final = 256


class Workers(Protocol):
    """Whoever does tasks."""

    def outcomes(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Outcome]]:
        """Each task with its outcome once it is done. ``tasks`` is asked for more as room for them comes up."""
        ...

    def count(self) -> int:
        """How many there are just now."""
        ...


class InThisProcess:
    """One task after the other, here."""

    def outcomes(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Outcome]]:
        for task in tasks:
            yield task, attempt(task.function, task.given)

    def count(self) -> int:
        return 1


def workers_at(address: str | None, folders: Sequence[Path] = ()) -> AbstractContextManager[Workers]:
    """The workers of the cluster at ``address``: ``tcp://HOST:PORT``, ``local:N`` for N processes on this machine, None
    for this process.

    ``folders`` are those that the tasks read and write: workers elsewhere must see them at the same paths.

    Raises:
        UsageError: it is no address, or the packages for it are not installed.
        MomentumError: nobody answers there.
    """
    if address is None:
        return _here()
    local = re.fullmatch(r"local:(\d{1,3})", address)
    if local is None and not _ADDRESS.fullmatch(address):
        raise UsageError(f"{address[:60]!a} is no cluster", "Give tcp://HOST:PORT of a scheduler, or local:N.")
    if local and not 1 <= int(local[1]) <= _MOST_LOCAL:
        raise UsageError(f"{local[1]} workers on this machine", f"Ask for 1 to {_MOST_LOCAL}.")
    try:
        from train.jobs.dask_workers import local_workers, workers_of
    except ImportError as missing:
        raise UsageError(
            f"{missing.name} is not installed, and --cluster needs it", "pip install 'acoustic-momentum[cluster]'"
        ) from missing
    return local_workers(int(local[1])) if local else workers_of(address, folders)


@contextmanager
def _here() -> Iterator[Workers]:
    yield InThisProcess()
