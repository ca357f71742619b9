"""Tasks on the workers of a Dask cluster (``dask.distributed``): one that dies loses nothing, its task is done anew.

A few tasks a worker are under way at a time, so neither descriptions nor results pile up anywhere. Nothing is kept by
the scheduler: what it took with it is done again by the next run of the same job.
"""

import logging
import os
import pickle
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

os.environ.setdefault("DASK_CONFIG", os.devnull)  # read when dask is imported; a person's own settings stay out
import dask
from distributed import CancelledError, Client, Future, LocalCluster, Security, get_worker
from distributed.scheduler import KilledWorker

from engine.core.errors import MomentumError
from engine.core.files import write_private
from train.jobs.same_program import WrongWorker, check_worker, this_program
from train.jobs.task import Fault, Outcome, Task, attempt

ALLOWED_FAILURES: Final = 20
"""Workers that may die under a task before it is taken for the one that kills them; Dask's own 3 are soon reached where
machines are taken away."""
_AHEAD: Final = 2
"""Tasks under way a worker: one that it does, and one that it has at hand then."""
_CONNECT_S: Final = 15.0
_LOOK_S: Final = 1.0
_TALKATIVE: Final = ("distributed", "tornado", "asyncio")
_UNDONE: Final = ("pending", "lost")
"""A task that was done, and whose worker died with the result: the scheduler has it done anew."""
_KEPT: Final = "What is done is kept: the same command goes on from there, on any cluster or on none."


@contextmanager
def local_workers(count: int) -> Iterator["DaskWorkers"]:
    """``count`` processes of this machine, which nobody beside this process can reach: they listen on the loopback
    device and take orders under a certificate that is made here and forgotten."""
    with tempfile.TemporaryDirectory(prefix="momentum-workers-") as scratch, _quiet(), _settings(scratch):
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
            memory_limit=0,  # a share of the machine's would end tasks that are whole processes elsewhere
            local_directory=scratch,
            security=Security.temporary(),
        )
        client = Client(cluster, set_as_default=False, timeout=_CONNECT_S)
        try:
            yield DaskWorkers(client, "the workers of this machine", {})
        finally:
            with suppress(OSError, TimeoutError):
                client.close(timeout=_CONNECT_S)
                cluster.close(timeout=_CONNECT_S)


@contextmanager
def workers_of(address: str, folders: Sequence[Path]) -> Iterator["DaskWorkers"]:
    """The workers of the scheduler at ``address``. Raises ``MomentumError`` where nobody answers."""
    with _quiet(), _settings(tempfile.gettempdir()), _marks(folders) as marks:
        try:
            client = Client(address, set_as_default=False, timeout=_CONNECT_S)
        except (OSError, TimeoutError) as error:
            raise MomentumError(
                f"no scheduler answers at {address}", "See that it runs, and that a firewall lets its port through."
            ) from error
        except ValueError as error:
            raise MomentumError(f"{address} can't be used: {error}", "See docs/cluster.md.") from error
        try:
            yield DaskWorkers(client, address, marks)
        finally:
            with suppress(OSError, TimeoutError):
                client.close(timeout=_LOOK_S)


