"""Where things live: one place for every folder the program reads or writes."""

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import platformdirs

APP = "acoustic-momentum"
PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class Paths:
    """The program's folders; none is made before it is needed."""

    data: Path
    config: Path
    cache: Path
    log: Path

    @property
    def sessions(self) -> Path:
        return self.data / "sessions"

    @property
    def library(self) -> Path:
        return self.data / "library"

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """``MOMENTUM_HOME`` puts all folders under one; otherwise the platform's own places."""
    home = environ.get("MOMENTUM_HOME")
    if home:
        root = Path(home).expanduser()
        return Paths(root / "data", root / "config", root / "cache", root / "log")
    dirs = platformdirs.PlatformDirs(APP, appauthor=False)
    return Paths(dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path, dirs.user_log_path)


def private_folder(folder: Path) -> Path:
    """Make ``folder`` for its owner alone, parents included, and return it."""
    for missing in [*reversed(folder.parents), folder]:  # mkdir(parents=True) would give the parents the usual mode
        if not missing.is_dir():
            missing.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    return folder


def private_file(file: Path, replace: bool = False) -> TextIO:
    """Open a UTF-8 text file for writing, for its owner alone, also where one that others could read is replaced.

    Raises ``FileExistsError`` where the file is there already and ``replace`` is False.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL), PRIVATE_FILE)
    os.fchmod(descriptor, PRIVATE_FILE)
    return os.fdopen(descriptor, "w", encoding="utf-8")


@contextmanager
def whole_file(file: Path, replace: bool = False) -> Iterator[Path]:
    """An empty file beside ``file``, for its owner alone, to be written to: it takes the name of ``file`` when all is
    written, and of one that fails, or is interrupted, nothing stays.

    Raises ``FileExistsError`` where ``file`` is there already and ``replace`` is False, or it is no plain file; other
    ``OSError`` name ``file``, too.
    """
    _refuse_taken(file, replace)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:100]}-", suffix=".part", dir=file.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    unfinished = Path(name)
    try:
        yield unfinished
        os.fsync(handle)
        _refuse_taken(file, replace)
        unfinished.replace(file)
    except OSError as error:
        if isinstance(error, FileExistsError) or error.filename not in (None, name):
            raise
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        os.close(handle)
        unfinished.unlink(missing_ok=True)


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


def _refuse_taken(file: Path, replace: bool) -> None:
    if file.exists() and not (replace and file.is_file()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))


def shipped_weights() -> Path:
    """The folder of the weights that came with the program: inside the wheel, or beside the packages in a checkout."""
    packaged = Path(__file__).parents[1] / "_weights"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "weights"
