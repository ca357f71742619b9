"""Tasks on two real workers of this machine: the same results, also where a worker is killed."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

from distributed import CancelledError, Future

from engine.core.errors import MomentumError, UsageError
from tests.unit.train.jobs.trial_tasks import nobody, trial
from train.jobs import dask_workers
from train.jobs.dask_workers import DaskWorkers
from train.jobs.kept_results import to_bytes
from train.jobs.run_tasks import Faults, in_order, run_tasks
from train.jobs.same_program import WrongWorker, check_worker, this_program
from train.jobs.workers import InThisProcess, Workers, workers_at

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture
def workers(two_workers: DaskWorkers) -> DaskWorkers:
    return two_workers


def bits(tasks, by: Workers) -> list[bytes]:
    return [to_bytes(result) for result in in_order(tasks, run_tasks(tasks, by, nobody, "squares"))]


def test_two_workers_give_what_this_process_gives(workers: Workers):
    tasks = [trial(n) for n in range(20)]
    assert bits(tasks, workers) == bits(tasks, InThisProcess())
    assert workers.count() == 2


def test_a_worker_killed_in_the_middle_of_a_task_loses_nothing(workers: Workers, tmp_path: Path):
    go_on = tmp_path / "go-on"
    tasks = [trial(n, folder=tmp_path, wait_for=go_on) for n in range(6)]

    def kill_one() -> None:
        limit_s = time.monotonic() + 60
        while not (begun := list(tmp_path.glob("begun-*"))) and time.monotonic() < limit_s:
            time.sleep(0.01)
        os.kill(int(begun[0].name.split("-")[2]), signal.SIGKILL)
        go_on.touch()

    killer = threading.Thread(target=kill_one)
    killer.start()
    found = bits(tasks, workers)
    killer.join()
    assert found == bits([trial(n) for n in range(6)], InThisProcess())
    begun = [int(file.name.split("-")[1]) for file in tmp_path.glob("begun-*")]
    assert len(begun) > len(set(begun))  # what the dead one had begun, another began again


def watches(dask_worker) -> dict[str, float]:
    """What a worker does again and again, and every how many milliseconds."""
    return {name: callback.callback_time for name, callback in dask_worker.periodic_callbacks.items()}


def until(true: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit_s
        time.sleep(0.01)


def test_a_result_that_dies_with_its_worker_before_it_is_fetched_is_made_anew(
    workers: DaskWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """And no scheduler is said to be gone for it: it is looked for once, and then waited for."""
    go_on = tmp_path / "go-on"
    tasks = [trial(1), trial(2, folder=tmp_path, wait_for=go_on)]
    outcomes = workers.outcomes(iter(tasks))
    _, one = next(outcomes)
    go_on.touch()  # nobody asks for the second result yet
    known = workers._client.futures
    (key,) = [key for key in known if tasks[1].key in str(key)]
    until(lambda: known[key].status == "finished")
    go_on.unlink()  # whoever does it anew waits
    (begun,) = tmp_path.glob("begun-2-*")
    os.kill(int(begun.name.split("-")[2]), signal.SIGKILL)
    until(lambda: known[key].status != "finished")
    monkeypatch.setattr(workers, "_check_there", go_on.touch)
    found = [one, *(outcome for _, outcome in outcomes)]
    assert [to_bytes(result) for result in found] == bits([trial(1), trial(2)], InThisProcess())
    assert len(list(tmp_path.glob("begun-2-*"))) == 2


def test_what_a_job_left_unfinished_is_cancelled_late_and_takes_nothing_of_the_next_with_it(
    workers: DaskWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A loaded scheduler hears of the end of a job when the same tasks are under way again; it was said to be gone."""
    go_on = tmp_path / "go-on"
    left = workers.outcomes(iter([trial(1), trial(2, folder=tmp_path, wait_for=go_on)]))
    next(left)
    unheard: list[object] = []
    cancel = workers._client.cancel
    monkeypatch.setattr(workers._client, "cancel", unheard.extend)
    left.close()
    assert unheard

    def the_same_again():
        yield trial(2, folder=tmp_path, wait_for=go_on)
        cancel(unheard)
        go_on.touch()

    assert [task.name for task, _ in workers.outcomes(the_same_again())] == ["match-2"]


def test_few_tasks_are_under_way_however_many_there_are(workers: Workers):
    asked = 0

    def many():
        nonlocal asked
        for n in range(1000):
            asked += 1
            yield trial(n % 7)

    outcomes = workers.outcomes(many())
    for _ in range(3):
        next(outcomes)
    outcomes.close()
    assert asked <= 3 + 2 * 2


def test_a_task_begun_again_at_once_is_not_cancelled_with_the_job_that_was_left(workers: DaskWorkers):
    """The scheduler hears of the end of a job some time after the next one has begun."""
    under_way = []
    for _ in range(2):
        outcomes = workers.outcomes(trial(n) for n in range(9))
        next(outcomes)
        under_way.append({str(key) for key in workers._client.futures})
        outcomes.close()
    assert under_way[0] and not under_way[1] & under_way[0]


