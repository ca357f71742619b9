"""Tasks in this process: what is kept is taken, what fails is named, and the others go on."""

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from engine.core.errors import ExitCode, InputError, MomentumError
from tests.unit.train.jobs import trial_tasks
from tests.unit.train.jobs.trial_tasks import nobody, trial
from train.jobs.kept_results import KeptResults, to_bytes
from train.jobs.run_tasks import Faults, how_it_goes, in_order, run_tasks
from train.jobs.task import Task
from train.jobs.workers import InThisProcess


def test_a_job_that_was_stopped_makes_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = KeptResults(tmp_path / "kept")
    tasks = [trial(n) for n in range(4)]
    stopped = run_tasks(tasks, InThisProcess(), nobody, "squares", kept)
    before = [to_bytes(next(stopped)[1]) for _ in range(2)]
    stopped.close()
    made = []
    real = trial_tasks.square
    monkeypatch.setattr("train.jobs.workers.attempt", lambda _, given: made.append(given.number) or real(given))
    told: list[str] = []
    found = in_order(tasks, run_tasks(tasks, InThisProcess(), lambda *at: told.append(at[3]), "squares", kept))
    assert made == [2, 3]
    assert told[0] == "2 were there already"
    assert [to_bytes(one) for one in found[:2]] == before
    assert [one["number"] for one in found] == [0, 1, 2, 3]


def test_a_bad_recording_is_named_and_the_others_go_on():
    said: list[str] = []
    faults = Faults(lambda name, fault: said.append(f"{name}: {fault.message}"))
    tasks = [trial(1), trial(2, fault="input"), trial(3, fault="disk"), trial(4)]
    done = [task.name for task, _ in run_tasks(tasks, InThisProcess(), nobody, "squares", on_fault=faults)]
    assert done == ["match-1", "match-4"]
    assert said == ["match-2: recording 2 breaks off", "match-3: match-3.mp4: No such file or directory"]
    with pytest.raises(MomentumError, match="2 of 4") as raised:
        faults.raise_if_any(4, "Again.")
    assert raised.value.exit_code == ExitCode.INPUT


def test_where_nobody_takes_faults_the_first_one_ends_the_job():
    with pytest.raises(MomentumError, match="recording 2"):
        list(run_tasks([trial(2, fault="input")], InThisProcess(), nobody, "squares"))


def test_a_mistake_of_the_program_is_no_fault_of_the_task():
    with pytest.raises(KeyError):
        list(run_tasks([trial(2, fault="program")], InThisProcess(), nobody, "s", on_fault=Faults(lambda *_: None)))


def threads_of_products(_: object) -> dict[str, int]:
    """How many threads share a product of matrices just now."""
    return {"most": max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")}


def test_a_task_has_one_thread_here_as_the_workers_of_a_cluster_have():
    with threadpool_limits(2, "blas"):
        if threads_of_products(None)["most"] < 2:
            pytest.skip("the library for products has one thread only")
        ((_, found),) = run_tasks([Task("threads", threads_of_products, None, {})], InThisProcess(), nobody, "threads")
        assert found == {"most": 1}
        assert threads_of_products(None)["most"] == 2


def test_rate_and_time_left_are_those_of_what_this_run_made():
    told: list[tuple[float, str]] = []
    clock = iter([0.0, 30.0, 60.0])
    tasks = [trial(1), trial(2)]
    list(
        run_tasks(tasks, InThisProcess(), lambda _, d, t, note: told.append((d, note)), "s", clock=lambda: next(clock))
    )
    assert told == [(0, ""), (1, "2.0/min, 00:30 left"), (2, "2.0/min")]
    assert how_it_goes(5, 10, 1.0, 12) == "5.0/s, 00:01 left, 12 workers"
    assert how_it_goes(1, 3, 7200.0, 1) == "0.5/h, 4:00:00 left"


def test_a_result_that_a_kill_cut_short_is_made_anew(tmp_path: Path):
    kept = KeptResults(tmp_path)
    task = trial(3)
    kept.put(task.key, {"squares": np.ones(3), "number": 3})
    file = tmp_path / f"{task.key}.npz"
    whole = file.read_bytes()
    assert kept.get(task.key) is not None
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert kept.get(task.key) is None


def test_no_pickle_in_a_kept_result_is_ever_opened(tmp_path: Path):
    np.savez(tmp_path / "a.npz", json=np.array([{"a": 1}], dtype=object))
    assert KeptResults(tmp_path).get("a") is None


def test_what_a_result_is_made_from_decides_its_name():
    assert trial(1).key == trial(1, fault="input").key
    assert trial(1).key != trial(2).key


def test_a_fault_keeps_its_exit_code():
    try:
        list(run_tasks([trial(1, fault="input")], InThisProcess(), nobody, "s"))
    except MomentumError as error:
        assert error.exit_code == InputError.code
