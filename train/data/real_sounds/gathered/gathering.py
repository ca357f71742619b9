"""Real sound from unpacked packages and from a folder that has a manifest, as one folder of mono FLAC at 22050 Hz.

Over 300 lines, since what may be taken, from where and under which licence is to be read in one place.
"""

import csv
import io
import math
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from engine.audio.media_file import MediaFile
from engine.core import grid
from engine.core.errors import InputError
from engine.core.files import open_private, private_folder, write_whole
from engine.core.signals import Samples
from train.data.real_sounds.gathered.debian_copyright import Paragraph, Terms, read_copyright, terms_of
from train.data.real_sounds.gathered.debian_sound_packages import Package, Taken
from train.data.real_sounds.gathered.licences import UNCLEAR, may_train
from train.data.real_sounds.gathered.wad_music import midi_pieces, played
from train.data.real_sounds.sound_manifest import MANIFEST

SOUNDS: Final = frozenset({".ogg", ".oga", ".opus", ".mp3", ".m4a", ".wav", ".flac"})
LONGEST_S: Final = 90.0
"""A longer file is heard in ``PLACES`` places of ``PLACE_S`` each."""
PLACES: Final = 3
PLACE_S: Final = 30.0
STRETCH_S: Final = 30.0
"""How long a stretch of joined short files gets."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the manifest; the names of the fields are its columns."""

    file: str
    kind: str
    seconds: str
    sample_rate_hz: int
    source_repository: str
    source_path: str
    licence: str
    may_train_shipped_weights: str
    what: str
    notes: str
    author: str
    package: str
    source: str


def from_package(package: Package, root: Path, out: Path, soundfont: Path | None, say: Say) -> Iterator[Row]:
    """Write what is taken of an unpacked package and yield its rows; a file that is there already is kept.

    A file that can't be read is left out, and ``say`` is told.
    """
    paragraphs = _paragraphs(root)
    for taken in package.taken:
        files = _files(root, taken, package.midi_in)
        if package.midi_in:
            yield from _played(package, taken, root, files, paragraphs, out, soundfont, say)
            continue
        by_folder: dict[tuple[Path, str], list[Path]] = defaultdict(list)
        for file in files:
            verdict = may_train(_terms(file, root, taken, paragraphs).licence)
            by_folder[file.parent, verdict].append(file)
        for group in by_folder.values():
            make = _joined if taken.joined else _each
            for name, path in make(group, taken, package.name, out, say):
                terms = _terms(path, root, taken, paragraphs)
                yield _row(name, taken, package, path.relative_to(root), terms, _seconds(out / name))


def from_folder(folder: Path, out: Path, say: Say) -> Iterator[Row]:
    """Copy every sound that a folder's manifest lists, and yield its rows; the maker named there is its source.

    Raises:
        InputError: there is no such manifest.
    """
    try:
        with (folder / MANIFEST).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as fault:
        raise InputError(
            f"{folder / MANIFEST} can't be read: {fault}", f"Give a folder with its {MANIFEST}."
        ) from fault
    for row in rows:
        name = str(Path(row["file"]).with_suffix(".flac"))
        if not (out / name).is_file():
            sound = _decoded(folder / row["file"], say)
            if sound is None:
                continue
            _write(out / name, sound)
        maker = maker_of(row["licence"]) or row["source_repository"]
        yield Row(
            file=name,
            kind=row["kind"],
            seconds=f"{_seconds(out / name):.2f}",
            sample_rate_hz=grid.SAMPLE_RATE_HZ,
            source_repository=row["source_repository"],
            source_path=row["source_path"],
            licence=row["licence"],
            may_train_shipped_weights=row["may_train_shipped_weights"],
            what=row["what"],
            notes=row["notes"],
            author=maker,
            package="",
            source=maker,
        )


def maker_of(licence: str) -> str:
    """The maker that a licence names as "freesound user X" or "freesound X/number"; empty where it names none."""
    named = re.search(r"freesound (?:user )?([^/;)]+)", licence)
    return f"freesound {named.group(1).strip()}" if named else ""


