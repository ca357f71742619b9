"""The service on macOS: a LaunchAgent that starts an application of its own, or a window of Terminal.

A LaunchAgent, because the microphone is given to what runs in the session of whoever is logged in at the screen, and
because macOS asks for a program by the bundle it lies in; ``engine.app.service.bundle`` has the reasons. Sources:
launchd.plist(5), launchctl(1).
"""

import os
import plistlib
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from engine.app.service.bundle import BUNDLE, BUNDLE_ID, Bundle, this_interpreter
from engine.app.service.launchctl import Launchctl
from engine.app.service.launchd_ends import LOCK, OUTPUT
from engine.app.service.status import Status
from engine.app.service.system_commands import Run, check_printable, kept_environment, run_command
from engine.app.service.terminal import command_file
from engine.core.errors import MomentumError, UsageError
from engine.core.files import private_folder, write_private
from engine.core.paths import Paths, find_paths
from engine.session.file_lock import holder_of, is_held

LABEL: Final = "org.acoustic-momentum.record"
COMMAND_FILE: Final = "record.command"
_OPEN: Final = "/usr/bin/open"
_ENDING_S: Final = 25
"""What a recorder may take to end its session: a device that hangs when it is closed is waited for, and the session is
ended after that; less than what the waiting for the recorder allows."""
_GUARDED: Final = ("Desktop", "Documents", "Downloads", "Library/Mobile Documents")
"""Folders of a person that macOS lets a program read only after a question of its own."""


def launch_agent(
    arguments: Sequence[str], environment: dict[str, str], output: Path, way: Literal["app", "terminal"] = "app"
) -> bytes:
    """The property list that runs ``arguments``; ``output`` takes what they write to standard error.

    Raises ``UsageError`` for what can't stand in one.
    """
    for text in (*arguments, *environment.values(), str(output)):
        check_printable(text)
    job: dict[str, object] = {
        "Label": LABEL,
        "ProgramArguments": list(arguments),
        "EnvironmentVariables": environment,
        "RunAtLoad": True,
        # Only where a person is logged in at the screen is there a microphone to be had.
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
        "Umask": 0o077,
        # The recorder has a log of its own, which rotates; this takes what it could not put there.
        "StandardOutPath": os.devnull,
        "StandardErrorPath": str(output),
    }
    if way == "app":
        job |= {
            # Again after any code but 0; engine.app.service.launchd_ends decides which ends are 0.
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ExitTimeOut": _ENDING_S,
            # Under its name, and not as "python", among the Login Items.
            "AssociatedBundleIdentifiers": [BUNDLE_ID],
        }
    return plistlib.dumps(job)


def guarded(path: Path, home: Path) -> bool:
    """Whether macOS keeps what launchd starts from reading ``path`` without a question."""
    places = [Path("/Volumes"), *(home / name for name in _GUARDED)]
    return any(place == path or place in path.parents for place in places)


