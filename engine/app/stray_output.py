"""What C libraries say: PortAudio, ALSA and decoders write to descriptor 2, over what a person reads."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from engine.core.signals import Event

STRAY_OUTPUT: Final = "stray-output.log"
_MOST_BYTES: Final = 1_000_000
_STDERR: Final = 2


def open_stray_output(log_folder: Path) -> int:
    """A descriptor of the file for what libraries say, at its end; begun anew where it has grown large."""
    from engine.core.files import open_private, private_folder

    try:
        file = private_folder(log_folder) / STRAY_OUTPUT
        # Several processes write to it, so everything is appended.
        log = open_private(file, os.O_RDWR | os.O_APPEND)
    except OSError:  # no log can be kept: 'momentum doctor' says so, and must be able to start
        return _nowhere()
    if os.fstat(log).st_size > _MOST_BYTES:
        os.ftruncate(log, 0)
    return log


def _nowhere() -> int:
    return os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)


@contextmanager
def libraries_kept_quiet(log_folder: Path | None = None, *, make_folder: bool = True) -> Iterator[None]:
    """While inside, or in a function that this decorates, descriptor 2 is a file in ``log_folder``.

    ``sys.stderr`` stays where it was, so that what this program itself has to say is read. Without ``log_folder`` it is
    the program's own. Where there is no folder and none is to be made, nothing is kept.
    """
    from engine.core.paths import find_paths

    folder = log_folder or find_paths().log
    log = open_stray_output(folder) if make_folder or folder.is_dir() else _nowhere()
    before, stderr = os.dup(_STDERR), sys.stderr
    ours = _copied(stderr)
    os.dup2(log, _STDERR)
    os.close(log)
    try:
        if ours is not None:
            sys.stderr = ours
        yield
    finally:
        sys.stderr = stderr
        os.dup2(before, _STDERR)
        os.close(before)
        if ours is not None:
            with suppress(BrokenPipeError):  # nobody reads it any more
                ours.close()


def _copied(stream: TextIO) -> TextIO | None:
    """The same stream with a descriptor of its own; None for one that does not write to descriptor 2."""
    try:
        if stream.fileno() != _STDERR:
            return None
    except (OSError, ValueError):  # a stand-in without a descriptor
        return None
    stream.flush()
    return os.fdopen(os.dup(_STDERR), "w", buffering=1, encoding=stream.encoding, errors=stream.errors)


class Bounded:
    """A sink that begins ``file`` anew when it has grown large: ALSA says much while a lost device is looked for."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def write(self, event: "Event") -> None:
        """What is heard does not concern it."""

    def flush(self) -> None:
        """Look at the file's size."""
        with suppress(OSError):  # it is gone, or was never made
            if self._file.stat().st_size > _MOST_BYTES:
                os.truncate(self._file, 0)
