"""A scheduler and workers as ``docs/cluster.md`` starts them, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

from engine.core.errors import MomentumError
from tests.unit.train.jobs.trial_tasks import nobody, trial
from train.jobs.kept_results import KeptResults, to_bytes
from train.jobs.run_tasks import in_order, run_tasks
from train.jobs.workers import InThisProcess, workers_at

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address of a scheduler with one worker, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "20",
        "DASK_TEMPORARY_DIRECTORY": str(tmp_path),
    }

    def start(*command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-m", "dask", *command], env=environment, stderr=subprocess.DEVNULL)

    first = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    worker = start("worker", address, "--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--death-timeout", "60")
    yield address, first
    for process in (worker, first):
        process.terminate()
        process.wait(60)


def test_a_scheduler_that_is_gone_is_said_and_the_job_goes_on_elsewhere(
    scheduler: tuple[str, "subprocess.Popen[bytes]"], tmp_path: Path
):
    address, process = scheduler
    kept = KeptResults(tmp_path / "kept")
    tasks = [trial(n) for n in range(30)]
    with (
        pytest.raises(MomentumError, match="the scheduler is gone: tcp://") as raised,
        workers_at(address, [tmp_path]) as workers,
    ):
        for number, _ in enumerate(run_tasks(tasks, workers, nobody, "squares", kept)):
            if number == 4:
                process.send_signal(signal.SIGKILL)
    assert "goes on from there" in raised.value.hint
    there = len(list(kept.folder.glob("*.npz")))
    assert 5 <= there < 30
    assert not list(tmp_path.glob(".shared-*"))
    told: list[str] = []
    found = in_order(tasks, run_tasks(tasks, InThisProcess(), lambda *at: told.append(at[3]), "squares", kept))
    assert told[0] == f"{there} were there already"
    assert [to_bytes(one) for one in found] == [
        to_bytes(one) for one in in_order(tasks, run_tasks(tasks, InThisProcess(), nobody, "squares"))
    ]