@dataclass(frozen=True, slots=True)
class LaunchdService:
    """The service of the user with this home folder and number."""

    home: Path
    uid: int
    environ: dict[str, str] = field(default_factory=dict)
    run: Run = run_command
    sleep: Callable[[float], None] = time.sleep

    @property
    def file(self) -> Path:
        """The property list."""
        return self.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    @property
    def paths(self) -> Paths:
        """The program's folders, as the environment has them."""
        return find_paths(self.environ)

    @property
    def bundle(self) -> Bundle:
        """The application that listens."""
        return Bundle(self.home / "Applications" / BUNDLE, self.run, this_interpreter())

    @property
    def command_file(self) -> Path:
        """What Terminal opens, where that is the way."""
        return self.paths.data / COMMAND_FILE

    @property
    def launchctl(self) -> Launchctl:
        """The job in launchd's hands."""
        return Launchctl(self.uid, LABEL, self.run, self.sleep)

    def content(self, arguments: list[str]) -> bytes:
        """The property list of the application's way."""
        environment = {**kept_environment(self.environ), **self.bundle.environment}
        return launch_agent(self.bundle.command(arguments), environment, self._output)

    def install(self, arguments: list[str], through_terminal: bool = False) -> list[str]:
        """Make what listens, and have launchd start it; returns what a person should know.

        Where the application can't be made the way through Terminal is taken, and the reason is told. Raises
        ``MomentumError``; a fault that shows before the old service is stopped leaves that as it was.
        """
        self._check_places()
        said: list[str] = []
        content = self.content(arguments)
        if not through_terminal:
            try:
                is_new = self.bundle.make()
            except MomentumError as error:
                said.append(f"{error.message}: so the recorder is started through Terminal.")
                through_terminal = True
            else:
                said += _QUESTION if is_new else []
        private_folder(self.paths.log)
        self.launchctl.remove()
        self._end_recorder()
        if through_terminal:
            content = self._write_command_file(arguments)
            said += _TERMINAL_QUESTION
        else:
            self.command_file.unlink(missing_ok=True)
        private_folder(self.file.parent)
        write_private(self.file, content)
        self.launchctl.add(self.file)
        return said

    def remove(self) -> None:
        """Stop it and take away what was made for it, loaded or not; sessions stay. Raises ``MomentumError``."""
        if not self.file.exists():
            raise UsageError("the service is not installed", "'momentum service install' does that.")
        self.command_file.unlink(missing_ok=True)
        self.launchctl.remove()
        self._end_recorder()
        self.file.unlink()
        self.bundle.remove()

    def status(self) -> Status:
        """Look, and change nothing."""
        if not self.file.is_file():
            return Status(str(self.file), False, False, None, False, "app")
        command = self._command()
        through_terminal = bool(command) and command[0] == _OPEN
        program = (command[-1] if through_terminal else command[0]) if command else None
        try:
            job = self.launchctl.job()
        except MomentumError:
            running, detail = None, ""
        else:
            running, detail = job is not None and job.running, job.ended if job else "launchd does not know it"
        if through_terminal:
            running, detail = is_held(self.paths.data / LOCK), ""
        found = program is not None and Path(program).is_file()
        return Status(str(self.file), True, running, program, found, "terminal" if through_terminal else "app", detail)

    @property
    def _output(self) -> Path:
        return self.paths.log / OUTPUT

    def _command(self) -> list[str]:
        """What the installed file starts; empty where it can't be read."""
        try:
            return [str(word) for word in plistlib.loads(self.file.read_bytes())["ProgramArguments"]]
        except (OSError, ValueError, KeyError, TypeError, plistlib.InvalidFileException):
            return []

    def _write_command_file(self, arguments: list[str]) -> bytes:
        """Write what Terminal opens; returns the property list that opens it."""
        command = [sys.executable, "-m", "tui.cli.service_main", *arguments]
        script = command_file(command, kept_environment(self.environ), self._output)
        private_folder(self.command_file.parent)
        write_private(self.command_file, script.encode(), 0o700)
        return launch_agent([_OPEN, "-g", "-a", "Terminal", str(self.command_file)], {}, self._output, "terminal")

    def _check_places(self) -> None:
        """Raise ``UsageError`` where launchd could not read the program or write the sessions."""
        needed = {
            "the program": Path(__file__).parents[3],
            "its Python environment": Path(sys.prefix),
            "the folder of the sessions": self.paths.data,
        }
        for what, path in needed.items():
            if guarded(path.resolve(), self.home.resolve()):
                raise UsageError(
                    f"{what} is in {path}, which macOS keeps from a service",
                    "move it out of Desktop, Documents, Downloads, iCloud and other disks, such as to ~/momentum.",
                )

    def _end_recorder(self) -> None:
        """End a recorder that launchd does not hold, as one in a window of Terminal, and wait for it."""
        lock = self.paths.data / LOCK
        holder = holder_of(lock) if is_held(lock) else None
        if holder is None:
            return
        try:
            os.kill(holder.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        for _ in range(2 * _ENDING_S):
            if not is_held(lock):
                return
            self.sleep(0.5)
        raise MomentumError(f"the recorder (process {holder.pid}) does not end", "end it, then try again.")


_QUESTION: Final = [
    "macOS now asks on the screen of this Mac whether 'Acoustic Momentum' may use the microphone: allow it.",
    "Answered too late or not at all: System Settings > Privacy & Security > Microphone, then install it once more.",
]
_TERMINAL_QUESTION: Final = [
    "A window of Terminal opens now and at every login; macOS asks once whether it may use the microphone: allow it.",
]
