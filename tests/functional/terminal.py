"""A real terminal for tests: a program in a tmux pane of its own server, its screen as text, keys sent to it."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from engine.core.process_stats import children_of

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
_PATIENCE_S = 120.0
_LOOK_EVERY_S = 0.15


@dataclass
class Terminal:
    """The pane of one tmux server."""

    socket: Path

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self.socket), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def screen(self, escapes: bool = False) -> str:
        """What is on the screen; with ``escapes`` the colours as well."""
        return self.tmux("capture-pane", "-p", "-t", "0", *(["-e"] if escapes else []))

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", "-t", "0", *keys)

    def resize(self, width: int, height: int) -> None:
        self.tmux("resize-window", "-t", "0", "-x", str(width), "-y", str(height))

    def until(self, *texts: str) -> str:
        """The screen once it shows one of ``texts``."""
        deadline = time.monotonic() + _PATIENCE_S
        while not any(text in (screen := self.screen()) for text in texts):
            if time.monotonic() > deadline:
                raise AssertionError(f"{texts} never came up; the screen shows:\n{screen}")
            Event().wait(_LOOK_EVERY_S)
        return screen

    def gone(self, text: str) -> str:
        """The screen once it does not show ``text`` any more."""
        deadline = time.monotonic() + _PATIENCE_S
        while text in (screen := self.screen()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{text} never went away; the screen shows:\n{screen}")
            Event().wait(_LOOK_EVERY_S)
        return screen

    @property
    def pid(self) -> int:
        """The program's process: the child of the shell in the pane."""
        shell = self.tmux("display-message", "-p", "-t", "0", "#{pane_pid}").strip()
        return children_of(int(shell))[0]


@contextmanager
def terminal(
    folder: Path, command: list[str], size: tuple[int, int] = (80, 24), environ: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run ``command`` in a pane; afterwards it shows ``EXIT`` and the exit code."""
    line = f"{shlex.join(command)}; echo EXIT $?; exec cat"
    inside = {"TERM": "screen-256color", "OMP_NUM_THREADS": "1", **(environ or {})}
    outside = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR", "COLORTERM")}
    # A socket's path may have about a hundred characters, and pytest's folders are longer.
    socket = Path(os.path.relpath(folder / "tmux"))
    made = Terminal(socket if len(str(socket)) < 90 else Path(f"/tmp/mon-{os.getpid()}-{abs(hash(str(folder)))}"))
    variables = [part for name, value in inside.items() for part in ("-e", f"{name}={value}")]
    subprocess.run(
        ["tmux", "-S", str(made.socket), "-f", "/dev/null", "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]),
         *variables, "sh", "-c", " ".join(f"{name}={shlex.quote(value)}" for name, value in inside.items()
                                          if name == "TERM") + f"; export TERM; {line}"],
        check=True, env=outside, timeout=60,
    )  # fmt: skip
    try:
        yield made
    finally:
        subprocess.run(["tmux", "-S", str(made.socket), "kill-server"], check=False, timeout=60)
        made.socket.unlink(missing_ok=True)
