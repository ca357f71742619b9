"""A command of the user's that is run for each spike, and can do the recorder no harm."""

import contextlib
import json
import logging
import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from engine.core.desktop_notification import notifier
from engine.core.errors import UsageError
from engine.core.signals import Event, Spike, Start, to_json

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HookSettings:
    """What a hook may take.

    limit_s: a run is ended after this long, with all that it started.
    at_once: runs at the same time; a spike beyond that is skipped.
    every_s: shortest time between two starts; a spike sooner than that is skipped.
    """

    limit_s: float = 10.0
    at_once: int = 2
    every_s: float = 2.0


class SpikeHook:
    """A sink that runs a command for each spike, with the spike as one line of JSON on its standard input.

    No shell reads the command. It runs beside the recorder, which never waits for it; that it failed, took too long or
    was skipped is logged, and no more.

    Args:
        command: program and arguments, quoted as for a shell. Raises ``UsageError`` where the program is not found.
        clock: monotonic seconds.
        venue: goes into the line of each spike; empty where nobody named one.
    """

    def __init__(
        self,
        command: str,
        settings: HookSettings | None = None,
        clock: Callable[[], float] = monotonic,
        venue: str = "",
    ) -> None:
        self._arguments = check_command(command)
        self._settings = settings or HookSettings()
        self._clock = clock
        self._session = ""
        self._venue = {"venue": venue} if venue else {}
        self._started_s = float("-inf")
        self._runs: list[threading.Thread] = []
        self.skipped = 0
        """Spikes that no command was run for, because of the limits."""

    def write(self, event: Event) -> None:
        """Run the command if it is a spike and the limits allow it."""
        if isinstance(event, Start):
            self._session = event.session
        elif isinstance(event, Spike):
            self._spike(event)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Wait for the runs that go on; the time limit is theirs still."""
        for run in self._runs:
            run.join(self._settings.limit_s + 1.0)

    def payload(self, spike: Spike) -> bytes:
        """The line that the command reads: the spike as in JSON Lines, and its session."""
        row = {**to_json(spike), "session": self._session, **self._venue}
        finite = {key: None if isinstance(v, float) and v - v != 0 else v for key, v in row.items()}
        return json.dumps(finite, allow_nan=False).encode() + b"\n"

    def _spike(self, spike: Spike) -> None:
        self._runs = [run for run in self._runs if run.is_alive()]
        now_s = self._clock()
        if len(self._runs) >= self._settings.at_once or now_s - self._started_s < self._settings.every_s:
            self.skipped += 1
            log.warning("--on-spike: the spike at %.1f s was skipped (%d so far)", spike.onset, self.skipped)
            return
        self._started_s = now_s
        # Starting a program may take long on a busy machine, and the recorder has no time for that.
        run = threading.Thread(target=self._run, args=(self.payload(spike),), name="on-spike", daemon=True)
        self._runs.append(run)
        run.start()

    def _run(self, payload: bytes) -> None:
        try:
            process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            log.warning("--on-spike: %s can't be run: %s", self._arguments[0], error)
            return
        try:
            process.communicate(payload, timeout=self._settings.limit_s)
        except subprocess.TimeoutExpired:
            _end_group(process)
            log.warning("--on-spike: %s was ended after %g s", self._arguments[0], self._settings.limit_s)
            return
        if process.returncode:
            log.warning("--on-spike: %s ended with code %d", self._arguments[0], process.returncode)


def check_command(command: str) -> list[str]:
    """The program and its arguments. Raises ``UsageError`` where they can't be told or the program is not found."""
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--on-spike {command!r}: {error}", _HINT) from error
    if not arguments:
        raise UsageError("--on-spike names no command", _HINT)
    if shutil.which(arguments[0]) is None:
        raise UsageError(f"--on-spike: the program {arguments[0]!r} is not found", _HINT)
    return arguments


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the program and whatever it has started."""
    # It may have ended by itself just now.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


_HINT: Final = f"give a program and its arguments, such as --on-spike '{notifier()}'; it reads the spike as JSON"
