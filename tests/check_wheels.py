"""Is there a wheel for every package that a Mac needs, at the pinned version, for every Python that the program takes?

Not a test: it asks the package index. ``python -m tests.check_wheels``, or with ``--python 3.14`` for one of them.
Works on any system: pip is told the platform, and the markers are read here, because pip reads them for the machine
it runs on. ``pip install --dry-run`` is the resolver of ``pip download`` without the downloads.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
PLATFORM: Final = "macosx_14_0_arm64"
PROJECT: Final = "acoustic-momentum"
NOT_FOR_USERS: Final = frozenset({"dev"})


def mac(python: str) -> dict[str, str]:
    """What markers see on an Apple-silicon Mac with this Python."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "platform_machine": "arm64",
        "platform_release": "23.0.0",
        "platform_version": "",
        "extra": "",
    }


def pins(python: str, lines: Iterable[str]) -> dict[str, str]:
    """The pinned version of each package, by its canonical name, as the constraints have it for this Python."""
    found: dict[str, str] = {}
    for line in lines:
        text = line.split("#")[0].strip()
        if not text:
            continue
        pin = Requirement(text)
        if pin.marker is None or pin.marker.evaluate(mac(python)):
            name = canonicalize_name(pin.name)
            if name in found:
                raise ValueError(f"{pin.name} is pinned twice for Python {python}")
            found[name] = str(pin.specifier)
    return found


def asked(python: str) -> list[Requirement]:
    """What the project itself asks for on that Mac: the runtime, and every extra that a user may install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: of for name, of in project["optional-dependencies"].items() if name not in NOT_FOR_USERS}
    lines = [*project["dependencies"], *(line for of in extras.values() for line in of)]
    return [need for need in map(Requirement, lines) if applies(need, python, frozenset())]


def applies(need: Requirement, python: str, extras: frozenset[str]) -> bool:
    """Whether a requirement holds there, for one of these extras of the package that asks, or for none."""
    if canonicalize_name(need.name) == PROJECT:
        return False
    return need.marker is None or any(need.marker.evaluate(mac(python) | {"extra": of}) for of in ("", *extras))


def resolve(wanted: list[str], python: str) -> list[dict[str, Any]] | str:
    """The metadata of exactly these packages as wheels for that Mac, or what pip says where one has none."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet"),
            *("--disable-pip-version-check", "--only-binary=:all:", "--platform", PLATFORM, "--python-version", python),
            *("--implementation", "cp", "--target", folder, "--report", "-", *wanted),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return " ".join(errors) or done.stderr[-300:]
    return [install["metadata"] for install in json.loads(done.stdout)["install"]]


def missing(python: str) -> Iterator[str]:
    """What has no wheel, and what has no pin; walks from the project's own needs through those of each package."""
    fixed = pins(python, (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    waiting, seen = asked(python), set[tuple[str, frozenset[str]]]()
    while waiting:
        level: dict[str, set[str]] = {}
        for need in waiting:
            name, extras = canonicalize_name(need.name), frozenset(need.extras)
            if (name, extras) not in seen:
                seen.add((name, extras))
                level.setdefault(name, set()).update(extras)
        for name in [name for name in level if name not in fixed]:
            del level[name]
            yield f"{name} has no pin"
        waiting = []
        found = resolve([f"{name}{fixed[name]}" for name in level], python) if level else []
        if isinstance(found, str):  # one of them has none: each by itself
            alone = {name: resolve([f"{name}{fixed[name]}"], python) for name in level}
            yield from (f"{name}{fixed[name]}: {said}" for name, said in alone.items() if isinstance(said, str))
            found = [metadata for said in alone.values() if not isinstance(said, str) for metadata in said]
        for metadata in found:
            extras = frozenset(level[canonicalize_name(metadata["name"])])
            needs = map(Requirement, metadata.get("requires_dist", []))
            waiting += [need for need in needs if applies(need, python, extras)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only this one; may be repeated")
    bad = 0
    for python in parser.parse_args().python or PYTHONS:
        lacking = list(missing(python))
        print(f"Python {python} on {PLATFORM}: {'; '.join(lacking) or 'every pin has a wheel'}")
        bad += len(lacking)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
