"""Files for their owner alone, and such that are whole or not there: the one place that makes any.

No descriptor of these is handed down to a program that is started: Python sees to that.
"""

import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final, TextIO

from engine.core.durable_writes import sync
from engine.core.errors import UsageError
from engine.core.text import plain

PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
_NAMED_AFTER: Final = 100
"""How much of a file's name stands in that of its unfinished one: with the rest a name stays below 255 bytes."""


def private_folder(folder: Path) -> Path:
    """Make ``folder`` for its owner alone, parents included, and return it."""
    for missing in [*reversed(folder.parents), folder]:  # mkdir(parents=True) would give the parents the usual mode
        if not missing.is_dir():
            missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder


def open_private(file: Path, flags: int) -> int:
    """A descriptor of ``file`` for ``os.O_WRONLY`` and such; one that is made by it is its owner's alone."""
    return os.open(file, flags | os.O_CREAT, PRIVATE_FILE)


def private_file(file: Path, replace: bool = False) -> TextIO:
    """Open a UTF-8 text file for writing, for its owner alone, also where one that others could read is replaced.

    Raises ``FileExistsError`` where the file is there already and ``replace`` is False.
    """
    descriptor = open_private(file, os.O_WRONLY | (os.O_TRUNC if replace else os.O_EXCL))
    os.fchmod(descriptor, PRIVATE_FILE)
    return os.fdopen(descriptor, "w", encoding="utf-8")


def numbered_file(folder: Path, stem: str, suffix: str, *, first_bare: bool = False) -> tuple[Path, TextIO]:
    """Open ``stem-1`` + ``suffix`` in ``folder`` for writing, or the first number that is free; for its owner alone.

    ``first_bare``: the first one has no number, and the second is 2. Raises ``OSError``.
    """
    for number in count(1):
        path = folder / (f"{stem}{suffix}" if first_bare and number == 1 else f"{stem}-{number}{suffix}")
        try:
            return path, private_file(path)
        except FileExistsError:
            continue
    raise AssertionError("there is always another number")


def write_private(file: Path, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write a file for its owner alone in place of the one that is there, which may be a link and is not followed."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
        opened.write(content)


def write_whole(file: Path, content: bytes | memoryview, unfinished: Path | None = None) -> None:
    """Replace ``file`` by one with ``content``, on the disk itself: after a power cut it is the old one or the new.

    Until it is written it is called ``unfinished``, or else ``.name.new``: of a program that was killed the next one
    writes over it. Raises ``OSError`` where the disk refuses, and leaves nothing unfinished then.
    """
    unfinished = unfinished or file.with_name(f".{file.name}.new")
    try:
        with os.fdopen(open_private(unfinished, os.O_WRONLY | os.O_TRUNC), "wb") as opened:
            os.fchmod(opened.fileno(), PRIVATE_FILE)
            opened.write(content)
            opened.flush()
            sync(opened.fileno())
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def write_whole_json(file: Path, row: Mapping[str, Any]) -> None:
    """Replace ``file`` by ``row`` as JSON on one line. Raises as ``write_whole``."""
    write_whole(file, json.dumps(row, separators=(",", ":")).encode())


@contextmanager
def whole_file(file: Path, replace: bool = False) -> Iterator[Path]:
    """An empty file beside ``file``, for its owner alone, to be written to: it takes the name of ``file`` when all is
    written, and of one that fails, or is interrupted, nothing stays.

    Raises ``FileExistsError`` where ``file`` is there already and ``replace`` is False, or it is no plain file; other
    ``OSError`` name ``file``, too.
    """
    _refuse_taken(file, replace)
    try:
        handle, name = _unfinished(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    unfinished = Path(name)
    try:
        yield unfinished
        sync(handle)
        _refuse_taken(file, replace)
        unfinished.replace(file)
    except OSError as error:
        if isinstance(error, FileExistsError) or error.filename not in (None, name):
            raise
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        os.close(handle)
        unfinished.unlink(missing_ok=True)


def _unfinished(file: Path) -> tuple[int, str]:
    """A descriptor and the name of a new file beside ``file``, held as long as the descriptor is open."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:_NAMED_AFTER]}-", suffix=".part", dir=file.parent)
        with suppress(OSError):  # some network drives know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # taken for a dead one's in between


def remove_unfinished(folder: Path, names: Set[str]) -> None:
    """Remove what those who were killed in ``whole_file`` left of files with these ``names`` in ``folder``.

    What somebody is writing just now stays, and so does what can't be removed.
    """
    named = {name[:_NAMED_AFTER] for name in names}
    for unfinished in folder.glob(".*-*.part"):
        if unfinished.name[1:].rpartition("-")[0] in named:
            with suppress(OSError), unfinished.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                unfinished.unlink()


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """``folder``, made for its owner alone where it is missing; gone again where filling it fails and left nothing."""
    made = not folder.exists()
    private_folder(folder)
    try:
        yield folder
    except BaseException:
        if made:
            with suppress(OSError):  # something whole is in it
                folder.rmdir()
        raise


def refuse_twice(files: Sequence[Path]) -> None:
    """Raise ``UsageError`` where two recordings would become one of ``files``."""
    twice = sorted(str(file) for file in set(files) if files.count(file) > 1)
    if twice:
        raise UsageError(
            f"two recordings would both become {plain(twice[0])}.", "Name them in two commands with two --out."
        )


def _refuse_taken(file: Path, replace: bool) -> None:
    if file.exists() and not (replace and file.is_file()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
