"""What went wrong, said once, in two lines: the fault and what to do about it."""

from enum import IntEnum


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

    def __init__(self, message: str, hint: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class UsageError(MomentumError):
    """A wrong argument or setting."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, ExitCode.USAGE)


class DeviceError(MomentumError):
    """An audio device that is missing, refused or lost."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, ExitCode.DEVICE)


class StuckError(MomentumError):
    """A sound system that no longer answers: nothing helps but another process, so this one must end at once."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, ExitCode.STUCK)


class WeightsError(MomentumError):
    """Weights that are missing, corrupt or made for another program version."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, ExitCode.WEIGHTS)


class InputError(MomentumError):
    """An input file that is missing, broken or of a kind that cannot be read."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, ExitCode.INPUT)
