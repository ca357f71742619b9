"""From a recording and what happened in the match to a match in the library.

The frames come from the program's own ``LogMel``, the same that live listening uses, so that nothing learned from the
library can be undone by a second front end.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import LogMel
from engine.audio.source import AudioSource
from engine.core.errors import InputError
from engine.core.grid import HISTORY_FRAMES, HISTORY_S, SAMPLE_RATE_HZ
from engine.football import events_json as codec
from engine.football.alignment.result import Alignment, AlignmentRefused
from engine.football.events import MatchEvents
from engine.football.json_document import is_plain
from train.data.library import IncomingMatch, Library
from train.data.match_folder import Provenance

Step = Literal["checking", "listening", "aligning"]
Progress = Callable[[Step, float, float | None], None]
"""Called with the step, how much of it is done, and of how much (bytes, then seconds of sound), where that is known."""
Align = Callable[[NDArray[np.float32], MatchEvents], Alignment]
_CHUNK_BYTES = 1 << 20
_NAME_LENGTH = 100
_LONGEST_GAP_S = 600.0


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of it. ``already`` says that the sound was there before.

    ``refusal`` is why the kick-offs were not found; the match is in the library without them.
    """

    match_id: str
    already: bool
    alignment: Alignment | None
    refusal: AlignmentRefused | None = None


def ingest(
    media: Path,
    source: AudioSource,
    events: MatchEvents,
    library: Library,
    align: Align,
    now: Callable[[], datetime],
    progress: Progress,
    program: str,
    replace: bool = False,
    realign: bool = False,
    url: str | None = None,
    separation: str | None = None,
) -> Ingested:
    """Put ``media``, which ``source`` plays, into ``library`` with its events.

    ``separation`` is what has taken voices out of ``source``; the same sound heard the other way is another sound.

    The same sound and events again change nothing, but kick-offs that are not known yet, or all with ``realign``, are
    looked for. The same sound with other events raises ``InputError`` unless ``replace``, as does sound that is too
    short to learn from. ``source`` may raise any ``MomentumError``; nothing is
    kept then.
    """
    checksum = _sha256(media, progress)
    there = library.with_sound(checksum)
    if there is not None and not replace:
        stored = library.match(there.id)
        if stored.manifest.provenance.separation != separation:
            raise InputError(
                f"this sound is in the library as {there.id}, {_heard(stored.manifest.provenance.separation)}",
                f"Give --replace to have it {_heard(separation)}.",
            )
        if codec.to_json(stored.events) != codec.to_json(events):
            raise InputError(
                f"this sound is in the library as {there.id}, with other events",
                "Give --replace to put these events in their place, or remove that match.",
            )
        if stored.alignment is not None and not realign:
            return Ingested(there.id, True, stored.alignment)
        alignment, refusal = _try(align, stored.mel(), events, progress)
        if alignment is not None:
            library.align(there.id, alignment)
        return Ingested(there.id, True, alignment, refusal)
    with library.incoming() as incoming:
        _listen(source, incoming, progress)
        alignment, refusal = _try(align, incoming.mel(), events, progress)
        name = media.name if is_plain(media.name) else ascii(media.name)
        provenance = Provenance(
            media=name[:_NAME_LENGTH],
            media_bytes=media.stat().st_size,
            media_sha256=checksum,
            added_at=now().astimezone(UTC).isoformat(timespec="seconds"),
            program=program,
            url=url,
            separation=separation,
        )
        match_id = incoming.finish(events, alignment, provenance, there.id if there else None)
    return Ingested(match_id, False, alignment, refusal)


def _heard(separation: str | None) -> str:
    return "heard as it is" if separation is None else "heard without its voices"


def _try(
    align: Align, mel: NDArray[np.float32], events: MatchEvents, progress: Progress
) -> tuple[Alignment | None, AlignmentRefused | None]:
    progress("aligning", 0.0, None)
    try:
        return align(mel, events), None
    except AlignmentRefused as refusal:
        return None, refusal


def _listen(source: AudioSource, incoming: IncomingMatch, progress: Progress) -> None:
    mel = LogMel()
    known_end = 0
    for block in source.blocks():
        if block.start - known_end > _LONGEST_GAP_S * SAMPLE_RATE_HZ:
            raise InputError(
                f"{source.name} has a gap of {(block.start - known_end) / SAMPLE_RATE_HZ:.0f} s",
                "Its timestamps are broken: convert it to flac first.",
            )
        # Lost sound is silence, so that everything after it keeps its time.
        incoming.features.write(mel.push(np.zeros(max(0, block.start - known_end), np.float32)))
        incoming.features.write(mel.push(block.samples))
        known_end = block.end
        progress("listening", known_end / SAMPLE_RATE_HZ, source.duration_s)
    if incoming.features.frames < HISTORY_FRAMES:
        raise InputError(
            f"{source.name} is too short to learn from",
            f"It takes {HISTORY_S:.0f} s of sound before there is a first reading; a match has 95 minutes.",
        )


def _sha256(media: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    size, done = media.stat().st_size, 0
    with media.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            progress("checking", float(done), float(size))
    return digest.hexdigest()
