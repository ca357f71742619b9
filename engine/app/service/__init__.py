"""The recorder as a service of the logged-in user: a systemd user unit on Linux, a LaunchAgent on macOS.

``find_service`` is the way in. What runs, restarts and stops it is the system's own manager; nothing of this program
stays behind to do so.
"""

import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from engine.app.service.status import Status
from engine.app.service.system_commands import Run, run_command
from engine.core.errors import MomentumError, UsageError

__all__ = ["Run", "Service", "Status", "find_service", "recorder_arguments", "run_command"]


def recorder_arguments(sources: Sequence[str] = (), sound: bool = False, on_spike: str | None = None) -> list[str]:
    """What ``momentum`` is started with to record ``sources`` side by side; none for what is configured.

    ``sound``: the sound is kept too. ``on_spike``: a command for each spike. Raises ``UsageError`` for an address that
    holds a secret, and for a program that is not found.
    """
    from engine.core.sound_address import has_secret, shown
    from engine.publish.command import check_command

    for source in filter(has_secret, sources):
        raise UsageError(
            f"The file of a service, which others may read, is no place for what opens {shown(source)}",
            "Write it as source into the file that 'momentum config path' names, and leave it out here.",
        )
    arguments = ["record", *sources, *(["--sound"] if sound else [])]
    if on_spike is not None:
        name, *rest = check_command(on_spike)
        # A service looks for programs in other places than a terminal does.
        arguments += ["--on-spike", shlex.join([shutil.which(name) or name, *rest])]
    return arguments


class Service(Protocol):
    """The service on this machine, whatever manages it."""

    @property
    def file(self) -> Path:
        """The file that tells the manager what to run."""
        ...

    def content(self, arguments: list[str]) -> bytes:
        """The file that runs ``momentum`` with ``arguments``. Raises ``UsageError`` for what can't stand in one."""
        ...

    def install(self, arguments: list[str], through_terminal: bool = False) -> list[str]:
        """Write the file and start the service; returns what a person should know.

        ``through_terminal``: macOS alone, see ``engine.app.service.launchd``. Raises ``MomentumError``.
        """
        ...

    def remove(self) -> None:
        """Stop the service and take its file away; sessions stay. Raises ``MomentumError``."""
        ...

    def status(self) -> Status:
        """Look, and change nothing."""
        ...


def find_service(
    system: str,
    home: Path,
    uid: int,
    environ: Mapping[str, str],
    run: Run = run_command,
    sleep: Callable[[float], None] = time.sleep,
) -> Service:
    """The service of the user with this home folder and number; ``system`` as ``platform.system()`` says it.

    ``sleep`` waits so many seconds for a manager that takes its time. Raises ``MomentumError`` on other systems.
    """
    if system == "Darwin":
        from engine.app.service.launchd import LaunchdService

        return LaunchdService(home, uid, dict(environ), run, sleep)
    if system == "Linux":
        from engine.app.service.systemd import SystemdService

        return SystemdService(home, dict(environ), run)
    raise MomentumError(f"there is no service for {system}", "start 'momentum record' by what your system offers.")
