"""A session whose spikes people reviewed becomes something to learn from: its kept sound as frames, and the reviews.

The frames come from the same ``LogMel`` and the same time grid that listened. Where sound was not kept, or the
microphone delivered nothing, the listening began anew; so it does here.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import LogMel
from engine.audio.unbroken_hops import SILENT_HOPS
from engine.core import grid
from engine.core.errors import InputError
from engine.football.events import MatchEvents, Shots
from engine.football.json_document import is_plain
from engine.separation import SPLEETER
from engine.session import SessionReader
from engine.session.export import labels
from engine.session.folder import SOUND
from engine.session.sound_files import FULL_SCALE, Segment, read_sound
from train.data.library import Library
from train.data.match_folder import FeatureWriter, Provenance
from train.data.packed_mel import FLOOR_DB
from train.data.reviews import Reviewed, Stretch

Progress = Callable[[str, float, float | None], None]
_SILENT_FRAMES: Final = SILENT_HOPS - 1
"""A frame is two hops, so a run of silent hops holds one silent frame less."""
_PIECE_SAMPLES: Final = 600 * grid.SAMPLE_RATE_HZ
_NAME_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class Added:
    """What came of it: ``right`` and ``wrong`` spikes that can be learned from, and ``deaf`` ones without their sound.

    ``already`` says that the session was there before.
    """

    match_id: str
    already: bool
    right: int
    wrong: int
    deaf: int


def add_reviews(
    reader: SessionReader, library: Library, now: Callable[[], datetime], program: str, progress: Progress
) -> Added:
    """Put a session's kept sound and its reviews into ``library``; again, it brings both up to date.

    Sound that the session has thrown away meanwhile stays in the library.

    Raises:
        InputError: nobody reviewed a spike of it, or no sound was kept with a whole history behind a reviewed one.
    """
    reviews = reviews_of(reader)
    if not reviews:
        raise InputError(
            f"no spike of session {reader.name} was reviewed as right or wrong",
            f"Review some in 'momentum replay {reader.name}' with y and n, then add it again.",
        )
    name = hashlib.sha256(f"session {reader.name}".encode()).hexdigest()
    there = library.with_sound(name)
    kept = reader.segments()
    if not kept and there is None:
        raise InputError(
            f"session {reader.name} kept no sound, so there is nothing to learn its reviews from",
            "Record with --sound to keep it.",
        )
    with library.incoming() as incoming:
        stretches = _listen(reader.folder / SOUND, kept, incoming.features, progress)
        stored = library.match(there.id) if there is not None else None
        if stored is not None and stored.frames >= incoming.features.frames:
            stretches = list(stored.manifest.stretches)
        usable = [review for review in reviews if any(stretch.holds(review) for stretch in stretches)]
        if not usable:
            raise InputError(
                f"session {reader.name} kept no unbroken sound of the {grid.HISTORY_S:.0f} s before any reviewed spike",
                "Record with --sound, and let 'sound_budget_gb' hold a match day.",
            )
        if stored is not None and stored.frames >= incoming.features.frames:
            match_id = stored.id
            library.review(match_id, reviews)
        else:
            started_at = reader.info.started_at.astimezone(UTC)
            provenance = Provenance(
                media=f"session {reader.name}",
                media_bytes=sum(segment.path.stat().st_size for segment in kept),
                media_sha256=name,
                added_at=now().astimezone(UTC).isoformat(timespec="seconds"),
                program=program,
                separation=SPLEETER if reader.info.settings.get("separate") else None,
            )
            events = _no_events(reader.name, started_at.date().isoformat())
            match_id = incoming.finish(events, None, provenance, stored.id if stored else None, reviews, stretches)
    right = sum(review.danger for review in usable)
    return Added(match_id, stored is not None, right, len(usable) - right, len(reviews) - len(usable))


def reviews_of(reader: SessionReader) -> list[Reviewed]:
    """The reviews of a session that say right or wrong, by onset; of each spike the newest."""
    rows_of = labels(reader)
    found = [
        Reviewed(row["onset"], max(row["onset"], row["end"]), danger, _plain(row["what"]))
        for rows, danger in ((rows_of.positives, True), (rows_of.hard_negatives, False))
        for row in rows
    ]
    return sorted(found, key=lambda review: (review.onset_s, review.end_s))


def _plain(text: str) -> str:
    return (text if is_plain(text) else ascii(text))[:_NAME_LENGTH]


def _no_events(name: str, date: str) -> MatchEvents:
    return MatchEvents(
        match_id=name,
        home=f"session {name}",
        away="",
        date=date,
        competition="",
        score=None,
        periods=(),
        events=(),
        source="reviews",
        attribution="reviews of a session",
        shots=Shots.UNKNOWN,
    )


def _listen(sound: Path, kept: Sequence[Segment], out: FeatureWriter, progress: Progress) -> list[Stretch]:
    """Write the frames of all unbroken sound that is long enough for a reading; which parts of the session they are."""
    stretches = []
    total_s = sum(segment.end - segment.start for segment in kept) / grid.SAMPLE_RATE_HZ
    heard_s = 0.0
    for run in _unbroken(kept):
        log_mel = LogMel()
        start = -(-run[0].start // grid.HOP)
        frames = []
        for first in range(start * grid.HOP, run[-1].end, _PIECE_SAMPLES):
            last = min(first + _PIECE_SAMPLES, run[-1].end)
            pcm, _ = read_sound(sound, first, last)
            frames.append(log_mel.push(pcm.astype(np.float32) / np.float32(FULL_SCALE)))
            heard_s += (last - first) / grid.SAMPLE_RATE_HZ
            progress("listening", heard_s, total_s)
        mel = np.concatenate(frames)
        for first, last in _between_silences(mel):
            stretches.append(Stretch(out.frames, last - first, start + first))
            out.write(mel[first:last])
    return stretches


def _unbroken(kept: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Runs of segments that follow each other without a gap."""
    run: list[Segment] = []
    for segment in kept:
        if run and segment.start > run[-1].end:
            yield run
            run = []
        run.append(segment)
    if run:
        yield run


def _between_silences(mel: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Frames [first, last) between stretches of digital silence, where they hold a history."""
    silent = np.concatenate([[False], (mel <= FLOOR_DB).all(axis=1), [False]])
    turns = np.flatnonzero(silent[1:] != silent[:-1]).tolist()
    runs = [(a, b) for a, b in zip(turns[::2], turns[1::2], strict=True) if b - a >= _SILENT_FRAMES]
    edges = [0, *(edge for run in runs for edge in run), len(mel)]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= grid.HISTORY_FRAMES]