class DaskWorkers:
    """The workers that a client reaches."""

    def __init__(self, client: Client, address: str, marks: Mapping[str, str]) -> None:
        self._client = client
        self._address = address
        self._marks = marks

    def count(self) -> int:
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def outcomes(self, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome]]:
        # Equal keys are one task to a scheduler that many use, and one to be cancelled where it was left a moment ago.
        job = secrets.token_hex(4)
        done: SimpleQueue[Future[Any]] = SimpleQueue()
        under_way: dict[Any, tuple[Task, Future[Any]]] = {}
        left = True
        try:
            while left or under_way:
                left = self._begin(tasks, job, under_way, done) if left else False
                if not under_way:
                    break
                try:
                    future = done.get(timeout=_LOOK_S)
                except Empty:
                    self._check_there()
                    continue
                if future.key not in under_way:
                    continue
                if future.status in _UNDONE:
                    self._check_there()
                    future.add_done_callback(done.put)
                    continue
                task, _ = under_way.pop(future.key)
                outcome = self._outcome(future)
                future.release()  # the workers hold a result only until it is here
                yield task, outcome
        finally:
            if under_way and self._client.status == "running":
                with suppress(OSError, TimeoutError):
                    self._client.cancel([future for _, future in under_way.values()])

    def _begin(
        self,
        tasks: Iterator[Task | None],
        job: str,
        under_way: dict[Any, tuple[Task, Future[Any]]],
        done: "SimpleQueue[Future[Any]]",
    ) -> bool:
        """Begin as many as there is room for. False once there are no more."""
        while len(under_way) < _AHEAD * max(1, self.count()):
            try:
                task = next(tasks)
            except StopIteration:
                return False
            if task is None:
                break
            future = self._submit(task, job)
            under_way[future.key] = task, future
            future.add_done_callback(done.put)
        return True

    def _submit(self, task: Task, job: str) -> Future[Any]:
        work = pickle.dumps((task.function, task.given))
        orders = {"wanted": this_program(), "marks": dict(self._marks)}
        self._check_there()
        return self._client.submit(
            do_task, work, orders, key=f"{task.function.__name__}-{task.key}-{job}", pure=False, retries=0
        )

    def _outcome(self, future: Future[Any]) -> Outcome:
        """What came of a task. The scheduler may go at any moment, also between two of these lines."""
        if future.status == "finished":
            try:
                found: Outcome = future.result()
            except (CancelledError, OSError) as error:
                raise self._gone() from error
            return found
        fault = future.exception() if future.status == "error" else None
        match fault:
            case None:
                raise self._gone()
            case KilledWorker():
                return Fault(
                    "worker after worker died with it", "See how much memory they have, and what their machines say."
                )
            case WrongWorker():
                raise fault
            case ImportError():
                raise MomentumError(
                    f"a worker can't run the program: {fault}", "Install the same version of it on all machines."
                ) from fault
        raise fault

    def _check_there(self) -> None:
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> MomentumError:
        return MomentumError(f"the scheduler is gone: {self._address}", _KEPT)


def do_task(work: bytes, orders: Mapping[str, Any]) -> Outcome:
    """What a worker does. Raises ``WrongWorker`` where it is not fit to."""
    worker = get_worker()
    check_worker(orders["wanted"], orders["marks"], worker.address, worker.state.nthreads, os.environ)
    function, given = pickle.loads(work)
    return attempt(function, given)


@contextmanager
def _marks(folders: Sequence[Path]) -> Iterator[dict[str, str]]:
    """Each folder with an empty file in it, whose name nobody else knows; gone afterwards. A folder that can only be
    read has to be there, and no more is known of it. One that is missing here is missed by whoever reads it."""
    name = f".shared-{secrets.token_hex(8)}"
    marks: dict[str, str] = {}
    try:
        for there in (folder.absolute() for folder in folders if folder.is_dir()):
            try:
                write_private(there / name, b"")
                marks[str(there)] = name
            except OSError:
                marks[str(there)] = "."
        yield marks
    finally:
        for marked in marks:
            (Path(marked) / name).unlink(missing_ok=True)


def _settings(scratch: str) -> Any:
    return dask.config.set(
        {
            "distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.nanny.http.routes": [],
            "distributed.scheduler.worker-saturation": 1.0,
            # A hundred times a second it was looked where a worker is in its code: for a page that is not shown.
            "distributed.worker.profile.enabled": False,
            "distributed.admin.system-monitor.interval": "5s",
            "distributed.admin.tick.interval": "500ms",
            "temporary-directory": scratch,
        }
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's log says on the terminal what this module says in its own words."""
    # Some, such as distributed.client, have a level and a handler of their own.
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _TALKATIVE]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
