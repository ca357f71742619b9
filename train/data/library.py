"""The matches that training sees: a folder each, and a catalogue to list thousands of them at once.

The folders are the truth and the catalogue follows them. A match comes in under ``incoming/`` and is renamed into
``matches/`` when it is whole, so after a kill there is a whole match or none; what the dead left in ``incoming/`` is
swept away at the next opening.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, MomentumError
from engine.core.files import open_private, private_folder
from engine.football.alignment.result import Alignment
from engine.football.events import MatchEvents
from train.data.match_catalogue import Catalogue, Entry
from train.data.match_folder import (
    FeatureWriter,
    Manifest,
    Provenance,
    StoredMatch,
    read_features,
    read_manifest,
    sync_folder,
    write_manifest,
)
from train.data.reviews import Reviewed, Stretch

__all__ = ["Entry", "IncomingMatch", "Library"]
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)
_LOCK = ".lock"


class Library:
    """The library in a folder. Any number of processes may use it at once."""

    def __init__(self, root: Path) -> None:
        """Open or make the library. Raises ``MomentumError`` when the folder can't be used."""
        self.root = root
        try:
            self._matches = private_folder(root / "matches")
            self._incoming = private_folder(root / "incoming")
            self._catalogue = Catalogue(root / "index.sqlite", self._matches)
            with self._alone():
                self._sweep()
                self._catalogue.follow()
        except OSError as error:
            raise MomentumError(f"{root} can't be used: {error.strerror}", "Check the folder's permissions.") from error

    def entries(self) -> list[Entry]:
        """All matches, by date and title."""
        return self._catalogue.entries()

    def with_sound(self, sha256: str) -> Entry | None:
        """The match whose recording has this checksum."""
        return next(iter(self._catalogue.entries("sound_sha256 = ?", sha256)), None)

    def find(self, name: str) -> Entry:
        """The match called ``name``, or with that in its id. Raises ``InputError`` where there is none or several."""
        if _ID.fullmatch(name):
            exact = self._catalogue.entries("id = ?", name)
            found = exact or self._catalogue.entries("id GLOB ?", f"*{name}*")
            if len(found) == 1:
                return found[0]
            if found:
                raise InputError(
                    f"{name} could be {len(found)} matches", "Give more of the id: 'momentum library list'."
                )
        raise InputError(f"the library has no match {name[:60]!a}", "See 'momentum library list'.")

    def match(self, match_id: str) -> StoredMatch:
        """A match with its frames. Raises ``InputError`` when it is missing or broken."""
        folder = self._folder(match_id)
        return StoredMatch(match_id, folder, read_manifest(folder))

    def align(self, match_id: str, alignment: Alignment | None) -> None:
        """Give a match new kick-offs, or none. Raises ``InputError`` when it is missing or broken."""
        with self._alone():
            stored = self.match(match_id)
            write_manifest(stored.folder, replace(stored.manifest, alignment=alignment))
            self._catalogue.follow()

    def review(self, match_id: str, reviews: Sequence[Reviewed]) -> None:
        """Give a session other reviews. Raises ``InputError`` when it is missing or broken."""
        with self._alone():
            stored = self.match(match_id)
            write_manifest(stored.folder, replace(stored.manifest, reviews=tuple(reviews)))
            self._catalogue.follow()

    def remove(self, match_id: str) -> None:
        """Take a match out. Raises ``InputError`` when there is none."""
        with self._alone():
            self._take_out(match_id)
            self._sweep()
            self._catalogue.follow()

    @contextmanager
    def incoming(self) -> "Iterator[IncomingMatch]":
        """A match coming in; nothing of it is left unless it was finished."""
        with self._alone():
            number = 0
            while (folder := self._incoming / f"{os.getpid()}-{number}").exists():
                number += 1
            private_folder(folder)
            lock = _Lock(folder / _LOCK)
        incoming = IncomingMatch(self, folder)
        try:
            yield incoming
        finally:
            incoming.features.close()
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, folder: Path, match_id: str, instead_of: str | None = None) -> None:
        """Rename a finished folder into its place, and the match it replaces out of it.

        Whoever else brought in the same match meanwhile was first, and stays.
        """
        with self._alone():
            if instead_of is not None:
                self._take_out(instead_of)
            target = self._matches / match_id
            if not target.exists():
                (folder / _LOCK).unlink(missing_ok=True)
                folder.rename(target)
                sync_folder(self._matches)
            self._sweep()
            self._catalogue.follow()

    def _take_out(self, match_id: str) -> None:
        """Rename a match away; deleting comes after, so that a kill in the middle leaves no half of it behind."""
        self._folder(match_id).rename(self._incoming / f"removed-{os.getpid()}-{match_id}")

    def _folder(self, match_id: str) -> Path:
        folder = self._matches / match_id
        if not _ID.fullmatch(match_id) or not folder.is_dir():
            raise InputError(f"the library has no match {match_id[:60]!a}", "See 'momentum library list'.")
        return folder

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one process at a time moves folders about; each such move takes milliseconds."""
        lock = _Lock(self.root / _LOCK, wait=True)
        try:
            yield
        finally:
            lock.release()

    def _sweep(self) -> None:
        """Delete what nobody is working on any more."""
        for folder in self._incoming.iterdir():
            lock = _Lock(folder / _LOCK) if (folder / _LOCK).exists() else None
            if lock is None or lock.held:
                shutil.rmtree(folder)
            if lock is not None:
                lock.release()


class IncomingMatch:
    """A match being written: frames go to ``features``; ``finish`` puts it into the library."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self.folder = folder
        self.features = FeatureWriter(folder)

    def mel(self) -> NDArray[np.float32]:
        """All frames so far, float32 (n, MEL_BANDS) in dB, as they will be read back."""
        return read_features(self.folder, self.features.frames)

    def finish(
        self,
        events: MatchEvents,
        alignment: Alignment | None,
        provenance: Provenance,
        instead_of: str | None = None,
        reviews: Sequence[Reviewed] = (),
        stretches: Sequence[Stretch] = (),
    ) -> str:
        """Complete the match and put it into the library, in the place of ``instead_of`` if given; its id.

        A session comes with its ``reviews`` and with the ``stretches`` that its frames are.
        """
        checksum = self.features.finish()
        frames = self.features.frames
        manifest = Manifest(events, alignment, provenance, frames, checksum, tuple(reviews), tuple(stretches))
        write_manifest(self.folder, manifest)
        match_id = id_of(events, provenance)
        self._library.put(self.folder, match_id, instead_of)
        return match_id


def id_of(events: MatchEvents, provenance: Provenance) -> str:
    """A name that a person can read, made unique by the sound itself."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{events.date} {events.home} {events.away}".lower()).strip("-")
    return f"{words[:80].strip('-') or 'match'}-{provenance.media_sha256[:8]}"


class _Lock:
    """An advisory lock on a file, let go by the system when its process dies."""

    def __init__(self, path: Path, wait: bool = False) -> None:
        self._descriptor = open_private(path, os.O_RDWR)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            self.held = True
        except BlockingIOError:
            self.held = False

    def release(self) -> None:
        os.close(self._descriptor)
