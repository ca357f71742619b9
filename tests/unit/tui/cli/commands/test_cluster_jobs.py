"""Commands on a cluster of two workers, one of which is killed in the middle: the same bits as without any."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

from engine.core.errors import MomentumError
from tests.unit.train.experiments.held_rows import hold_no_rows, hold_rows
from tests.unit.train.fit.spotting.game_folder import PICTURE, SOUND, write_games
from tests.unit.train.recipes.drawn_matches import QUICK, drawn
from train.experiments.ablation import __main__ as ablation
from train.experiments.ablation import study
from train.jobs import dask_workers
from train.jobs.dask_workers import DaskWorkers
from tui.cli.main import main

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]
GONE = MomentumError("the scheduler is gone: tcp://desk:8786", "What is done is kept.")


class KillsOne:
    """Two workers, one of which is killed as soon as one task of ``function`` is done; it has others in hand then."""

    def __init__(self, workers: DaskWorkers, function: str) -> None:
        self.workers = workers
        self.function = function
        self.killed = False

    def outcomes(self, tasks):
        for task, outcome in self.workers.outcomes(tasks):
            if task.function.__name__ == self.function and not self.killed:
                self.killed = True
                os.kill(next(iter(self.workers._client.run(os.getpid).values())), signal.SIGKILL)
            yield task, outcome

    def count(self) -> int:
        return self.workers.count()


class SchedulerGoes:
    """Workers whose scheduler is gone after so many tasks."""

    def __init__(self, workers: "DaskWorkers | KillsOne", after: int) -> None:
        self.workers = workers
        self.after = after
        self.done: list[str] = []

    def outcomes(self, tasks):
        outcomes = self.workers.outcomes(tasks)
        for task, outcome in outcomes:
            if self.after == 0:
                outcomes.close()
                raise GONE
            self.after -= 1
            self.done.append(task.name)
            yield task, outcome

    def count(self) -> int:
        return self.workers.count()


@pytest.fixture
def on(two_workers: DaskWorkers, monkeypatch: pytest.MonkeyPatch):
    """Lets ``--cluster local:2`` of the test be these workers."""

    def let(workers) -> None:
        @contextmanager
        def given(_: int) -> Iterator[object]:
            yield workers

        monkeypatch.setattr(dask_workers, "local_workers", given)

    return let


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_simulate_many_with_a_worker_killed(two_workers: DaskWorkers, on, tmp_path: Path):
    wanted = ["--count", "6", "--minutes", "0.3", "--seed", "3"]
    assert main(["simulate", str(tmp_path / "alone"), *wanted]) == 0
    on(killer := KillsOne(two_workers, "simulate_file"))
    assert main(["simulate", str(tmp_path / "cluster"), *wanted, "--cluster", "local:2"]) == 0
    assert killer.killed
    assert files(tmp_path / "cluster") == files(tmp_path / "alone")
    assert len(files(tmp_path / "alone")) == 2 * 6 + 1


def test_simulate_goes_on_where_the_scheduler_was_gone(
    two_workers: DaskWorkers, on, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    wanted = ["simulate", str(tmp_path / "m"), "--count", "5", "--minutes", "0.2", "--cluster", "local:2"]
    on(SchedulerGoes(two_workers, 2))
    assert main(wanted) == 1
    assert capsys.readouterr().err.splitlines()[-2:] == [f"momentum: {GONE.message}", f"  {GONE.hint}"]
    before = {name: file.stat().st_mtime_ns for name in ("match-0.flac",) if (file := tmp_path / "m" / name).exists()}
    on(again := SchedulerGoes(two_workers, 9))
    assert main(wanted) == 0
    assert len(again.done) <= 3
    assert len(files(tmp_path / "m")) == 2 * 5 + 1
    assert all((tmp_path / "m" / name).stat().st_mtime_ns == at for name, at in before.items())


def test_a_folder_of_recordings_with_a_worker_killed(
    two_workers: DaskWorkers, on, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    media = tmp_path / "media"
    assert main(["simulate", str(media), "--count", "5", "--minutes", "0.8"]) == 0
    rows = [f'match-{n}.flac,"0:0{n + 1},0:2{n}",0:0{n + 1},none\n' for n in range(5)]
    (media / "matches.csv").write_text(
        "media,goals,kickoff,second-half\n" + "".join(rows) + "gone.mp4,0:01,0:01,none\n"
    )
    found = {}
    for name, workers in (("alone", None), ("cluster", KillsOne(two_workers, "take_in"))):
        monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / name))
        capsys.readouterr()
        if workers:
            on(workers)
        cluster = ["--cluster", "local:2"] if workers else []
        assert main(["ingest", str(media), "--json", *cluster]) == 5
        said = capsys.readouterr()
        assert "not done: gone.mp4: There is no file" in said.err
        assert [one["already"] for one in json.loads(said.out)] == [False] * 5
        library = files(tmp_path / name / "data" / "library" / "matches")
        for manifest in [path for path in library if path.endswith("match.json")]:
            row = json.loads(library[manifest])
            row["provenance"].pop("added_at")
            library[manifest] = json.dumps(row).encode()
        found[name] = library
    assert found["alone"] == found["cluster"]
    assert len(found["alone"]) == 2 * 5
    assert main(["ingest", str(media), "--json"]) == 5
    assert [one["already"] for one in json.loads(capsys.readouterr().out)] == [True] * 5


def test_a_comparison_of_fusions_with_a_worker_killed(
    two_workers: DaskWorkers, on, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_games(tmp_path / "games", rows=120, each=1)
    quick = ["--window", "4", "--stride", "1", "--clusters", "4", "--epochs", "1", "--fusion", "each"]
    command = ["train", "spotting", str(tmp_path / "games"), "--features", PICTURE, "--audio", SOUND, *quick]
    on(killer := KillsOne(two_workers, "train_model"))
    for name, cluster in (("alone", []), ("cluster", ["--cluster", "local:2"])):
        monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / name))
        assert main([*command, "--predictions", str(tmp_path / name / "data" / "found"), *cluster]) == 0
    assert killer.killed
    assert files(tmp_path / "cluster" / "data") == files(tmp_path / "alone" / "data")
    assert len(files(tmp_path / "alone" / "data")) == 4 * (3 + 1)


@pytest.mark.long
def test_an_evaluation_with_a_worker_killed(
    two_workers: DaskWorkers, on, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    drawn(tmp_path / "drawn", 8)
    judged = ["--simulate", "4", "--seed", "4", "--teach", "4", "--teach-seed", "0", "--minutes", "4"]
    command = ["evaluate", *judged, "--drawn", str(tmp_path / "drawn"), "--step", "44", "--draws", "10", "--json"]
    assert main(command) == 0
    alone = capsys.readouterr().out
    killer = KillsOne(two_workers, "score")
    on(SchedulerGoes(killer, 3))
    assert main([*command, "--cluster", "local:2"]) == 1
    assert killer.killed
    kept = list((home / "cache" / "unfinished").rglob("*.npz"))
    assert len(kept) == 3
    on(again := SchedulerGoes(two_workers, 99))
    assert main([*command, "--cluster", "local:2"]) == 0
    assert capsys.readouterr().out == alone
    assert len(again.done) == 1 + 4 - 3
    assert not list((home / "cache" / "unfinished").rglob("*.npz"))


@pytest.mark.long
def test_a_sweep_with_a_worker_killed(
    two_workers: DaskWorkers, on, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("optuna", reason="needs the extra 'sweep'")
    drawn(tmp_path / "drawn", 4)
    (tmp_path / "space.toml").write_text(QUICK)
    matches = ["--simulate", "4", "--minutes", "4", "--drawn", str(tmp_path / "drawn")]
    command = ["train", "sweep", *matches, "--space", str(tmp_path / "space.toml"), "--trials", "4", "--json"]
    assert main([*command, "--study", str(tmp_path / "alone")]) == 0
    alone = json.loads(capsys.readouterr().out)
    on(killer := KillsOne(two_workers, "do_trial"))
    assert main([*command, "--study", str(tmp_path / "cluster"), "--cluster", "local:2"]) == 0
    assert killer.killed
    found = json.loads(capsys.readouterr().out)
    assert found["trials"] == alone["trials"]
    assert [row["state"] for row in found["trials"]].count("complete") >= 3
    best = (tmp_path / "cluster" / "best.toml").read_bytes()
    assert best == (tmp_path / "alone" / "best.toml").read_bytes()
    assert not list((tmp_path / "cluster").rglob("*.safetensors"))
    settings = ["--settings", str(tmp_path / "cluster" / "best.toml"), "--run", str(tmp_path / "run")]
    assert main(["train", "encoder", *matches, *settings, "--name", "best", "--json"]) == 0


class KillsOneInARow:
    """Two workers, one of which is killed in the middle of a row; ``kept`` is what that row had kept by then, and when.

    ``folder`` is where the rows say that they are held.
    """

    def __init__(self, workers: DaskWorkers, folder: Path) -> None:
        self.workers = workers
        self.folder = folder
        self.kept: dict[Path, int] = {}

    def outcomes(self, tasks):
        tasks = list(tasks)
        if tasks[0].function is not study.do_row:  # the sounds are drawn
            yield from self.workers.outcomes(iter(tasks))
            return
        killer = threading.Thread(target=self._kill)
        self.workers._client.run(hold_rows, str(self.folder))
        killer.start()
        yield from self.workers.outcomes(iter(tasks))
        killer.join()
        self.workers._client.run(hold_no_rows)

    def _kill(self) -> None:
        limit_s = time.monotonic() + 120
        while not (held := list(self.folder.glob("held-*.json"))) and time.monotonic() < limit_s:
            time.sleep(0.01)
        state = Path(json.loads(held[0].read_text())["state"])
        self.kept = {file: file.stat().st_mtime_ns for file in state.glob("*.safetensors")}
        os.kill(int(held[0].stem.removeprefix("held-")), signal.SIGKILL)
        (self.folder / "go-on").touch()

    def count(self) -> int:
        return self.workers.count()


@pytest.mark.long
def test_an_ablation_with_a_worker_killed_in_the_middle_of_a_row(two_workers: DaskWorkers, on, tmp_path: Path):
    """The row goes on from what the dead worker had kept, and the weights are the same bits in the end."""
    size = [
        "--only",
        "readout mean",
        "--every",
        "50",
        "--steps",
        "1",
        "--minutes",
        "4",
        "--judged-by",
        "2",
        "--segments",
        "2",
    ]
    killer = KillsOneInARow(two_workers, tmp_path)
    on(killer)
    for name, cluster in (("alone", []), ("cluster", ["--cluster", "local:2"])):
        drawn(tmp_path / name / "sounds", seeds=(0, 50, 100, 200, 220))  # the one reel is left to be drawn
        work = ["--work", str(tmp_path / name)]
        ablation.main([str(tmp_path / f"{name}.md"), *work, *size, *cluster])
    assert [file.name for file in killer.kept] == ["final-columns.safetensors"]
    assert all(file.stat().st_mtime_ns == at for file, at in killer.kept.items())
    assert (tmp_path / "cluster.md").read_bytes() == (tmp_path / "alone.md").read_bytes()
    assert (tmp_path / "alone.md").read_text().count("\n") == 2 + 1
    assert files(tmp_path / "cluster") == files(tmp_path / "alone")
    assert len(list((tmp_path / "cluster" / "rows").rglob("final.safetensors"))) == 1