def test_a_bad_recording_is_named_and_the_others_go_on(workers: Workers):
    said: list[str] = []
    faults = Faults(lambda name, fault: said.append(f"{name}: {fault.message}"))
    tasks = [trial(1), trial(2, fault="input"), trial(4)]
    done = {task.name for task, _ in run_tasks(tasks, workers, nobody, "squares", on_fault=faults)}
    assert done == {"match-1", "match-4"}
    assert said == ["match-2: recording 2 breaks off"]


@pytest.mark.parametrize("lost", [CancelledError("connection lost"), OSError("closed while it was read")])
def test_a_scheduler_that_goes_while_a_result_is_on_its_way_is_said(
    workers: DaskWorkers, monkeypatch: pytest.MonkeyPatch, lost: Exception
):
    def result(_: object) -> None:
        raise lost

    monkeypatch.setattr(Future, "result", result)
    with pytest.raises(MomentumError, match="the scheduler is gone"):
        list(workers.outcomes(iter([trial(1)])))


def test_a_scheduler_that_goes_while_it_is_asked_what_went_wrong_is_said(
    workers: DaskWorkers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Future, "exception", lambda _: None)
    with pytest.raises(MomentumError, match="the scheduler is gone"):
        list(workers.outcomes(iter([trial(2, fault="program")])))


def test_a_mistake_of_the_program_comes_back_as_it_was(workers: Workers):
    with pytest.raises(KeyError):
        list(run_tasks([trial(2, fault="program")], workers, nobody, "s", on_fault=Faults(lambda *_: None)))


def test_a_worker_of_another_version_is_refused(workers: Workers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dask_workers, "this_program", lambda: {**this_program(), "numpy": "1.0"})
    with pytest.raises(WrongWorker, match=r"worker tcp|worker tls") as raised:
        list(run_tasks([trial(1)], workers, nobody, "s", on_fault=Faults(lambda *_: None)))
    assert "numpy" in raised.value.message and "here it is 1.0" in raised.value.message


def test_a_worker_that_does_not_see_the_folder_is_refused(workers: Workers, tmp_path: Path):
    assert isinstance(workers, DaskWorkers)
    elsewhere = DaskWorkers(workers._client, "tcp://desk:8786", {str(tmp_path): ".shared-by-another"})
    with pytest.raises(WrongWorker, match="does not see the folder"):
        list(elsewhere.outcomes(iter([trial(1)])))


def test_several_threads_are_refused():
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    check_worker(this_program(), {}, "w", 1, one)
    for threads, environment in ((2, one), (1, {**one, "OMP_NUM_THREADS": "4"}), (1, {})):
        with pytest.raises(WrongWorker, match="several threads"):
            check_worker(this_program(), {}, "w", threads, environment)


def test_nothing_listens_beyond_loopback_and_no_page_is_served(workers: Workers):
    psutil = pytest.importorskip("psutil", reason="comes with the extra 'cluster'")
    me = psutil.Process()
    listening = [
        connection.laddr
        for process in (me, *me.children(recursive=True))
        for connection in process.net_connections(kind="inet")
        if connection.status == "LISTEN"
    ]
    assert listening
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_idle_workers_took_a_tenth_of_a_core_to_watch_themselves(workers: DaskWorkers):
    """Each looked a hundred times a second where in its code it was, and fifty times whether its loop still turned."""
    watched = workers._client.run(watches)
    assert watched
    for every_ms in watched.values():
        assert "heartbeat" in every_ms
        assert min(every_ms.values()) >= 500


@pytest.mark.parametrize("address", ["", "local:", "local:0", "local:999", "desk:8786", "http://desk:80", "tcp://desk"])
def test_what_is_no_address_is_said_before_anything_starts(address: str):
    with pytest.raises(UsageError):
        workers_at(address)


def test_where_no_scheduler_answers_it_is_said_in_two_lines(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dask_workers, "_CONNECT_S", 0.5)
    with (
        pytest.raises(MomentumError, match="no scheduler answers"),
        workers_at("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_lost_scheduler_is_two_lines_and_no_traceback_of_dask_s():
    """Its client's logger has a level of its own, and said where it came from above what this program says."""
    client = logging.getLogger("distributed.client_of_this_test")
    client.setLevel(logging.WARNING)
    with dask_workers._quiet():
        assert not client.isEnabledFor(logging.ERROR)
    assert client.isEnabledFor(logging.ERROR)


def test_a_folder_is_marked_while_a_job_runs_and_one_that_can_only_be_read_needs_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(file: Path, content: bytes) -> None:
        if file.parent.name == "read-only":
            raise PermissionError(13, "Permission denied", str(file))
        file.write_bytes(content)

    monkeypatch.setattr(dask_workers, "write_private", refuse)
    for name in ("mine", "read-only"):
        (tmp_path / name).mkdir()
    with dask_workers._marks([tmp_path / "mine", tmp_path / "read-only", tmp_path / "misspelt"]) as marks:
        assert (tmp_path / "mine" / marks[str(tmp_path / "mine")]).is_file()
        assert marks[str(tmp_path / "read-only")] == "."
        assert not (tmp_path / "misspelt").exists()
    assert not list(tmp_path.rglob(".shared-*"))
