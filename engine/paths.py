"""Where things live: one place for every folder the program reads or writes."""

import os
from collections.abc import Mapping
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


def shipped_weights() -> Path:
    """The folder of the weights that came with the program: inside the wheel, or beside the packages in a checkout."""
    packaged = Path(__file__).parent / "_weights"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "weights"
