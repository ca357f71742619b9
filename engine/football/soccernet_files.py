"""Folders and zips of SoccerNet: a document a game, under ``league/season/game/`` as published, or fewer folders.

Nothing is ever unpacked: a member of a zip is read into memory by its name, and a name that leads out of the zip is
refused. A game is known by the last three folders above its document, so a zip may hold one folder around everything.
"""

import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from engine.core.archive_faults import ARCHIVE_FAULTS
from engine.core.errors import InputError
from engine.core.text import plain
from engine.football.json_document import MEGABYTE, Node, parse_json, read_text

LABELS_V2: Final = "Labels-v2.json"
LABELS_V1: Final = "Labels.json"
PREDICTIONS: Final = "results_spotting.json"

_HALF: Final = re.compile(r"([12])(?:[_.].*)?")

_FILE_LIMIT: Final = 64 * MEGABYTE
_AGAIN: Final = "Get it again, or make it anew: one JSON file a game, under its league, season and game."


def half_of(recording: Path) -> int | None:
    """Which half it is by its name: ``1_720p.mkv``, ``2_HQ.mkv`` and ``1.mkv`` are what SoccerNet calls them."""
    match = _HALF.fullmatch(recording.stem)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class GameDocuments:
    """Where the documents of one name lie, by game: files of a folder, or members of the zip ``archive``."""

    name: str
    where: Mapping[str, str]
    archive: Path | None = None

    def read(self, games: Sequence[str]) -> Iterator[tuple[str, Node]]:
        """The documents of these games in turn. Raises ``InputError`` naming what can't be read."""
        if self.archive is None:
            for game in games:
                file = Path(self.where[game])
                yield game, parse_json(read_text(file, _FILE_LIMIT), f"{plain(game)}/{file.name}")
            return
        with _opened(self.archive) as archive:
            for game in games:
                yield game, parse_json(self._member(archive, self.where[game]), plain(self.where[game]))

    def _member(self, archive: zipfile.ZipFile, member: str) -> str:
        shown = f"{plain(self.name)}, {plain(member)}"
        size = archive.getinfo(member).file_size
        if size > _FILE_LIMIT:
            raise InputError(f"{shown}: {size / MEGABYTE:.0f} MB, where {_FILE_LIMIT // MEGABYTE} are the most", _AGAIN)
        try:
            return archive.read(member).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{shown} is not UTF-8 text at byte {error.start}", _AGAIN) from error
        except ARCHIVE_FAULTS as error:
            raise InputError(f"{shown} can't be read: {plain(error, 80)}", _AGAIN) from error


_GAMES: Final = 20_000
_LEVELS: Final = 3


def find_documents(path: Path, names: Sequence[str]) -> dict[str, GameDocuments]:
    """The documents called one of ``names`` in a folder or zip, by name; names of which there are none are left out.

    Raises:
        InputError: there is no such folder or zip, the zip is broken or leads out of itself, it holds more games than
            make sense, or one twice.
    """
    shown = plain(path.name or str(path))
    if path.is_dir():
        found = _of_folder(path, names)
        archive = None
    elif path.exists():
        found = _of_archive(path, names)
        archive = path
    else:
        raise InputError(f"{plain(path)} does not exist", "Name a folder or a zip.")
    documents: dict[str, dict[str, str]] = {name: {} for name in names}
    for parts, where in found:
        game, name = "/".join(parts[:-1][-_LEVELS:]), parts[-1]
        if game in documents[name]:
            raise InputError(f"{shown} holds {name} twice for {plain(game)}", "Leave one of them.")
        documents[name][game] = where
        if len(documents[name]) > _GAMES:
            raise InputError(f"{shown} holds more than {_GAMES} games", "Name the folder of one dataset.")
    return {name: GameDocuments(shown, where, archive) for name, where in documents.items() if where}


def _of_folder(folder: Path, names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in names:
            if name in files:
                file = Path(root, name)
                yield file.relative_to(folder).parts, str(file)


def _of_archive(path: Path, names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    with _opened(path) as archive:
        members = archive.namelist()
    for member in members:
        parts = PurePosixPath(member).parts
        if ".." in parts or member.startswith("/") or "\\" in member:
            raise InputError(
                f"{plain(path.name)} holds a name that leads out of it: {plain(member, 80)}", "Do not trust this zip."
            )
        if parts and parts[-1] in names and parts[0] != "__MACOSX":
            yield parts, member


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{plain(path.name)} is no zip that can be read: {plain(error, 80)}", _AGAIN) from error
