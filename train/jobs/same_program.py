"""Is a worker of the same program, on the same kind of machine, and does it see the same folders?

Results are the same to the bit only where the same code computes them. The version number alone does not say so: two
checkouts share one.
"""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from engine.core.errors import MomentumError

_NUMBERS: Final = ("numpy", "mlx", "soxr", "soundfile", "av", "scikit-learn", "optuna")
"""Packages whose version can change a result."""
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Dask's nanny sets them to 1 for the workers that it starts."""


class WrongWorker(MomentumError):
    """A worker that must not do any task of this job."""


@cache
def this_program() -> dict[str, str]:
    """What has to be the same everywhere, by name."""
    python = ".".join(platform.python_version_tuple()[:2])
    machine = f"{platform.system()} {platform.machine()}"
    return {
        "acoustic-momentum": f"{_version('acoustic-momentum')} ({_code()[:12]})",
        "python": python,
        "machine": machine,
        **{name: _version(name) for name in _NUMBERS},
    }


def check_worker(
    wanted: Mapping[str, str], marks: Mapping[str, str], name: str, threads: int, environment: Mapping[str, str]
) -> None:
    """Raise ``WrongWorker`` unless this process may do tasks for a program that is ``wanted``.

    marks: files by the folder that they lie in, which whoever asks has put there. name: what this worker is called.
    threads: tasks that it does at once. environment: where the limits of numeric libraries stand.
    """
    for what, theirs in wanted.items():
        ours = this_program().get(what, "not installed")
        if ours != theirs:
            raise WrongWorker(
                f"worker {name} has {what} {ours}, and here it is {theirs}",
                "Results would differ: install the same on all machines, from the same constraints.txt.",
            )
    if threads != 1 or any(environment.get(limit) != "1" for limit in _THREADS):
        raise WrongWorker(
            f"worker {name} works with several threads",
            "Start workers with --nthreads 1, and as many as there are cores.",
        )
    for folder, mark in marks.items():
        if not (Path(folder) / mark).exists():
            raise WrongWorker(
                f"worker {name} does not see the folder {folder}",
                "Folders that a job reads and writes must be at the same path on all machines: see docs/cluster.md.",
            )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def _code() -> str:
    """The SHA-256 of the program's own source files."""
    digest = hashlib.sha256()
    for package in ("engine", "train"):
        spec = find_spec(package)
        assert spec is not None and spec.origin is not None
        folder = Path(spec.origin).parent
        for file in sorted(folder.rglob("*.py")):
            digest.update(f"{package}/{file.relative_to(folder).as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
