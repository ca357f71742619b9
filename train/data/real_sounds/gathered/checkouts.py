"""Checkouts of public repositories with no more in them than the sounds that are taken; what is there stays."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from engine.core.errors import InputError
from engine.core.files import private_folder
from train.data.real_sounds.gathered.debian_sound_packages import Package

HOST: Final = "https://github.com"
_ORIGIN: Final = "GitHub "
_GIT: Final = ("git", "-c", "credential.helper=", "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60")
"""A server that says nothing for a minute is given up."""
_ALONE: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GIT_LFS_SKIP_SMUDGE": "1"}
"""A repository that is gone must not ask for a password, and nothing beside the sounds is downloaded."""
_ELSEWHERE: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"})
"""What would lead git to another repository than the folder's own; hooks have it in their environment."""
_WITHOUT_FILES: Final = "blob:none"


def check_out(repository: Package, folder: Path, say: Callable[[str], None]) -> None:
    """Clone ``repository`` into its folder beneath ``folder``, where there is none: the newest commit alone, and of its
    files those that are taken, so that a repository of a gigabyte costs some megabytes.

    A checkout that was made so gets the files that have been added to what is taken; any other one stays as it is.
    ``say`` is told of each pattern that nothing in the repository is named by.

    Raises:
        InputError: there is no git here, no such repository, none of its files any more, or no way to it.
    """
    root = folder / repository.name
    if shutil.which("git") is None:
        raise InputError(f"there is no git to clone {repository.name} with", "Install git, or leave --clone out.")
    if root.is_dir():
        if _was_made_here(root):
            _check_out_what_is_taken(repository, root, say)
        return
    unfinished = private_folder(folder) / f".{repository.name}.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    address = f"{HOST}/{repository.origin.removeprefix(_ORIGIN)}/{repository.name}"
    newest_alone = ("--quiet", "--depth", "1", f"--filter={_WITHOUT_FILES}", "--no-checkout")
    _git(("clone", *newest_alone, address, str(unfinished.resolve())), folder)
    _check_out_what_is_taken(repository, unfinished, say)
    unfinished.replace(root)


def _was_made_here(root: Path) -> bool:
    asked = ("config", "--local", "--default", "", "--get", "remote.origin.partialclonefilter")
    return (root / ".git").is_dir() and _git(asked, root).strip() == _WITHOUT_FILES


def _check_out_what_is_taken(repository: Package, root: Path, say: Callable[[str], None]) -> None:
    names = _git(("ls-tree", "-r", "-z", "--name-only", "HEAD"), root).split("\0")
    wanted: set[str] = set()
    for pattern in (pattern for taken in repository.taken for pattern in taken.files):
        found = {name for name in names if fnmatchcase(name, pattern)}
        if not found:
            say(f"left out: {repository.name}: it has no {pattern} (any more)")
        wanted |= found
    if not wanted:
        raise InputError("it has none of the files that are taken", "Its list of sounds may have changed.")
    missing = sorted(name for name in wanted if not (root / name).is_file())
    if missing:
        # A link in a stranger's repository could lead anywhere on this machine.
        these = ("--quiet", "HEAD", "--pathspec-from-file=-", "--pathspec-file-nul")
        _git(("-c", "core.symlinks=false", "--literal-pathspecs", "checkout", *these), root, "\0".join(missing))


def _git(arguments: Sequence[str], folder: Path, text: str = "") -> str:
    """What git says; file names are bytes to it, so whatever is no UTF-8 comes and goes as it is."""
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | _ALONE
    done = subprocess.run(
        [*_GIT, *arguments],
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"it can't be cloned: {last}", "The same command tries again; what is there stays.")
    return done.stdout
