"""One recording into the library: opened, without its voices where that is wanted, its kick-offs said or found."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.app.separate_voices import separation_of, without_voices
from engine.audio.media_file import MediaFile
from engine.core.errors import UsageError
from engine.core.settings import Settings
from engine.football.alignment.align import resolve
from engine.football.alignment.result import Alignment
from engine.football.events import MatchEvents
from train.data.intake.ingest import Ingested, Progress, ingest
from train.data.library import Library


@dataclass(frozen=True, slots=True)
class MatchToIngest:
    """A recording, what happened in its match, and when each period kicks off in its sound where a person said so: in
    seconds, by its number, None for one that was not recorded.

    ``replace`` gives a match that is there already these events; ``url`` is where the recording came from.
    """

    media: Path
    events: MatchEvents
    kick_offs: Mapping[int, float | None]
    replace: bool = False
    url: str | None = None


def ingest_recording(
    given: MatchToIngest,
    library: Path,
    program: str,
    now: Callable[[], datetime],
    progress: Progress = lambda step, done, total: None,
    settings: Settings | None = None,
) -> Ingested:
    """Bring ``given`` into the library in a folder; ``settings`` say whether voices are taken out of it first.

    ``now`` is asked when a match is complete, for its provenance. Raises any ``MomentumError``. A match whose
    kick-offs were not found is there all the same, and waits for them.
    """
    hear = without_voices(settings) if settings is not None else lambda source: source
    with closing(hear(MediaFile(given.media))) as source:
        return ingest(
            media=given.media,
            source=source,
            events=given.events,
            library=Library(library),
            align=lambda mel, match: resolve(mel, match, given.kick_offs),
            now=now,
            progress=progress,
            program=program,
            replace=given.replace,
            realign=bool(given.kick_offs),
            url=given.url,
            separation=None if settings is None else separation_of(settings),
        )


def align_again(library: Library, match_id: str, kick_offs: Mapping[int, float | None]) -> Alignment:
    """Find the kick-offs of a match of the library anew, but for those in ``kick_offs``, and keep them.

    Raises ``UsageError`` for a session with reviews, ``AlignmentRefused`` where sound and events don't fit.
    """
    stored = library.match(match_id)
    if stored.manifest.is_session:
        raise UsageError(f"{stored.id} is a session with reviews, no match", "It has no kick-offs to be found.")
    alignment = resolve(stored.mel(), stored.events, kick_offs)
    library.align(stored.id, alignment)
    return alignment
