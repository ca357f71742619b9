"""No command opens a connection that was not asked for, nor leaves a collector's queue in the cache."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.model.inference_engines import ONNX_PACKAGES, is_installed
from tests.functional.conftest import Momentum
from tests.sound_servers import SoundServer, icecast, whole
from tests.unit.engine.explain.sessions import small_weights
from tests.unit.tui.cli.commands.test_evaluate import draw
from tests.unit.tui.cli.commands.test_train import SMALL_BATCHES, bring_in

_CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
_ABROAD = re.compile(r"sa_family=AF_INET6?\b")
_COLLECTORS_PAUSE_S = 30
"""ONNX Runtime looks its collector up some twenty seconds after it was imported."""


_ALL_S = 580
"""Many commands in one traced process; a busy machine takes its time."""


def _strace() -> list[str] | None:
    """How strace is started here; None where it is missing or may not trace."""
    found = shutil.which("strace")
    for more in (["--seccomp-bpf"], []):  # the first one does not stop at every other call
        command = [found or "", "-f", "-qq", *more, "-e", _CALLS, "-e", "signal=none"]
        if found and subprocess.run([*command, "-o", os.devnull, "true"], capture_output=True).returncode == 0:
            return command
    return None


STRACE = _strace()
needs_strace = pytest.mark.skipif(STRACE is None, reason="needs strace, and to be allowed to trace")
needs_onnx = pytest.mark.skipif(not all(map(is_installed, ONNX_PACKAGES)), reason="needs the extra 'onnx'")


class Traced(Momentum):
    """The command with its calls to the network written down, in a home where everything it leaves is seen."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "home" / "momentum")
        self.calls = folder / "calls"
        self.user = folder / "home"
        self.user.mkdir()
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            self.environment[name] = str(self.user)
        self.environment["MOMENTUM_ENGINE"] = "onnx"
        self.environment.pop("ORT_DISABLE_TELEMETRY", None)

    def traced(self, *command: object) -> list[str]:
        return [*(STRACE or []), "-o", str(self.calls), *map(str, command)]

    def command(self, *arguments: object) -> list[str]:
        return self.traced(*super().command(*arguments))

    def listen(self, seconds: float, *arguments: object) -> None:
        """Let it listen to so many seconds of sound, then end it."""
        with subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment, start_new_session=True,
        ) as process:  # fmt: skip
            heard_s = 0.0
            while heard_s < seconds:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                heard_s = json.loads(line).get("t", heard_s)
            os.killpg(process.pid, signal.SIGTERM)
            process.stdout.read()

    def call_nobody(self, *commands: tuple[object, ...]) -> None:
        """Run them to their ends, which must come without a call: in one process, so that it starts and imports once
        and what a library does some time after one of them is seen as well."""
        in_turn = json.dumps([list(map(str, arguments)) for arguments in commands])
        command = self.traced(sys.executable, "-m", "tests.functional.commands_in_turn", in_turn)
        here = Path(__file__).parents[2]
        done = subprocess.run(
            command, env=self.environment, cwd=here, capture_output=True, text=True, timeout=_ALL_S, check=False
        )
        assert done.returncode == 0, done.stderr
        ended = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"command":')]
        assert [each["command"] for each in ended] == [str(arguments[0]) for arguments in commands], done.stderr
        # The doctor finds no microphone everywhere, and Core ML can't be written everywhere.
        failed = {each["command"] for each in ended if each["code"]}
        assert failed <= {"doctor", "export"}, done.stderr
        assert self.abroad() == [], commands

    def abroad(self) -> list[str]:
        """The calls that left, or would have left, this machine or the ways within it."""
        return [line for line in self.calls.read_text(errors="replace").splitlines() if _ABROAD.search(line)]

    def left_behind(self) -> list[Path]:
        """Files in the user's folders that are not the program's own."""
        return [file for file in self.user.rglob("*") if file.is_file() and not file.is_relative_to(self.home)]


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    return Traced(tmp_path)


@needs_strace
def test_a_connection_would_be_seen(traced: Traced):
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 53))"
    subprocess.run([*(STRACE or []), "-o", traced.calls, sys.executable, "-c", code], check=True)
    assert len(traced.abroad()) == 1


