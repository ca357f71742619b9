"""--on-spike: the command gets the spike, and the recorder never gets the trouble."""

import fcntl
import json
import shlex
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import UsageError
from engine.core.signals import Alarm, Spike, Start
from engine.publish.command import HookSettings, SpikeHook

SPIKE = Spike(71.2, 74.6, 88.0, 0.93, 73.0)
KEEP_INPUT = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"


def python(code: str, *arguments: object) -> str:
    return shlex.join([sys.executable, "-c", code, *map(str, arguments)])


def start(session: str) -> Start:
    return Start(session, "demo:7", "default", False, 22050, "2026-11-20T15:00:00Z", 0.5, "rule")


def test_the_command_reads_the_spike_as_one_line_of_json(tmp_path):
    hook = SpikeHook(python(KEEP_INPUT, tmp_path / "a b; $(touch x).json"))
    hook.write(start("20261120T150000Z-4f2a9c"))
    hook.write(Alarm(71.2, 73.0, 0.9))
    hook.write(SPIKE)
    hook.close()
    lines = (tmp_path / "a b; $(touch x).json").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"type": "spike", "onset": 71.2, "peak": 74.6, "end": 88.0, "peak_pressure": 0.93, "decided_at": 73.0}
        | {"session": "20261120T150000Z-4f2a9c"}
    ]


def test_no_shell_reads_the_command(tmp_path):
    hook = SpikeHook(f"echo hello > {tmp_path / 'made'} ; true")
    hook.write(SPIKE)
    hook.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["", "no-such-program-anywhere x", "sh -c 'open quote"])
def test_a_command_that_cannot_be_run_is_refused_before_the_match(command):
    with pytest.raises(UsageError, match="--on-spike"):
        SpikeHook(command)


def test_a_command_that_fails_is_logged_and_no_more(caplog):
    hook = SpikeHook(python("raise SystemExit(3)"))
    hook.write(SPIKE)
    hook.close()
    assert "ended with code 3" in caplog.text


GRANDCHILD = """
import fcntl, subprocess, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
subprocess.Popen(["sleep", "600"], pass_fds=[file.fileno()])
print("ready", file=file, flush=True)
time.sleep(600)
"""


def test_a_command_that_never_ends_is_ended_with_all_it_started(caplog, tmp_path):
    hook = SpikeHook(python(GRANDCHILD, tmp_path / "lock"), HookSettings(limit_s=1.5))
    hook.write(SPIKE)
    hook.close()
    assert "was ended after 1.5 s" in caplog.text
    with (tmp_path / "lock").open() as lock:
        assert lock.read() == "ready\n"
        fcntl.flock(lock, fcntl.LOCK_SH)  # would wait for the grandchild if it lived


def test_never_more_at_once_than_allowed_and_never_more_often(tmp_path):
    fifo_free = threading.Event()
    now_s = 0.0
    hook = SpikeHook("true", HookSettings(at_once=2, every_s=1.0), clock=lambda: now_s)
    hook._run = lambda payload: fifo_free.wait(10)
    hook.write(SPIKE)
    now_s = 0.5
    hook.write(SPIKE)
    assert (len(hook._runs), hook.skipped) == (1, 1)
    now_s = 2.0
    hook.write(SPIKE)
    now_s = 4.0
    hook.write(SPIKE)
    assert (len(hook._runs), hook.skipped) == (2, 2)
    fifo_free.set()
    hook.close()
    now_s = 6.0
    hook.write(SPIKE)
    assert hook.skipped == 2


numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(spike=st.builds(Spike, numbers, numbers, numbers, numbers, numbers), session=st.text())
def test_whatever_the_spike_the_payload_is_one_line_of_strict_json(spike, session):
    hook = SpikeHook("true")
    hook.write(start(session))
    line = hook.payload(spike)
    assert line.count(b"\n") == 1
    row = json.loads(line, parse_constant=lambda name: pytest.fail(name))
    assert row["session"] == session
    assert set(row) == {"type", "onset", "peak", "end", "peak_pressure", "decided_at", "session"}


def test_a_command_that_does_not_read_its_input_is_no_trouble(caplog):
    hook = SpikeHook("true", HookSettings(every_s=0.0, at_once=50))
    for _ in range(10):
        hook.write(SPIKE)
    hook.close()
    assert caplog.text == ""


def test_a_spikes_line_says_at_which_venue_it_was():
    assert json.loads(SpikeHook("true", venue="North Park").payload(SPIKE))["venue"] == "North Park"
