"""A real broker for tests and benchmarks: Debian's mosquitto on a port of the loopback that nobody else uses."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
_PATIENCE_S = 30.0


@dataclass
class Broker:
    """A broker that can be killed and started again on the same port."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    settings: str = "allow_anonymous true\n"

    @property
    def address(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        assert MOSQUITTO is not None
        file = self.folder / "mosquitto.conf"
        text = f"listener {self.port} 127.0.0.1\npersistence false\nmax_queued_messages 0\n{self.settings}"
        file.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                return
            Event().wait(0.02)
        raise AssertionError("mosquitto does not come up")

    def kill(self) -> None:
        """End it without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """A broker that runs while inside."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Broker(folder, free.getsockname()[1])
    made.start()
    try:
        yield made
    finally:
        made.kill()
