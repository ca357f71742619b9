"""No stray p in Terminal.app, and nothing that a terminal sends ends the program."""

import errno
import io
import os
import pty
import select
import time
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from textual.app import App
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.events import Key
from textual.message import Message

from engine.core.errors import ExitCode
from tests.unit.tui.monitor.fake_feed import FakeFeed
from tui.monitor.app import MonitorApp
from tui.monitor.settings import MonitorSettings
from tui.monitor.terminal_driver import QuietDriver, TerminalDriver, choose_driver

MACBOOK = {"TERM": "xterm-256color", "SSH_CONNECTION": "10.0.0.2 50000 10.0.0.1 22"}


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"TERM_PROGRAM": "Apple_Terminal", "TERM": "xterm-256color"}, "Darwin"),
        (MACBOOK, "Darwin"),
        (MACBOOK, "Linux"),
        ({"TERM": "xterm-256color"}, "Darwin"),  # sudo, or a login shell that dropped the variable
        ({"TERM": "nsterm", "SSH_TTY": "/dev/ttys001"}, "Linux"),
    ],
)
def test_terminal_app_is_asked_nothing_also_over_ssh(environ, system):
    assert choose_driver(environ, system) is QuietDriver


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"TERM": "xterm-256color"}, "Linux"),
        (MACBOOK | {"TERM": "xterm-kitty"}, "Darwin"),
        (MACBOOK | {"TERM": "xterm-ghostty"}, "Darwin"),
        (MACBOOK | {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-501/default,1,0"}, "Darwin"),
        (MACBOOK | {"LC_TERMINAL": "iTerm2"}, "Linux"),
        ({"TERM_PROGRAM": "iTerm.app", "TERM": "xterm-256color"}, "Darwin"),
    ],
)
def test_other_terminals_are_asked_as_ever(environ, system):
    assert choose_driver(environ, system) is TerminalDriver


def test_who_names_a_driver_to_textual_gets_it():
    named = {"TEXTUAL_DRIVER": "textual.drivers.linux_driver:LinuxDriver"}
    assert choose_driver(MACBOOK | named, "Linux") is None


class Reading(TerminalDriver):
    """Reads keys from a pseudo-terminal until the first ``q``."""

    def __init__(self, fileno: int) -> None:
        super().__init__(App())
        self.fileno = fileno
        self.keys: list[str] = []

    def process_message(self, message: Message) -> None:
        if isinstance(message, Key):
            self.keys.append(message.key)
            if message.key == "q":
                self.exit_event.set()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a pseudo-terminal, the person's and the program's."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def driver(terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("asyncio.get_running_loop", lambda: None)  # no application runs
    with os.fdopen(os.dup(terminal[1])) as keys:
        monkeypatch.setattr("sys.__stdin__", keys)
        yield Reading(terminal[1])


def type_in(driver: Reading, terminal: tuple[int, int], *pieces: bytes) -> None:
    """Type each piece once the one before it is read, and at last ``q``; returns when the reading has ended."""
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(driver.run_input_thread)
        try:
            for keys in pieces:
                os.write(terminal[0], keys)
                deadline = time.monotonic() + 10.0
                while select.select([terminal[1]], [], [], 0.0)[0]:
                    assert time.monotonic() < deadline, f"nobody reads {keys!r}"
                    time.sleep(0.01)
            os.write(terminal[0], b"q")
            reading.result(10.0)
        finally:
            driver.exit_event.set()  # whatever failed, the thread ends


@pytest.mark.parametrize(
    "unreadable",
    [
        pytest.param("né".encode("latin-1") * 2, id="Latin-1"),
        pytest.param(b"\x1b[99999999999u", id="a letter beyond Unicode"),
        pytest.param(b"\xff\xfe\x80", id="no encoding's"),
    ],
)
def test_a_key_that_nobody_can_read_costs_no_other_key(
    unreadable: bytes, terminal: tuple[int, int], driver: Reading
) -> None:
    type_in(driver, terminal, b"m", unreadable)
    assert (driver.keys[0], driver.keys[-1]) == ("m", "q")


def test_a_letter_may_come_in_pieces(terminal: tuple[int, int], driver: Reading) -> None:
    type_in(driver, terminal, *(bytes([piece]) for piece in "é".encode()))
    assert driver.keys == ["é", "q"]


def reads(nothing: bytes | OSError) -> Callable[[int, int], bytes]:
    def read(_: int, __: int) -> bytes:
        if isinstance(nothing, OSError):
            raise nothing
        return nothing

    return read


@pytest.mark.parametrize("nothing", [b"", OSError(errno.EIO, "Input/output error")])
def test_a_terminal_from_which_no_key_will_come_ends_the_application(
    nothing: bytes | OSError, terminal: tuple[int, int], driver: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(driver._app, "call_later", lambda *call: asked.extend(call))
    os.write(terminal[0], b"m")
    with monkeypatch.context() as patched:
        patched.setattr("os.read", reads(nothing))
        driver.run_input_thread()
    assert asked == [driver._app.exit, 143, 143]


def test_any_other_fault_of_the_terminal_is_one(
    terminal: tuple[int, int], driver: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.write(terminal[0], b"m")
    with monkeypatch.context() as patched:
        patched.setattr("os.read", reads(OSError(errno.EBADF, "Bad file descriptor")))
        with pytest.raises(OSError, match="Bad file"):
            driver.run_input_thread()


class Stalled(io.StringIO):
    """A terminal that takes nothing, and then is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.goes = Event()

    def write(self, _: str) -> int:
        self.goes.wait(30.0)
        raise OSError(errno.EIO, "Input/output error")


def test_a_terminal_that_stalls_and_then_goes_holds_nobody_up(driver: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.excepthook", lambda _: None)  # what writes ends by its own fault
    terminal = Stalled()
    driver._writer_thread = WriterThread(terminal)
    driver._writer_thread.start()
    with ThreadPoolExecutor(1) as thread:
        drawn = thread.submit(lambda: [driver.write("a picture") for _ in range(2 * MAX_QUEUED_WRITES)])
        with pytest.raises(TimeoutError):
            drawn.result(0.2)
        assert driver.can_draw
        terminal.goes.set()
        drawn.result(10.0)
        assert not driver.can_draw
        thread.submit(driver.close).result(10.0)


async def test_a_picture_that_stands_still_ends_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    app = MonitorApp(FakeFeed([]), MonitorSettings())
    async with app.run_test():
        monkeypatch.setattr("os.isatty", lambda _: True)
        standing = TerminalDriver.__new__(TerminalDriver)
        standing._writer_thread = WriterThread(io.StringIO())
        with monkeypatch.context() as patched:
            patched.setattr(app, "_driver", standing)
            app._end_with_the_terminal()
    assert app.return_code == ExitCode.FAILED