@pytest.mark.slow
@needs_strace
@needs_onnx
def test_half_a_minute_of_live_calls_nobody(traced: Traced):
    """A user saw look-ups of a collector's name within 25 s of the demo, and its queue in the cache."""
    traced.listen(_COLLECTORS_PAUSE_S, "live", "demo:1", "--no-record", "--json")
    assert traced.abroad() == []
    assert traced.left_behind() == []


@needs_strace
def test_watching_a_recording_calls_nobody(traced: Traced):
    recorder = subprocess.Popen(Momentum.command(traced, "record", "demo:1"), env=traced.environment)
    try:
        for _ in range(600):
            if any(traced.home.rglob("session.db")):
                break
            time.sleep(0.05)
        traced.listen(2.0, "watch", "--json")
        assert traced.abroad() == []
    finally:
        recorder.terminate()
        recorder.wait(120)


@pytest.mark.slow
@pytest.mark.timeout(_ALL_S + 20)
@needs_strace
@needs_onnx
def test_nothing_done_with_a_recording_calls_anybody(traced: Traced, tmp_path: Path):
    match = tmp_path / "match.flac"
    bring_in(traced.home, 1)
    small_weights(traced.home / "data" / "weights" / "small")  # whoever calls does so whatever the size
    traced.call_nobody(
        ("--version",),
        ("simulate", match, "--minutes", 1, "--seed", 1),
        ("score", match, "--json", "--weights", "small"),
        ("record", match, "--speed", "max", "--sound", "--weights", "small"),
        ("replay", "latest", "--speed", 60),
        ("sessions", "export", "latest", "-f", "json", "-o", tmp_path / "session.json"),
        ("explain", "latest", "--at", "0:50"),
        ("devices",),
        ("doctor", "--json"),
        ("config", "show"),
        ("weights", "list"),
        ("library", "list"),
        ("export", "onnx", tmp_path / "onnx", "--weights", "small"),
        ("export", "coreml", tmp_path / "coreml", "--weights", "small"),
    )
    assert traced.left_behind() == []


@pytest.mark.slow
@pytest.mark.timeout(_ALL_S + 20)
@needs_strace
@needs_onnx
def test_learning_and_judging_call_nobody(traced: Traced, tmp_path: Path):
    bring_in(traced.home, 3)
    small_weights(traced.home / "data" / "weights" / "small")
    settings = tmp_path / "settings.toml"
    settings.write_text(SMALL_BATCHES)
    fitted = ("--steps", 1, "--fold-steps", 0, "--fine-tune-steps", 0, "--histories", 2, "--settings", settings)
    for seed in (0, 1, 2, 3, 50, 51):
        draw(tmp_path, seed)
    judged = ("--simulate", 2, "--seed", 50, "--teach", 4, "--teach-seed", 0, "--minutes", 4.0, "--drawn", tmp_path)
    traced.call_nobody(
        ("train", "head", "--steps", 2, "--name", "ours", "--weights", "small"),
        ("train", "encoder", "--name", "whole", *fitted),
        ("evaluate", "--weights", "small", *judged, "--step", 44, "--draws", 10, "--html", tmp_path / "page.html"),
    )
    assert traced.left_behind() == []


@needs_strace
def test_an_address_is_the_only_one_that_is_called(traced: Traced, tmp_path: Path):
    noise = 0.05 * np.random.default_rng(1).normal(size=3 * grid.SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "noise.mp3", noise, grid.SAMPLE_RATE_HZ)
    data = (tmp_path / "noise.mp3").read_bytes()
    with SoundServer(whole(data)) as server:
        traced.run("score", server.url(), "--json")
        assert traced.abroad()
        assert all(_is_to(server, call) for call in traced.abroad())
    with SoundServer(icecast(data)) as station:
        traced.listen(2.0, "live", station.url(), "--no-record", "--json")
        assert traced.abroad()
        assert all(_is_to(station, call) for call in traced.abroad())


def _is_to(server: SoundServer, call: str) -> bool:
    return f'sin_port=htons({server.port}), sin_addr=inet_addr("127.0.0.1")' in call
