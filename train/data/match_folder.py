"""One match on disk: a folder with ``match.json`` (what is known of it) and ``mel12.bin`` (its log-mel frames).

The manifest is written last and replaced whole, so a folder that has one is complete. Files are the owner's alone.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.durable_writes import sync
from engine.core.errors import InputError, MomentumError
from engine.core.files import open_private, write_whole
from engine.football import events_json as codec
from engine.football.alignment import result as alignments
from engine.football.alignment.result import Alignment
from engine.football.events import MatchEvents
from engine.football.json_document import MEGABYTE, Node, read_json
from train.data import packed_mel as features
from train.data.reviews import Reviewed, Stretch

SCHEMA: Final = 1
MANIFEST: Final = "match.json"
FEATURES: Final = "mel12.bin"
_MANIFEST_LIMIT = 16 * MEGABYTE
_FRAME_LIMIT = 24 * 3600 * grid.SAMPLE_RATE_HZ // grid.HOP
_REVIEW_LIMIT = 100_000
_LONGEST_SESSION_S = 366 * 86400.0
_REMOVE = "Remove the match with 'momentum library remove' and ingest it again."
GRID: Final = {
    "sample_rate_hz": grid.SAMPLE_RATE_HZ,
    "frame_length": grid.FRAME_LENGTH,
    "hop": grid.HOP,
    "mel_bands": grid.MEL_BANDS,
    "format": features.FORMAT,
}
"""What the frames were made with; frames of another grid mean something else."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a match came from. ``added_at`` is UTC in ISO 8601; ``url`` where the sound was downloaded from.

    ``separation`` is what took voices out of the sound before it was heard; None where nothing did.
    """

    media: str
    media_bytes: int
    media_sha256: str
    added_at: str
    program: str
    url: str | None = None
    separation: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything known of a match but its frames. ``alignment`` is None until its kick-offs are known.

    A session that people reviewed has ``reviews`` in place of events and kick-offs, and ``stretches`` that say which
    parts of the session the frames are; a match has neither.
    """

    events: MatchEvents
    alignment: Alignment | None
    provenance: Provenance
    frames: int
    features_sha256: str
    reviews: tuple[Reviewed, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    @property
    def is_session(self) -> bool:
        """Whether it is a session with reviews, and no match."""
        return bool(self.stretches)

    @property
    def duration_s(self) -> float:
        return grid.samples_for(self.frames) / grid.SAMPLE_RATE_HZ


def to_json(manifest: Manifest) -> dict[str, Any]:
    origin = manifest.provenance
    return {
        "schema": SCHEMA,
        "grid": GRID,
        "frames": manifest.frames,
        "features_sha256": manifest.features_sha256,
        "alignment": manifest.alignment.to_json() if manifest.alignment else None,
        "provenance": {
            name: value
            for name in Provenance.__slots__
            if (value := getattr(origin, name)) is not None or name != "separation"
        },
        "events": codec.to_json(manifest.events),
        **({"reviews": _rows(manifest.reviews), "stretches": _rows(manifest.stretches)} if manifest.stretches else {}),
    }


def _rows(values: Sequence[Reviewed] | Sequence[Stretch]) -> list[dict[str, Any]]:
    return [asdict(value) for value in values]


def read_manifest(folder: Path) -> Manifest:
    """Raises ``InputError`` when the manifest is broken, newer than the program, or made with another grid."""
    node = read_json(folder / MANIFEST, _MANIFEST_LIMIT)
    if node.get("schema").value != SCHEMA:
        raise node.fault("it was written by another version of the program", _REMOVE)
    if node.get("grid").value != GRID:
        raise node.fault("its frames were made with another time grid", _REMOVE)
    origin, found = node.get("provenance"), node.find("alignment")
    reviews, stretches = node.find("reviews"), node.find("stretches")
    url, separation = origin.find("url"), origin.find("separation")
    return Manifest(
        events=codec.from_json(node.get("events")),
        alignment=alignments.from_json(found) if found else None,
        provenance=Provenance(
            media=origin.get("media").text(),
            media_bytes=origin.get("media_bytes").whole(0, 2**53),
            media_sha256=origin.get("media_sha256").text(),
            added_at=origin.get("added_at").text(),
            program=origin.get("program").text(),
            url=_long_text(url) if url else None,
            separation=separation.text() if separation else None,
        ),
        frames=node.get("frames").whole(0, _FRAME_LIMIT),
        features_sha256=node.get("features_sha256").text(),
        reviews=tuple(_review(one) for one in reviews.items(_REVIEW_LIMIT)) if reviews else (),
        stretches=tuple(_stretch(one) for one in stretches.items(_REVIEW_LIMIT)) if stretches else (),
    )


def _review(node: Node) -> Reviewed:
    danger = node.get("danger")
    if not isinstance(danger.value, bool):
        raise danger.fault("expected true or false")
    onset_s, end_s = (node.get(key).number(0, _LONGEST_SESSION_S) for key in ("onset_s", "end_s"))
    what = node.find("what")
    return Reviewed(onset_s, end_s, danger.value, what.text() if what and what.value else "")


def _stretch(node: Node) -> Stretch:
    return Stretch(*(node.get(key).whole(0, 2**53) for key in ("first", "frames", "start")))


def _long_text(node: Node) -> str:
    if not isinstance(node.value, str):
        raise node.fault("expected text")
    return node.value


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place whole: a reader sees the old one or the new one, also after a power cut."""
    with _told_if_refused():
        write_whole(
            folder / MANIFEST, json.dumps(to_json(manifest), ensure_ascii=False, separators=(",", ":")).encode()
        )
    sync_folder(folder)


@contextmanager
def _told_if_refused() -> Iterator[None]:
    """``MomentumError`` where the disk does not take what is written inside."""
    try:
        yield
    except OSError as error:
        raise MomentumError(
            f"the library can't be written: {error.strerror}",
            "Free some space; 'momentum doctor' checks disk and folders.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


class FeatureWriter:
    """Appends frames to a match folder as they come; what was written can be read at once."""

    def __init__(self, folder: Path) -> None:
        # Unbuffered, so that closing can't fail.
        self._file = os.fdopen(open_private(folder / FEATURES, os.O_WRONLY | os.O_TRUNC), "wb", buffering=0)
        self._digest = hashlib.sha256()
        self.frames = 0

    def write(self, mel: NDArray[np.float32]) -> None:
        """Append frames (n, MEL_BANDS) in dB."""
        data = features.pack(mel).tobytes()
        left = memoryview(data)
        with _told_if_refused():
            while left:
                left = left[self._file.write(left) :]
        self._digest.update(data)
        self.frames += len(mel)

    def finish(self) -> str:
        """Bring everything to disk; the checksum of what was written."""
        sync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Let the file go; harmless when done twice."""
        self._file.close()


def read_features(folder: Path, frames: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
    """Frames ``start`` to ``stop`` of the ``frames`` in a folder, float32 (n, MEL_BANDS) in dB."""
    if frames == 0:
        return np.zeros((0, grid.MEL_BANDS), np.float32)
    packed = np.memmap(folder / FEATURES, np.uint8, "r", shape=(frames, features.BYTES_A_FRAME))
    return features.unpack(packed[start:stop])


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """A match of the library, ready to be read."""

    id: str
    folder: Path
    manifest: Manifest

    @property
    def events(self) -> MatchEvents:
        return self.manifest.events

    @property
    def alignment(self) -> Alignment | None:
        return self.manifest.alignment

    @property
    def frames(self) -> int:
        return self.manifest.frames

    def mel(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` in dB, float32 (n, MEL_BANDS); only these are read.

        Raises ``InputError`` when the file is not as long as the manifest says.
        """
        self.check_size()
        return read_features(self.folder, self.frames, start, stop)

    def verify(self) -> None:
        """Raises ``InputError`` when the frames are not the ones that were written."""
        self.check_size()
        with (self.folder / FEATURES).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self.manifest.features_sha256:
            raise InputError(f"match {self.id}: {FEATURES} is damaged", _REMOVE)

    def check_size(self) -> None:
        """Raises ``InputError`` when the frames are missing or not as many as the manifest says."""
        path = self.folder / FEATURES
        size = path.stat().st_size if path.is_file() else -1
        if size != self.frames * features.BYTES_A_FRAME:
            raise InputError(f"match {self.id}: {FEATURES} is missing or cut short", _REMOVE)
