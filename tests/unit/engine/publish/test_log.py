"""What a recorder that nobody looks at leaves behind when it fails."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.publish.log import log_to
from tui.cli.main import main


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What the log of a recorder changes for the whole process is put back."""
    root, raises, hook = logging.getLogger(), logging.raiseExceptions, threading.excepthook
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.raiseExceptions, threading.excepthook = raises, hook


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a fault of the program")


@pytest.mark.parametrize("where", ["engine.app.listen.build_engine", "engine.app.listen.watched"])
def test_the_service_had_stopped_and_no_log_said_why(home: Path, monkeypatch: pytest.MonkeyPatch, where: str):
    monkeypatch.setattr(where, broken)
    with pytest.raises(ZeroDivisionError):
        main(["record", "demo:1"])
    log = (home / "log" / "record.log").read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in log
    assert "ZeroDivisionError: a fault of the program" in log


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_in_the_log_with_its_trace(home: Path, capsys: pytest.CaptureFixture[str]):
    log_to(home / "log" / "record.log", "info")
    thread = threading.Thread(target=broken, name="reader")
    thread.start()
    thread.join()
    log = (home / "log" / "record.log").read_text(encoding="utf-8")
    assert "the thread reader ended by a fault" in log
    assert "ZeroDivisionError" in log
