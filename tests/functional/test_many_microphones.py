"""Two virtual microphones through one process, and what becomes of the other when one is lost."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from tests.functional.test_virtual_microphone import (  # noqa: F401 (a fixture)
    MISSING,
    VirtualMicrophone,
    virtual_microphone,
)

pytestmark = [
    pytest.mark.microphone,
    pytest.mark.xdist_group("real time"),
    pytest.mark.skipif(bool(MISSING), reason=f"not here: {MISSING}"),
]


@pytest.fixture
def two(virtual_microphone: VirtualMicrophone) -> Iterator[VirtualMicrophone]:  # noqa: F811
    """A sound server with the microphones north and south, each of which hears noise."""
    folder, players = virtual_microphone.folder, []
    virtual_microphone.environment["HOME"] = str(folder)
    (folder / ".asoundrc").write_text("".join(f"pcm.{n} {{ type pulse device {n}.monitor }}\n" for n in NAMES))
    noise = np.random.default_rng(0).normal(scale=0.05, size=48000 * 120).astype(np.float32)
    soundfile.write(folder / "noise.wav", noise, 48000)
    for name in NAMES:
        sink = f"sink_name={name}"
        virtual_microphone.do("pactl", "load-module", "module-null-sink", sink, "rate=48000", "channels=1")
        command = ["paplay", f"--device={name}", str(folder / "noise.wav")]
        players.append(subprocess.Popen(command, env=virtual_microphone.environment, stderr=subprocess.DEVNULL))
    yield virtual_microphone
    for player in players:
        player.kill()
        player.wait()


NAMES = ("north", "south")


def helper_of(recorder: int, name: str) -> int:
    """The process that listens to a microphone of that name for the recorder."""
    pattern = f"listen_apart.*{name}"
    found = subprocess.run(["pgrep", "-P", str(recorder), "-f", pattern], capture_output=True, text=True, check=True)
    return int(found.stdout)


def test_a_microphone_that_is_lost_comes_back_and_the_other_has_heard_every_sample(two: VirtualMicrophone):
    command = [sys.executable, "-m", "tui", "record", *(f"mic:{name}" for name in NAMES), "--json"]
    environment = {**two.environment, "MOMENTUM_HOME": str(two.folder / "home")}
    recorder = subprocess.Popen(
        command,
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert recorder.stdout is not None and recorder.stderr is not None
    lines: list[dict] = []
    states: list[str] = []
    try:
        killed = False
        while "warming_up" not in states[states.index("lost") :] if "lost" in states else True:
            lines.append(json.loads(recorder.stdout.readline()))
            if lines[-1]["type"] == "health" and lines[-1]["venue"] == "north":
                states.append(lines[-1]["health"])
            heard = {line["venue"] for line in lines if line["type"] == "reading" and line["t"] > 1.0}
            if not killed and heard == set(NAMES):
                os.kill(helper_of(recorder.pid, "north"), signal.SIGKILL)
                killed = True
        recorder.send_signal(signal.SIGTERM)
        lines += map(json.loads, recorder.stdout)
        said = recorder.stderr.read()
        recorder.wait()
    finally:
        recorder.kill()
        recorder.communicate()
    assert recorder.returncode == 143, said
    times = {name: [row["t"] for row in lines if row["type"] == "reading" and row["venue"] == name] for name in NAMES}
    steps = {name: {round(b - a, 3) for a, b in pairwise(of)} for name, of in times.items()}
    step_s = round(grid.READING_FRAMES * grid.HOP / grid.SAMPLE_RATE_HZ, 3)
    assert steps["south"] == {step_s}
    assert max(steps["north"]) > step_s
    for name in NAMES:
        assert f"{name}: {len(times[name])} readings in " in said
