"""What went wrong, said once, in two lines: the fault and what to do about it."""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the command, part of its contract."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    DEVICE = 3
    WEIGHTS = 4
    INPUT = 5
    STUCK = 6
    INTERRUPTED = 130
    TERMINATED = 143


class MomentumError(Exception):
    """A fault that a person can do something about.

    ``message`` says what is wrong, ``hint`` what to do next; the command prints both and ends with ``exit_code``.
    """

    code: ClassVar[ExitCode] = ExitCode.FAILED
    """The exit code of this kind of fault, where none is given."""

    def __init__(self, message: str, hint: str, exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = self.code if exit_code is None else exit_code

    @property
    def in_one_line(self) -> str:
        """Fault and hint where there is one line for both."""
        mark = "" if self.message.endswith((".", "!", "?")) else ";" if self.hint[:1].islower() else "."
        return f"{self.message}{mark} {self.hint}"


class UsageError(MomentumError):
    """A wrong argument or setting."""

    code = ExitCode.USAGE


class DeviceError(MomentumError):
    """An audio device that is missing, refused or lost."""

    code = ExitCode.DEVICE


class StuckError(MomentumError):
    """A sound system that no longer answers: nothing helps but another process, so this one must end at once."""

    code = ExitCode.STUCK


class WeightsError(MomentumError):
    """Weights that are missing, corrupt or made for another program version."""

    code = ExitCode.WEIGHTS


class InputError(MomentumError):
    """An input file that is missing, broken or of a kind that cannot be read."""

    code = ExitCode.INPUT
