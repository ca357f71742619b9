"""Where things live: one place for every folder the program reads or writes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs


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


APP = "acoustic-momentum"


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """``MOMENTUM_HOME`` puts all folders under one; otherwise the platform's own places."""
    home = environ.get("MOMENTUM_HOME")
    if home:
        root = Path(home).expanduser()
        return Paths(root / "data", root / "config", root / "cache", root / "log")
    dirs = platformdirs.PlatformDirs(APP, appauthor=False)
    return Paths(dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path, dirs.user_log_path)


def shipped_weights() -> Path:
    """The folder of the weights that came with the program: inside the wheel, or beside the packages in a checkout."""
    packaged = Path(__file__).parents[1] / "_weights"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "weights"
