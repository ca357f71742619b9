"""Debian packages fetched and unpacked into a folder of one's own, without installing them; what is there stays."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from engine.core.errors import InputError
from engine.core.files import private_folder

_SUFFIX: Final = ".deb"


def unpacked(package: str, folder: Path) -> Path:
    """The root of the unpacked package beneath ``folder``; fetched with apt and unpacked with dpkg where it is not.

    Raises:
        InputError: there is no apt and dpkg here, no such package, or no way to it.
    """
    root = folder / "unpacked" / package
    if root.is_dir():
        return root
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise InputError(f"There is no {program} to fetch {package} with", "Use Debian, or give --packages.")
    private_folder(folder)
    archive = _archive(package, folder)
    if archive is None:
        _called(["apt-get", "download", "-q", package], folder, package)
        archive = _archive(package, folder)
    if archive is None:
        raise InputError(f"apt-get did not bring {package}", "'apt-get update' renews the list of packages.")
    unfinished = private_folder(folder / "unpacked" / f".{package}.new")
    _called(["dpkg-deb", "-x", str(archive.resolve()), str(unfinished.resolve())], folder, package)
    unfinished.replace(root)
    return root


def _archive(package: str, folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob(f"{package}_*{_SUFFIX}"))), None)


def _called(command: list[str], folder: Path, package: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"{package} can't be fetched: {last}", "'apt-get update' renews the list of packages.")
