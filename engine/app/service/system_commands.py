"""Programs of the system that the service asks, and what is wrong when one does not answer."""

import subprocess
from collections.abc import Callable, Sequence
from typing import Final

from engine.core.errors import MomentumError, UsageError

_COMMAND_S: Final = 60.0

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]
"""Runs a program of the system to its end. Raises ``OSError`` and ``subprocess.TimeoutExpired``."""


def run_command(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program of the system to its end."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_COMMAND_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def answer(run: Run, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """What the program answers, good or bad. Raises ``MomentumError`` where it can't be asked."""
    try:
        return run(command)
    except OSError as error:
        raise MomentumError(
            f"{command[0]} can't be run on this machine: {error.strerror or 'not found'}",
            "start 'momentum record' by what your system offers.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise MomentumError(f"{command[0]} does not answer", "try again, or restart the machine.") from error


def demand(run: Run, command: Sequence[str]) -> None:
    """Run the program. Raises ``MomentumError`` where it can't be asked or refuses."""
    done = answer(run, command)
    if done.returncode:
        raise MomentumError(
            f"'{' '.join(command)}' failed: {done.stderr.strip() or f'code {done.returncode}'}",
            "'momentum service status' shows what is installed.",
        )


def check_printable(text: str) -> None:
    """Raise ``UsageError`` for text that would break the file of a service."""
    if not text.isprintable():
        raise UsageError(f"{text!r} can't stand in the file of a service", "use printable characters, on one line.")


def kept_environment(environ: dict[str, str]) -> dict[str, str]:
    """What the service must know of the environment it was installed from."""
    return {name: environ[name] for name in ("MOMENTUM_HOME",) if environ.get(name)}
