"""The recorder as a service of the logged-in user: a systemd user unit on Linux, a LaunchAgent on macOS.

A LaunchAgent and nothing over ssh, because macOS grants the microphone to what the logged-in user started; a remote
shell is handed zeros. Sources: systemd.service(5) and systemd.syntax(7); launchd.plist(5).
"""

import os
import plistlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import MomentumError, UsageError
from engine.paths import PRIVATE_FILE, private_folder

UNIT: Final = "acoustic-momentum.service"
LABEL: Final = "org.acoustic-momentum.record"
_COMMAND_S: Final = 20.0
_NOT_CURABLE: Final = (2, 4, 5)
"""Exit codes that a new start does not mend: usage, weights, input file."""

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def run_command(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program of the system to its end."""
    return subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_S, check=False)


def program() -> list[str]:
    """How this very installation is started."""
    script = Path(sys.executable).with_name("momentum")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "tui"]


def systemd_unit(arguments: Sequence[str], environment: dict[str, str]) -> str:
    """The unit file that runs ``arguments``. Raises ``UsageError`` for what can't stand in one."""
    settings = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment.items())
    return f"""\
[Unit]
Description=Acoustic Momentum: listens to the crowd and keeps a session
StartLimitIntervalSec=0

[Service]
ExecStart={" ".join(_quoted(argument, "$") for argument in arguments)}
{settings}Restart=on-failure
RestartSec=5
RestartPreventExitStatus={" ".join(map(str, _NOT_CURABLE))}
SuccessExitStatus=143
TimeoutStopSec=30
UMask=0077

[Install]
WantedBy=default.target
"""


def launch_agent(arguments: Sequence[str], environment: dict[str, str]) -> bytes:
    """The property list that runs ``arguments``. Raises ``UsageError`` for what can't stand in one."""
    for text in (*arguments, *environment.values()):
        _check(text)
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(arguments),
            "EnvironmentVariables": environment,
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            # Only where a person is logged in at the screen is there a microphone to be had.
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
            "ExitTimeOut": 30,
            "Umask": 0o077,
            # The recorder has a log of its own, which rotates.
            "StandardOutPath": os.devnull,
            "StandardErrorPath": os.devnull,
        }
    )


@dataclass(frozen=True, slots=True)
class Status:
    """Where the service stands; ``running`` is None where the system can't be asked."""

    file: str
    installed: bool
    running: bool | None
    program: str | None
    program_found: bool


@dataclass(frozen=True, slots=True)
class Service:
    """The service on this machine.

    system: ``Linux`` or ``Darwin``. home: the user's own folder. uid: the user's number.
    """

    system: str
    home: Path
    uid: int
    environ: dict[str, str] = field(default_factory=dict)
    run: Run = run_command

    @property
    def file(self) -> Path:
        """Where its file lies. Raises ``MomentumError`` on other systems."""
        if self.system == "Darwin":
            return self.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        if self.system == "Linux":
            config = self.environ.get("XDG_CONFIG_HOME") or str(self.home / ".config")
            return Path(config) / "systemd" / "user" / UNIT
        raise MomentumError(
            f"there is no service for {self.system}", "start 'momentum record' by what your system offers."
        )

    def content(self, arguments: Sequence[str]) -> bytes:
        """The file that runs ``momentum`` with ``arguments``."""
        kept = {name: self.environ[name] for name in ("MOMENTUM_HOME",) if self.environ.get(name)}
        command = [*program(), *arguments]
        return launch_agent(command, kept) if self.system == "Darwin" else systemd_unit(command, kept).encode()

    def install(self, arguments: Sequence[str]) -> None:
        """Write the file and start the service.

        Raises ``MomentumError``; where there is nobody to start it, nothing is written.
        """
        path, content = self.file, self.content(arguments)
        self._ask_manager()
        private_folder(path.parent)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
            file.write(content)
        for command in self._starting():
            self._do(command)

    def remove(self) -> None:
        """Stop the service and take its file away; sessions stay. Raises ``MomentumError``."""
        if not self.file.exists():
            raise UsageError("the service is not installed", "'momentum service install' does that.")
        self._do(self._stopping())
        self.file.unlink()
        if self.system == "Linux":
            self._do(["systemctl", "--user", "daemon-reload"])

    def status(self) -> Status:
        """Look, and change nothing."""
        installed = self.file.is_file()
        command = self._command() if installed else None
        found = command is not None and Path(command).is_file()
        return Status(str(self.file), installed, self._running() if installed else False, command, found)

    def _command(self) -> str | None:
        """The program that the installed file starts."""
        try:
            if self.system == "Darwin":
                return str(plistlib.loads(self.file.read_bytes())["ProgramArguments"][0])
            lines = self.file.read_text().splitlines()
            start = next(line for line in lines if line.startswith("ExecStart="))
            return start.removeprefix("ExecStart=").split('"')[1].replace("%%", "%").replace("\\\\", "\\")
        except (OSError, ValueError, KeyError, IndexError, StopIteration, plistlib.InvalidFileException):
            return None

    def _running(self) -> bool | None:
        try:
            if self.system == "Darwin":
                return self.run(["launchctl", "print", self._target]).returncode == 0
            return self.run(["systemctl", "--user", "is-active", "--quiet", UNIT]).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return None

    @property
    def _target(self) -> str:
        return f"gui/{self.uid}/{LABEL}"

    def _starting(self) -> list[list[str]]:
        if self.system == "Darwin":
            return [["launchctl", "bootstrap", f"gui/{self.uid}", str(self.file)]]
        reload_, enable = ["systemctl", "--user", "daemon-reload"], ["systemctl", "--user", "enable", UNIT]
        return [reload_, enable, ["systemctl", "--user", "restart", UNIT]]

    def _stopping(self) -> list[str]:
        if self.system == "Darwin":
            return ["launchctl", "bootout", self._target]
        return ["systemctl", "--user", "disable", "--now", UNIT]

    def _ask_manager(self) -> None:
        """Make sure that there is somebody to start it; on macOS an older one is stopped on the way."""
        if self.system == "Darwin":
            self._answer(["launchctl", "bootout", self._target])
            return
        answer = self._answer(["systemctl", "--user", "show-environment"])
        if answer.returncode:
            raise MomentumError(
                f"systemd does not manage services of this user here: {answer.stderr.strip() or 'no answer'}",
                "log in at the machine itself, or start 'momentum record' by what your system offers.",
            )

    def _do(self, command: Sequence[str]) -> None:
        answer = self._answer(command)
        if answer.returncode:
            raise MomentumError(
                f"'{' '.join(command)}' failed: {answer.stderr.strip() or f'code {answer.returncode}'}",
                "'momentum service status' shows what is installed.",
            )

    def _answer(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        try:
            return self.run(command)
        except FileNotFoundError as error:
            raise MomentumError(
                f"{command[0]} is not on this machine", "start 'momentum record' by what your system offers."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise MomentumError(f"{command[0]} does not answer", "try again, or restart the machine.") from error


def _quoted(text: str, doubled: str = "") -> str:
    """One word of a unit file: % begins a specifier everywhere, $ a variable in a command."""
    _check(text)
    for sign in ("%", *doubled):
        text = text.replace(sign, sign * 2)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _check(text: str) -> None:
    if not text.isprintable():
        raise UsageError(f"{text!r} can't stand in the file of a service", "use printable characters, on one line.")
