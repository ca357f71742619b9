"""Recording as its user does it: one process listens, others look on, and a signal ends it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.session import SessionReader

RATE = 22050
Json = dict[str, object]


class Program:
    """``momentum`` with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "MOMENTUM_HOME": str(home)}
        self.sessions = home / "data" / "sessions"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tui", *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, env=self.environment, cwd=Path(__file__).parents[2], **pipes)
        self.started.append(process)
        return process

    def lines(self, *arguments: str) -> list[Json]:
        process = self.start(*arguments)
        out, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        return [json.loads(line) for line in out.splitlines()]

    def lines_of_json(self, *arguments: str) -> list[Json]:
        """What a list shows as JSON."""
        rows: list[Json] = json.loads(self.start(*arguments).communicate()[0])
        return rows

    def stop(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.stop()


@pytest.fixture
def crowd(tmp_path: Path) -> str:
    noise = np.random.default_rng(0).normal(scale=0.05, size=45 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "crowd.wav", noise, RATE)
    return str(tmp_path / "crowd.wav")


def pcm(seconds: float) -> bytes:
    noise = np.random.default_rng(0).normal(scale=2000, size=int(seconds * RATE))
    return noise.astype("<i2").tobytes()


def test_what_live_printed_is_what_the_session_holds(program: Program, crowd: str):
    printed = program.lines("live", crowd, "--json", "--speed", "max")
    assert printed[0]["session"]
    assert program.lines("sessions", "export", "latest") == printed
    assert program.lines("replay", "latest", "--json") == printed


def test_a_run_that_keeps_nothing_leaves_nothing(program: Program, crowd: str):
    printed = program.lines("live", crowd, "--json", "--speed", "max", "--no-record")
    assert printed[0]["session"] == ""
    assert not program.sessions.exists()


def test_a_spike_runs_the_hook_and_its_clip_can_be_cut(program: Program, crowd: str, tmp_path: Path):
    keep = f"import sys; open({str(tmp_path / 'spike.json')!r}, 'w').write(sys.stdin.read())"
    hook = shlex.join([sys.executable, "-c", keep])
    loud = ["--spike-on", "0.0001", "--spike-off", "0.00005", "--sound", "--on-spike", hook]
    printed = program.lines("live", crowd, "--json", "--speed", "max", *loud)
    (spike,) = [line for line in printed if line["type"] == "spike"]
    assert json.loads((tmp_path / "spike.json").read_text()) == {**spike, "session": printed[0]["session"]}
    program.lines("sessions", "export", "latest", "-f", "clips", "-o", str(tmp_path / "clips"), "--before", "5")
    (clip,) = (tmp_path / "clips").iterdir()
    heard, _ = soundfile.read(crowd, dtype="int16")
    with SessionReader.open(program.sessions / str(printed[0]["session"])) as reader:
        start = round((reader.spikes()[0].onset - 5) * RATE)
    played, _ = soundfile.read(clip, dtype="int16")
    assert np.abs(played.astype(int) - heard[start : start + len(played)]).max() <= 1


def test_others_watch_a_recording_and_a_signal_ends_it_cleanly(program: Program):
    recorder = program.start("record", "-")
    recorder.stdin.write(pcm(2.0))
    recorder.stdin.flush()
    assert b"recording" in recorder.stderr.readline()
    watchers = [program.start("watch", "--json", "--from-start") for _ in range(2)]
    for watcher in watchers:
        assert json.loads(watcher.stdout.readline())["type"] == "start"
    if hasattr(signal, "SIGHUP"):
        recorder.send_signal(signal.SIGHUP)
    recorder.stdin.write(pcm(2.0))
    recorder.stdin.flush()
    for watcher in watchers:
        while json.loads(watcher.stdout.readline()).get("t", 0) < 3.5:
            pass
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait() == 143
    for watcher in watchers:
        last = json.loads(watcher.communicate()[0].splitlines()[-1])
        assert (last["type"], last["reason"]) == ("end", "terminated")
        assert watcher.returncode == 0
    (row,) = json.loads(program.start("sessions", "list", "--json").communicate()[0])
    assert (row["state"], row["end"]) == ("ended", "terminated")


def test_after_a_kill_the_next_start_says_what_happened(program: Program, crowd: str):
    recorder = program.start("record", "-")
    recorder.stdin.write(pcm(3.0))
    recorder.stdin.flush()
    watcher = program.start("watch", "--json") if recorder.stderr.readline() else None
    assert watcher is not None
    while json.loads(watcher.stdout.readline()).get("t", 0) < 1.0:
        recorder.stdin.write(pcm(0.2))
        recorder.stdin.flush()
    recorder.kill()
    out, errors = watcher.communicate()
    assert watcher.returncode == 1
    assert b"is gone" in errors
    assert json.loads(out.splitlines()[-1])["reason"] == "killed"
    _, errors = program.start("live", crowd, "--json", "--speed", "max").communicate()
    assert b"was cut off (its recorder was killed" in errors


def test_two_recorders_that_start_at_once_have_a_session_each(program: Program, crowd: str):
    runs = [program.start("record", crowd, "--speed", "max") for _ in range(2)]
    assert [run.communicate() and run.returncode for run in runs] == [0, 0]
    rows = json.loads(program.start("sessions", "list", "--json").communicate()[0])
    assert len({row["session"] for row in rows}) == 2
    assert {row["readings"] for row in rows} == {rows[0]["readings"]}


def test_watching_where_nothing_is_recorded_is_a_clear_error(program: Program):
    watcher = program.start("watch", "--json")
    _, errors = watcher.communicate()
    assert watcher.returncode == 5
    assert errors.decode().startswith("momentum: nothing is being recorded on this machine\n")
