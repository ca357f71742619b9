"""The service on Linux: a systemd user unit. Sources: systemd.service(5), systemd.syntax(7)."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.app.service.launchd_ends import NOT_CURABLE
from engine.app.service.status import Status
from engine.app.service.system_commands import (
    Run,
    answer,
    check_printable,
    demand,
    kept_environment,
    run_command,
)
from engine.core.errors import ExitCode, MomentumError, UsageError
from engine.core.files import private_folder, write_private

UNIT: Final = "acoustic-momentum.service"


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
RestartPreventExitStatus={" ".join(str(int(code)) for code in NOT_CURABLE)}
SuccessExitStatus={int(ExitCode.INTERRUPTED)} {int(ExitCode.TERMINATED)}
TimeoutStopSec=30
UMask=0077

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True, slots=True)
class SystemdService:
    """The service of the user whose own folder is ``home``."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    run: Run = run_command

    @property
    def file(self) -> Path:
        """The unit."""
        config = self.environ.get("XDG_CONFIG_HOME") or str(self.home / ".config")
        return Path(config) / "systemd" / "user" / UNIT

    def content(self, arguments: list[str]) -> bytes:
        """The unit that runs ``momentum`` with ``arguments``."""
        return systemd_unit([*program(), *arguments], kept_environment(self.environ)).encode()

    def install(self, arguments: list[str], through_terminal: bool = False) -> list[str]:
        """Write the unit and start it.

        Raises ``MomentumError``; where there is nobody to start it, nothing is written.
        """
        if through_terminal:
            raise UsageError("--terminal is for macOS", "leave it out.")
        content = self.content(arguments)
        self._ask_manager()
        private_folder(self.file.parent)
        write_private(self.file, content)
        for step in (["daemon-reload"], ["enable", UNIT], ["restart", UNIT]):
            demand(self.run, ["systemctl", "--user", *step])
        return ["'loginctl enable-linger' lets it run while nobody is logged in."]

    def remove(self) -> None:
        """Stop it and take the unit away; sessions stay. Raises ``MomentumError``."""
        if not self.file.exists():
            raise UsageError("the service is not installed", "'momentum service install' does that.")
        demand(self.run, ["systemctl", "--user", "disable", "--now", UNIT])
        self.file.unlink()
        demand(self.run, ["systemctl", "--user", "daemon-reload"])

    def status(self) -> Status:
        """Look, and change nothing."""
        installed = self.file.is_file()
        command = self._command() if installed else None
        found = command is not None and Path(command).is_file()
        return Status(str(self.file), installed, self._running() if installed else False, command, found)

    def _command(self) -> str | None:
        """The program that the installed unit starts."""
        try:
            lines = self.file.read_text().splitlines()
            start = next(line for line in lines if line.startswith("ExecStart="))
            return start.removeprefix("ExecStart=").split('"')[1].replace("%%", "%").replace("\\\\", "\\")
        except (OSError, ValueError, IndexError, StopIteration):
            return None

    def _running(self) -> bool | None:
        try:
            return self.run(["systemctl", "--user", "is-active", "--quiet", UNIT]).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return None

    def _ask_manager(self) -> None:
        """Make sure that there is somebody to start it."""
        said = answer(self.run, ["systemctl", "--user", "show-environment"])
        if said.returncode:
            raise MomentumError(
                f"systemd does not manage services of this user here: {said.stderr.strip() or 'no answer'}",
                "log in at the machine itself, or start 'momentum record' by what your system offers.",
            )


def _quoted(text: str, doubled: str = "") -> str:
    """One word of a unit file: % begins a specifier everywhere, $ a variable in a command."""
    check_printable(text)
    for sign in ("%", *doubled):
        text = text.replace(sign, sign * 2)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
