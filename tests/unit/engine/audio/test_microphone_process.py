"""A microphone that a process of its own listens to: the same sound, and what becomes of it when that goes wrong."""

import os
import sys
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from engine.audio.microphone_process import MicrophoneProcess
from engine.audio.reconnecting import WatchedSource
from engine.audio.watchdog import Watchdog
from engine.core.errors import DeviceError
from engine.core.own_process import command_for
from engine.core.signals import AudioBlock

FAKE = """
import json, os, sys, time
import numpy as np
from engine.audio.microphone_process import listen_apart
from engine.core.errors import DeviceError
from engine.core.signals import AudioBlock

class Fake:
    live, duration_s = True, None

    def __init__(self, device, rate_hz, queue_s):
        print("what a library says")
        if device == "gone":
            raise DeviceError("There is no microphone 'gone'.", "There are: 0 USB.")
        if device == "hanging":
            time.sleep(600)
        self.name = f"USB {os.getpid()}"
        self.endless = device == "endless"

    def blocks(self):
        if self.endless:
            time.sleep(600)
        for i in range(5):
            yield AudioBlock(np.full(441, i / 8, np.float32), 441 * i + 7 * (i > 2), 100.0 + i, i // 2, overloads=i)
        yield AudioBlock(np.zeros(0, np.float32), 2212, 106.0, 2)
        raise DeviceError("The microphone USB went away.", "Plug it in again.")

listen_apart(json.loads(sys.argv[1]), Fake)
"""
COMMAND = [sys.executable, "-c", FAKE]


@pytest.fixture
def microphone() -> Iterator[MicrophoneProcess]:
    source = MicrophoneProcess("USB", command=COMMAND, heartbeat_s=30.0)
    yield source
    source.close()


def test_blocks_come_with_their_place_time_and_losses(microphone: MicrophoneProcess):
    blocks: list[AudioBlock] = []
    with pytest.raises(DeviceError, match="The microphone USB went away") as lost:
        blocks.extend(microphone.blocks())
    assert lost.value.hint == "Plug it in again."
    assert [block.start for block in blocks] == [0, 441, 882, 1330, 1771, 2212]
    assert [block.captured_at for block in blocks] == [100.0, 101.0, 102.0, 103.0, 104.0, 106.0]
    assert [(block.overruns, block.overloads) for block in blocks[:5]] == [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4)]
    assert [float(block.samples[0]) for block in blocks[:5]] == [0.0, 0.125, 0.25, 0.375, 0.5]
    assert blocks[4].samples.dtype == np.float32
    assert len(blocks[5].samples) == 0


def test_a_device_that_is_not_there_is_said_as_by_the_microphone():
    with pytest.raises(DeviceError, match="There is no microphone 'gone'") as refused:
        MicrophoneProcess("gone", command=COMMAND)
    assert refused.value.hint == "There are: 0 USB."


def test_a_sound_system_that_hangs_is_a_lost_device_and_not_the_end_of_the_others():
    ticks = map(float, range(1000))
    with pytest.raises(DeviceError, match="does not answer"):
        MicrophoneProcess(
            "hanging", command=COMMAND, heartbeat_s=0.0, patience_s=50.0, clock=lambda: float(next(ticks))
        )


def test_a_process_that_is_killed_is_a_lost_device():
    microphone = MicrophoneProcess("endless", command=COMMAND, heartbeat_s=30.0)
    microphone._process.kill()
    with pytest.raises(DeviceError, match="has ended"):
        for _ in microphone.blocks():
            pass
    microphone.close()


def test_a_device_that_comes_back_has_a_process_of_its_own_again_and_nothing_is_glued(microphone: MicrophoneProcess):
    watchdog = Watchdog()
    again = MicrophoneProcess("USB", command=COMMAND, heartbeat_s=30.0)
    source = WatchedSource(microphone, lambda: again, watchdog)
    heard = [block for block in islice((b for b in source.blocks() if len(b.samples)), 10)]
    source.close()
    assert microphone.name != again.name
    starts = [block.start for block in heard]
    assert starts[:5] == [0, 441, 882, 1330, 1771]
    assert starts[5] > starts[4] + 441
    assert [start - starts[5] for start in starts[5:]] == starts[:5]


def test_the_process_ends_with_the_one_that_it_listens_for(microphone: MicrophoneProcess):
    pid = microphone._process.pid
    microphone.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    microphone.close()


def test_this_very_program_is_what_listens():
    command = command_for("engine.audio.microphone_process", "listen_apart")
    assert command[0] == sys.executable
    with pytest.raises(DeviceError):  # a device that no machine has, asked for through PortAudio or the lack of it
        MicrophoneProcess("no such microphone anywhere", command=command)
