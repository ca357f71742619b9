"""How to install what only some need: the extras of the package, by the ``pip`` of this very program."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

PACKAGE: Final = "acoustic-momentum"


def installing(extra: str) -> str:
    """The command that installs an extra here, wherever it is typed; another ``pip`` knows no such package."""
    return f"{_pip()} install '{PACKAGE}[{extra}]'"


def _pip() -> str:
    mine = Path(sys.executable).with_name("pip")
    found = shutil.which("pip")
    if found is not None and Path(found) == mine:
        return "pip"
    if not mine.is_file():
        return f"{shlex.quote(sys.executable)} -m pip"
    return shlex.quote(str(mine.relative_to(Path.cwd()) if mine.is_relative_to(Path.cwd()) else mine))
