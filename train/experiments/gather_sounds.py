"""Real sound for learning and judging: ``python -m train.experiments.gather_sounds OUT [--packages DIR] [--shared
DIR]``.

With ``--repositories DIR`` also groups of people, whole crowds and signals from checkouts of public
repositories, which only teach; ``--clone`` fetches those that are missing.

Recorded music, voices, whistles, horns, drums and crowds from Debian packages, which are fetched and unpacked into
``--packages`` without being installed, and the sounds of ``--shared``. ``OUT`` gets mono FLAC at 22050 Hz and a
``MANIFEST.csv`` that names licence and author of every file. What needs no more than a name may teach; the rest only
judges. With ``--taggers`` a tagger tells songs from instrumental music. What is there already stays, so that a run that
was cut off goes on.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.core.as_program import as_program
from engine.core.errors import InputError, UsageError
from engine.core.files import private_folder
from engine.core.text import plain
from train.data.real_sounds.gathered.checkouts import check_out
from train.data.real_sounds.gathered.debian_sound_packages import PACKAGES, SOUNDFONT
from train.data.real_sounds.gathered.gathering import Row, from_folder, from_package, write_manifest
from train.data.real_sounds.gathered.repositories import REPOSITORIES
from train.data.real_sounds.gathered.sung_or_instrumental import heard_kind
from train.data.real_sounds.gathered.unpacking import unpacked
from train.data.real_sounds.tagger import Yamnet


def gather(
    out: Path,
    packages: Path,
    shared: Path | None,
    names: Sequence[str] = (),
    tagger: Yamnet | None = None,
    repositories: Path | None = None,
    clone: bool = False,
) -> list[Row]:
    """Fill ``out`` and write its manifest; ``names``: these packages and repositories only. The tagger says what music
    is sung.

    ``repositories`` holds checkouts of public repositories, each in a folder of its name; with ``clone`` git fetches
    those that are missing. A package or checkout that can't be had is left out, and stderr says so.

    Raises:
        InputError: ``shared`` has no manifest.
    """
    private_folder(out)
    rows = [] if shared is None else list(from_folder(shared, out, _say))
    font = _soundfont(packages)
    for package in PACKAGES:
        if names and package.name not in names:
            continue
        try:
            found = list(from_package(package, unpacked(package.name, packages), out, font, _say))
            rows += found if tagger is None else [_listened(row, out, tagger) for row in found]
        except InputError as fault:
            _say(f"left out: {package.name}: {fault.in_one_line}")
    if repositories is not None:
        rows += _from_repositories(repositories, names, clone, out)
    write_manifest(rows, out)
    return rows


def summary(rows: Sequence[Row]) -> str:
    """Minutes by kind, what may teach beside what only judges; then by source."""
    minutes: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    sources: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows:
        usable = row.may_train_shipped_weights == "yes"
        minutes[f"{row.kind} / {row.what}" if row.kind == "music" else row.kind][0 if usable else 1] += (
            float(row.seconds) / 60
        )
        if row.package:
            sources[row.kind, row.source, "yes" if usable else "no"] += float(row.seconds) / 60
    lines = [f"{'kind':32} {'may teach':>12} {'judges only':>12}"]
    lines += [f"{kind:32} {teach:8.1f} min {judge:8.1f} min" for kind, (teach, judge) in sorted(minutes.items())]
    lines += ["", f"{'kind':13} {'source':48} {'may teach':9}"]
    lines += [
        f"{kind:13} {source[:48]:48} {may:9} {of:6.1f} min" for (kind, source, may), of in sorted(sources.items())
    ]
    return "\n".join(lines) + "\n"


def _listened(row: Row, out: Path, tagger: Yamnet) -> Row:
    if row.kind != "music" or row.what != row.kind:
        return row
    return replace(row, what=heard_kind(out / row.file, tagger))


def _from_repositories(folder: Path, names: Sequence[str], clone: bool, out: Path) -> list[Row]:
    rows: list[Row] = []
    for repository in REPOSITORIES:
        if names and repository.name not in names:
            continue
        root = folder / repository.name
        try:
            if clone:
                check_out(repository, folder, _say)
            elif not root.is_dir():
                raise InputError(f"there is no {root}", "--clone fetches it.")
            rows += list(from_package(repository, root, out, None, _say))
        except InputError as fault:
            _say(f"left out: {repository.name}: {fault.in_one_line}")
    return rows


def _soundfont(packages: Path) -> Path | None:
    package, file = SOUNDFONT
    try:
        font = unpacked(package, packages) / file
    except InputError as fault:
        _say(f"left out: {package}: {fault.in_one_line}")
        return None
    return font if font.is_file() else None


def _say(line: str) -> None:
    sys.stderr.write(plain(line) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Gather, and print how much of what there is."""
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.gather_sounds",
        description="Gather real sounds from Debian packages and a folder.",
    )
    parser.add_argument("out", type=Path, help="the folder to fill")
    parser.add_argument("--packages", type=Path, help="where packages are fetched to (OUT/packages)")
    parser.add_argument("--shared", type=Path, help="a folder of sounds with its MANIFEST.csv, to take over")
    parser.add_argument("--taggers", type=Path, help="a folder with the tagger, which tells songs from other music")
    parser.add_argument("--repositories", type=Path, help="a folder with checkouts of the public repositories")
    parser.add_argument("--clone", action="store_true", help="fetch those that are missing there, with git")
    parser.add_argument("--only", nargs="*", default=(), metavar="PACKAGE", help="these packages and repositories only")
    chosen = parser.parse_args(arguments)
    if chosen.clone and chosen.repositories is None:
        raise UsageError("--clone needs --repositories DIR.", "DIR is where the checkouts are kept.")
    tagger = None if chosen.taggers is None else Yamnet(chosen.taggers, chosen.out / "heard")
    packages = chosen.packages or chosen.out / "packages"
    rows = gather(chosen.out, packages, chosen.shared, chosen.only, tagger, chosen.repositories, chosen.clone)
    sys.stdout.write(summary(rows))
    return 0


if __name__ == "__main__":
    sys.exit(as_program(main))
