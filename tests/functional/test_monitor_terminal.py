"""The monitor in real terminals: what comes out of the pty, and what happens at the edges."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine.core.signals import End, Start
from engine.session import SessionReader, SessionWriter, list_sessions
from tests.functional.terminal import Terminal, needs_tmux, terminal
from tests.unit.tui.monitor.fake_feed import INFO, make_events

PANES = Path(__file__).parent / "panes"
MOMENTUM = [sys.executable, "-m", "tui"]
REPLAY = [*MOMENTUM, "replay", "latest"]
LIVE = [*MOMENTUM, "live", "demo"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MOMENTUM_HOME with one finished session of five minutes."""
    home = tmp_path_factory.mktemp("home")
    writer = SessionWriter.create(home / "data" / "sessions", "demo:7")
    writer.write(Start(writer.name, "demo:7", "default", True, 22050, INFO.started_at, 0.7, "danger"))
    for event in make_events(300.0):
        writer.write(event)
    writer.write(End(300.0, "end_of_file"))
    writer.close()
    return home


def at_the_second_spike(pane: Terminal) -> list[str]:
    """The screen of a replay held at 2:58, without its status line, which has this machine's free disk in it."""
    pane.until("REPLAY")
    pane.keys("j")
    pane.until("Jump to a time")
    pane.keys("2:58", "Enter")
    pane.until(" 2:58 /")
    lines = pane.until("REPLAY paused").splitlines()
    return [line.rstrip() for line in lines if "listening" not in line]


@needs_tmux
@pytest.mark.parametrize(
    ("name", "size", "environ", "flags"),
    [
        ("80x24-256", (80, 24), {"TERM": "screen-256color"}, []),
        ("80x24-16", (80, 24), {"TERM": "xterm-16color"}, []),
        ("40x10-256", (40, 10), {"TERM": "screen-256color"}, []),
        ("80x24-ascii", (80, 24), {"TERM": "screen-256color"}, ["--ascii"]),
        ("200x50-256", (200, 50), {"TERM": "screen-256color"}, []),
    ],
)
def test_a_pane_shows_what_it_showed_before(
    name: str, size: tuple[int, int], environ: dict[str, str], flags: list[str], home: Path, tmp_path: Path
) -> None:
    """Captured panes; to take new ones after a change that was meant, run with UPDATE_PANES=1 and look at them."""
    with terminal(tmp_path, [*REPLAY, *flags], size, {"MOMENTUM_HOME": str(home), **environ}) as pane:
        shown = "\n".join(at_the_second_spike(pane)) + "\n"
        colours = set(re.findall(r"[34]8[;:][25]", pane.screen(escapes=True)))
    kept = PANES / f"{name}.txt"
    if os.environ.get("UPDATE_PANES"):
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8")
    if environ["TERM"] == "xterm-16color":
        assert colours == set()
    if "--ascii" in flags:
        assert shown.isascii()


@needs_tmux
def test_with_a_size_in_the_environment_the_monitor_was_drawn_for_another_terminal(home: Path, tmp_path: Path) -> None:
    elsewhere = {"COLUMNS": "80", "LINES": "24"}
    with terminal(tmp_path, REPLAY, (40, 10), {"MOMENTUM_HOME": str(home), **elsewhere}) as pane:
        shown = at_the_second_spike(pane)
        pane.resize(80, 24)
        pane.until("? help", "Spikes")
    assert "\n".join(shown) + "\n" == (PANES / "40x10-256.txt").read_text(encoding="utf-8")


@needs_tmux
def test_no_color_means_no_colour(home: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, REPLAY, environ={"MOMENTUM_HOME": str(home), "NO_COLOR": "1"}) as pane:
        pane.until("REPLAY")
        codes = re.findall(r"\x1b\[([0-9;:]*)m", pane.screen(escapes=True))
    strokes = {"", "0", "1", "2", "3", "4", "7", "9", "22", "23", "24", "27", "29"}
    coloured = [sequence for sequence in codes if not set(re.split("[;:]", sequence)) <= strokes | {"39", "49"}]
    assert codes
    assert coloured == []


@needs_tmux
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)])
def test_a_signal_restores_the_terminal(number: int, code: int, home: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, REPLAY, environ={"MOMENTUM_HOME": str(home)}) as pane:
        pane.until("REPLAY")
        os.kill(pane.pid, number)
        pane.until(f"EXIT {code}")
        assert pane.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").split() == [
            "0",
            "1",
            "0",
        ]


