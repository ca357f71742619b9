"""Who does the tasks: this process, or the workers of a Dask cluster."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from engine.core.errors import UsageError
from engine.core.extras import installing
from train.jobs.one_thread import one_thread
from train.jobs.task import Outcome, Task, attempt

_ADDRESS: Final = re.compile(r"(tcp|tls)://[^/\s:]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")
_MOST_LOCAL: Final = 256


class Workers(Protocol):
    """Whoever does tasks."""

    def outcomes(self, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome]]:
        """Each task with its outcome once it is done. ``tasks`` is asked for more as room for them comes up; None is
        for one that has to wait until another is done."""
        ...

    def count(self) -> int:
        """How many there are just now."""
        ...


class InThisProcess:
    """One task after the other, here."""

    def outcomes(self, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome]]:
        for task in tasks:
            assert task is not None  # whatever it waits for is done by now
            with one_thread():
                outcome = attempt(task.function, task.given)
            yield task, outcome

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
    check_address(address)
    if address is None:
        return _here()
    try:
        from train.jobs.dask_workers import local_workers, workers_of
    except ImportError as missing:
        raise UsageError(f"{missing.name} is not installed, and --cluster needs it", installing("cluster")) from missing
    scheme, _, count = address.partition(":")
    return local_workers(int(count)) if scheme == "local" else workers_of(address, folders)


def check_address(address: str | None) -> None:
    """Raise ``UsageError`` where ``workers_at`` would not know what is meant."""
    local = re.fullmatch(r"local:(\d{1,3})", address or "local:1")
    if address == "" or not (local or _ADDRESS.fullmatch(address or "")):
        raise UsageError(f"{(address or '')[:60]!a} is no cluster", "Give tcp://HOST:PORT of a scheduler, or local:N.")
    if local and not 1 <= int(local[1]) <= _MOST_LOCAL:
        raise UsageError(f"{local[1]} workers on this machine", f"Ask for 1 to {_MOST_LOCAL}.")


@contextmanager
def _here() -> Iterator[Workers]:
    yield InThisProcess()
