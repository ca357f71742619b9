"""Checkouts of public repositories with no more in them than the sounds that are taken; what is there stays."""

import os
import shutil
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from engine.core.errors import InputError
from engine.core.files import private_folder
from train.data.real_sounds.gathered.debian_sound_packages import Package

HOST: Final = "https://github.com"
_ORIGIN: Final = "GitHub "
_ALONE: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
"""A repository that is gone must not ask for a password, and nothing beside the sounds is downloaded."""


def checked_out(repository: Package, folder: Path) -> Path:
    """The checkout of ``repository`` beneath ``folder``, cloned with git where there is none: the newest commit alone,
    and of its files those that are taken, so that a repository of a gigabyte costs some megabytes.

    Raises:
        InputError: there is no git here, no such repository, none of its files any more, or no way to it.
    """
    root = folder / repository.name
    if root.is_dir():
        return root
    if shutil.which("git") is None:
        raise InputError(f"There is no git to clone {repository.name} with", "Install git, or leave --clone out.")
    unfinished = private_folder(folder) / f".{repository.name}.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    address = f"{HOST}/{repository.origin.removeprefix(_ORIGIN)}/{repository.name}"
    newest_alone = ["--quiet", "--depth", "1", "--filter=blob:none", "--no-checkout"]
    _git(["clone", *newest_alone, address, str(unfinished.resolve())], folder)
    names = _git(["ls-tree", "-r", "-z", "--name-only", "HEAD"], unfinished).split("\0")
    patterns = [pattern for taken in repository.taken for pattern in taken.files]
    wanted = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if not wanted:
        raise InputError(f"{address} holds none of the files that are taken", "Its list of sounds may have changed.")
    these = ["--pathspec-from-file=-", "--pathspec-file-nul"]
    # A link in a stranger's repository could lead anywhere on this machine.
    only = ["-c", "core.symlinks=false", "--literal-pathspecs", "checkout", "--quiet", "HEAD", *these]
    _git(only, unfinished, "\0".join(wanted))
    unfinished.replace(root)
    return root


def _git(arguments: list[str], folder: Path, text: str = "") -> str:
    environment = {**os.environ, **_ALONE}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"it can't be cloned: {last}", "The same command tries again; what is there stays.")
    return done.stdout