@needs_tmux
def test_a_signal_ends_the_recording_with_its_reason(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with terminal(tmp_path, LIVE, environ={"MOMENTUM_HOME": str(home)}) as pane:
        pane.until("LIVE")
        os.kill(pane.pid, signal.SIGTERM)
        pane.until("EXIT 143")
    (folder,) = list_sessions(home / "data" / "sessions")
    ends = [event for event in SessionReader.open(folder).poll() if isinstance(event, End)]
    assert [end.reason for end in ends] == ["terminated"]


@contextmanager
def without_session(
    home: Path, command: Sequence[str] = LIVE, shown: bytes = b"LIVE"
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A monitor on a terminal of no session, so that nobody sends SIGHUP, and the person's end of that."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environ = {**os.environ, "MOMENTUM_HOME": str(home), "TERM": "xterm-256color"}
    monitor = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environ)
    os.close(theirs)
    try:
        read_until(ours, shown)
        yield monitor, ours
    finally:
        monitor.kill()
        monitor.wait()


def read_until(terminal_side: int, words: bytes = b"", seconds: float = 60.0) -> None:
    """Take what is drawn, until ``words`` were in it; without any, for so many seconds."""
    shown, deadline = b"", time.monotonic() + seconds
    while not words or words not in shown:
        left = deadline - time.monotonic()
        if left <= 0:
            assert not words, f"{words!r} never came"
            return
        if select.select([terminal_side], [], [], left)[0]:
            shown += os.read(terminal_side, 65536)


def ends_of(home: Path) -> list[str]:
    (folder,) = list_sessions(home / "data" / "sessions")
    return [event.reason for event in SessionReader.open(folder).poll() if isinstance(event, End)]


@pytest.mark.parametrize("after_s", [0.0, 0.8])
def test_the_monitor_ends_with_its_terminal_where_no_signal_says_that_it_is_gone(
    after_s: float, tmp_path: Path
) -> None:
    with without_session(tmp_path) as (monitor, ours):
        read_until(ours, seconds=after_s)
        os.close(ours)
        assert monitor.wait(timeout=60) == 143
    assert ends_of(tmp_path) == ["terminated"]


_EARLY = """
import os
import sys
import time
from pathlib import Path
from tests.unit.tui.monitor.fake_feed import FakeFeed, make_events
from tui.monitor.app import MonitorApp
from tui.monitor.launch import run_on_terminal
from tui.monitor.settings import MonitorSettings

def make():
    os.write(1, b"about to draw")
    while os.isatty(1):
        time.sleep(0.01)
    return MonitorApp(FakeFeed(make_events(60.0)), MonitorSettings())

sys.exit(run_on_terminal(make, MonitorSettings(), Path(sys.argv[1])))
"""


def test_a_terminal_that_is_gone_before_anything_was_drawn_ends_the_monitor_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "early.py"
    program.write_text(_EARLY, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    command = [sys.executable, str(program), str(tmp_path)]
    with without_session(tmp_path, command, b"about to draw") as (monitor, ours):
        os.close(ours)
        assert monitor.wait(timeout=60) == 143


def test_a_letter_of_another_encoding_ends_no_recording(tmp_path: Path) -> None:
    with without_session(tmp_path) as (monitor, ours):
        os.write(ours, "é".encode("latin-1") * 2)
        read_until(ours, seconds=1.0)
        assert monitor.poll() is None
        os.write(ours, b"q")
        read_until(ours, b"ends the recording")
        os.write(ours, b"y")
        with suppress(OSError):  # it is the last to have the terminal open
            read_until(ours)
        assert monitor.wait(timeout=60) == 0
        os.close(ours)
    assert ends_of(tmp_path) == ["quit"]


_FAILING = """
import sys
from pathlib import Path
from textual.app import App
from engine.core.errors import MomentumError
from tui.monitor.launch import run_on_terminal
from tui.monitor.settings import MonitorSettings

class Failing(App):
    def on_ready(self):
        raise ValueError("of the program itself")

try:
    run_on_terminal(Failing, MonitorSettings(), Path(sys.argv[1]))
except MomentumError as error:
    print(error.message)
"""


@needs_tmux
def test_a_screen_that_failed_is_said_on_the_terminal(tmp_path: Path) -> None:
    program = tmp_path / "failing.py"
    program.write_text(_FAILING, encoding="utf-8")
    command = [sys.executable, str(program), str(tmp_path)]
    with terminal(tmp_path, command, environ={"PYTHONPATH": str(Path.cwd())}) as pane:
        assert "the screen failed" in pane.until("EXIT 0")
    assert "of the program itself" in (tmp_path / "stray-output.log").read_text(encoding="utf-8")


@needs_tmux
def test_a_storm_of_resizes_is_survived(home: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, REPLAY, environ={"MOMENTUM_HOME": str(home)}) as pane:
        pane.until("REPLAY")
        for step in range(60):
            pane.resize(20 + step * 7 % 180, 5 + step * 11 % 60)
        pane.resize(80, 24)
        pane.until("? help")
        pane.keys("q")
        pane.until("EXIT 0")


_NOISY = """
import os
from pathlib import Path
from tests.unit.tui.monitor.fake_feed import FakeFeed, make_events
from tui.monitor.launch import run_monitor
from tui.monitor.settings import MonitorSettings

class NoisyFeed(FakeFeed):
    def poll(self):
        os.write(2, b"STRAY" * 500)  # as PortAudio and ALSA do
        return super().poll()

run_monitor(NoisyFeed(make_events(60.0)), MonitorSettings(), Path({folder!r}))
"""


@needs_tmux
def test_what_other_code_writes_to_descriptor_2_stays_off_the_screen(home: Path, tmp_path: Path) -> None:
    program = tmp_path / "noisy.py"
    program.write_text(_NOISY.format(folder=str(tmp_path)), encoding="utf-8")
    with terminal(tmp_path, [sys.executable, str(program)], environ={"PYTHONPATH": str(Path.cwd())}) as pane:
        pane.until("LIVE")
        log = tmp_path / "stray-output.log"
        assert b"STRAY" in log.read_bytes()
        assert "STRAY" not in pane.screen()
        assert log.stat().st_mode & 0o777 == 0o600
        pane.keys("q")
        pane.until("This ends the recording")
        pane.keys("y")
        pane.until("EXIT 0")


def start_of(home: Path, **environ: str) -> bytes:
    """Every byte that a replay has written when its screen is up, on a terminal that answers nothing."""
    known = ("TERM_PROGRAM", "TMUX", "STY", "LC_TERMINAL", "VTE_VERSION", "SSH_CONNECTION", "SSH_TTY", "NO_COLOR")
    clean = {name: value for name, value in os.environ.items() if name not in known}
    pid, terminal_side = pty.fork()
    if pid == 0:
        os.execvpe(REPLAY[0], REPLAY, {**clean, "MOMENTUM_HOME": str(home), **environ})
    fcntl.ioctl(terminal_side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    written = b""
    try:
        while b"REPLAY" not in written:
            written += os.read(terminal_side, 65536)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal_side)
    return written


def test_over_ssh_from_a_mac_a_stray_p_stood_on_the_screen(home: Path) -> None:
    """DECRQM, ``CSI ? … $ p``, of which Terminal.app prints the ``p``; over ssh TERM_PROGRAM does not say who it is."""
    from_a_mac = {"TERM": "xterm-256color", "SSH_CONNECTION": "10.0.0.2 50000 10.0.0.1 22"}
    assert b"$p" not in start_of(home, **from_a_mac)
    assert b"$p" not in start_of(home, TERM="xterm-256color", TERM_PROGRAM="Apple_Terminal")
    assert b"\x1b[?2026$p" in start_of(home, **from_a_mac, LC_TERMINAL="iTerm2")


@needs_tmux
def test_a_dumb_terminal_gets_readable_lines(home: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, REPLAY, (80, 60), {"MOMENTUM_HOME": str(home), "TERM": "dumb"}) as pane:
        shown = pane.until("EXIT 0")
    assert "end: end of file" in shown


def test_without_a_terminal_replay_prints_json_lines(home: Path) -> None:
    done = subprocess.run(
        REPLAY, capture_output=True, text=True, check=True, timeout=120, env={**os.environ, "MOMENTUM_HOME": str(home)}
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith('{"type":"start"')
    assert lines[-1].startswith('{"type":"end"')
    assert len(lines) > 3000


@needs_tmux
def test_the_demo_comes_up_moves_and_quits(tmp_path: Path) -> None:
    command = [*MOMENTUM, "live", "demo", "--speed", "32"]
    with terminal(tmp_path, command, environ={"MOMENTUM_HOME": str(tmp_path / "home")}) as pane:
        pane.until("a simulated match, first 0:40 heard at once")
        pane.until("alarm from", "by untrained weights")
        pane.keys("q")
        pane.until("This ends the recording")
        pane.keys("y")
        pane.until("EXIT 0")