def write_manifest(rows: Sequence[Row], out: Path) -> None:
    """Write the rows in order of their files, in place of what is there."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(Row.__dataclass_fields__), lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(row) for row in sorted(rows, key=lambda row: row.file))
    write_whole(out / MANIFEST, text.getvalue().encode())


def cut(sound: Samples) -> list[Samples]:
    """The whole of a short sound, ``PLACES`` places of a long one."""
    rate = grid.SAMPLE_RATE_HZ
    if len(sound) <= LONGEST_S * rate:
        return [sound]
    length = round(PLACE_S * rate)
    middles = [(2 * place + 1) * len(sound) // (2 * PLACES) for place in range(PLACES)]
    return [sound[middle - length // 2 : middle - length // 2 + length] for middle in middles]


def _paragraphs(root: Path) -> list[Paragraph]:
    texts = [file.read_text("utf-8", "replace") for file in sorted(root.glob("usr/share/doc/*/copyright"))]
    return [paragraph for text in texts for paragraph in read_copyright(text)]


def _files(root: Path, taken: Taken, archives: str) -> list[Path]:
    found = [
        path
        for path in sorted(root.rglob("*"))
        if (path.suffix.lower() in SOUNDS or (archives and fnmatchcase(path.name, archives)))
        and any(fnmatchcase(str(path.relative_to(root)), pattern) for pattern in taken.files)
    ]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _terms(file: Path, root: Path, taken: Taken, paragraphs: list[Paragraph]) -> Terms:
    if taken.stated is not None:
        terms = taken.stated.terms
        return Terms(terms.licence, terms.author.format(stem=file.stem))
    name = str(file.relative_to(root))
    if name.startswith(taken.installed):
        name = taken.upstream + name.removeprefix(taken.installed)
    found = terms_of(name.removeprefix("./"), paragraphs)
    return found or Terms("not stated", "not stated")


def _row(name: str, taken: Taken, package: Package, path: Path, terms: Terms, seconds: float) -> Row:
    source = taken.source.format(
        author=terms.author or package.name,
        package=package.name,
        folder=path.parent.name,
        parent=path.parent.parent.name,
        stem=path.stem,
    )
    return Row(
        file=name,
        kind=taken.kind,
        seconds=f"{seconds:.2f}",
        sample_rate_hz=grid.SAMPLE_RATE_HZ,
        source_repository=f"{package.origin} {package.name}",
        source_path=str(path),
        licence=terms.licence,
        may_train_shipped_weights=may_train(terms.licence) if terms.licence != "not stated" else UNCLEAR,
        what=taken.what or taken.kind,
        notes="" if taken.stated is None else taken.stated.words,
        author=terms.author,
        package=package.name,
        source=source,
    )


def _each(files: Sequence[Path], taken: Taken, package: str, out: Path, say: Say) -> Iterator[tuple[str, Path]]:
    """The pieces of each file: what was written, and of which file."""
    for file in files[: taken.most]:
        stem = f"{taken.kind}/{package}-{_safe(file)}"
        for name in _written(stem, partial(_decoded, file, say, taken.between_s), out):
            yield name, file


_PAUSE_S: Final = 0.25


def _joined(files: Sequence[Path], taken: Taken, package: str, out: Path, say: Say) -> Iterator[tuple[str, Path]]:
    """Stretches of short files after one another, and the first file of each."""
    left = list(files)
    for number in range(taken.most):
        if not left:
            return
        name = f"{taken.kind}/{package}-{_safe(left[0].parent)}-{number + 1}.flac"
        first, parts, length = left[0], [], 0
        while left and length < STRETCH_S * grid.SAMPLE_RATE_HZ:
            sound = _decoded(left.pop(0), say)
            if sound is not None:
                parts += [sound, np.zeros(round(_PAUSE_S * grid.SAMPLE_RATE_HZ), np.float32)]
                length += len(parts[-1]) + len(sound)
        if parts:
            if not (out / name).is_file():
                _write(out / name, np.concatenate(parts[:-1])[: round(LONGEST_S * grid.SAMPLE_RATE_HZ)])
            yield name, first


def _played(
    package: Package,
    taken: Taken,
    root: Path,
    archives: Sequence[Path],
    paragraphs: list[Paragraph],
    out: Path,
    soundfont: Path | None,
    say: Say,
) -> Iterator[Row]:
    if soundfont is None:
        say(f"left out: the music of {package.name}: there is no soundfont to play it with")
        return
    pieces = {(archive, name): midi for archive in archives for name, midi in midi_pieces(archive).items()}
    seen: set[bytes] = set()
    for (archive, piece), midi in sorted(pieces.items()):
        if midi in seen:
            continue
        seen.add(midi)
        stem = f"{taken.kind}/{package.name}-{_safe(archive)}-{_UNSAFE.sub('_', piece)}"
        with tempfile.TemporaryDirectory() as folder:
            make = partial(played, midi, soundfont, LONGEST_S, Path(folder))
            names = _written(stem, make, out)
        for name in names:
            terms = _terms(archive, root, taken, paragraphs)
            yield _row(name, taken, package, archive.relative_to(root) / piece, terms, _seconds(out / name))


def _written(stem: str, make: Callable[[], Samples | None], out: Path) -> list[str]:
    """The names of the pieces of a sound, which is only made where they are not there yet."""
    names = [f"{stem}.flac", *(f"{stem}-{place + 1}.flac" for place in range(PLACES))]
    there = [name for name in names if (out / name).is_file()]
    if there:
        return there
    sound = make()
    pieces = [] if sound is None else cut(sound)
    chosen = names[:1] if len(pieces) == 1 else names[1 : len(pieces) + 1]
    for name, piece in zip(chosen, pieces, strict=True):
        _write(out / name, piece)
    return chosen if pieces else []


_SHORTEST_S: Final = 0.05
_SILENT: Final = 1e-3


def _decoded(file: Path, say: Say, between_s: tuple[float, float] = (0.0, math.inf)) -> Samples | None:
    """What is wanted of a file; None, and a word to ``say``, where it can't be read, is silent or next to nothing."""
    try:
        source = MediaFile(file)
        try:
            sound = np.concatenate([block.samples for block in source.blocks()])
        finally:
            source.close()
    except InputError as fault:
        say(f"left out: {fault.message}")
        return None
    first, end = (round(min(at_s * grid.SAMPLE_RATE_HZ, len(sound))) for at_s in between_s)
    sound = sound[first:end]
    if len(sound) < _SHORTEST_S * grid.SAMPLE_RATE_HZ or float(np.abs(sound).max()) < _SILENT:
        say(f"left out: {file.name}: silent, or next to nothing")
        return None
    return sound


def _write(file: Path, sound: Samples) -> None:
    private_folder(file.parent)
    unfinished = file.with_name(f".{file.name}.new")
    descriptor = open_private(unfinished, os.O_RDWR | os.O_TRUNC)
    with os.fdopen(descriptor, "w+b") as raw:
        soundfile.write(raw, np.clip(sound, -1.0, 1.0), grid.SAMPLE_RATE_HZ, "PCM_16", format="FLAC")
    unfinished.replace(file)


def _seconds(file: Path) -> float:
    return float(soundfile.info(str(file)).duration)


def _safe(path: Path) -> str:
    return _UNSAFE.sub("_", f"{path.parent.name}_{path.stem}")
