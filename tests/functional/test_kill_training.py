"""Training that is killed and started again ends in the same weights as training that was left alone."""

import hashlib
import signal
import subprocess
import time

import pytest

from tests.unit.engine.explain.sessions import small_weights
from tests.unit.tui.cli.commands.test_train import bring_in

LIMIT_S = 120.0


@pytest.mark.long
def test_a_kill_changes_nothing(momentum):
    def start(name: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            momentum.command("train", "head", "--weights", "small", "--steps", 100, "--name", name),
            env=momentum.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def tensors(name: str) -> str:
        path = momentum.home / "data" / "weights" / name / "weights.safetensors"
        return hashlib.sha256(path.read_bytes()).hexdigest()

    bring_in(momentum.home, 3)
    small_weights(momentum.home / "data" / "weights" / "small")
    state = momentum.home / "cache" / "runs" / "killed-head" / "head.safetensors"
    alone, killed = start("alone"), start("killed")
    limit_s = time.monotonic() + LIMIT_S
    while not state.exists() and killed.poll() is None and time.monotonic() < limit_s:
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    again = start("killed")
    for process in (again, alone):
        _, said = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, said
        assert (b"going on" in said) == (process is again)
    assert tensors("killed") == tensors("alone")
