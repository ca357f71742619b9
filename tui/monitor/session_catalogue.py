"""The sessions of this machine, for a person to pick from and for a watcher to go on with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from engine.core.errors import MomentumError
from engine.session import SessionReader, list_sessions
from engine.session.file_lock import is_held
from engine.session.folder import LOCK, running_sessions
from engine.session.state import SessionState, state_of
from tui.monitor.feed import FeedInfo, FeedKind
from tui.monitor.stored_feed import StoredFeed

LIVE: Final = SessionState.RUNNING.value
HERE: Final = "here"
"""A running session that this very process records."""
DAMAGED: Final = SessionState.DAMAGED.value


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person knows a session by. ``folder`` is None for a run of this process that keeps none.

    ``state`` is ``LIVE``, ``HERE`` (this process records it), ``DAMAGED`` with its ``fault``, or another
    ``SessionState``.
    """

    name: str
    folder: Path | None
    state: str
    source: str = ""
    started_at: datetime | None = None
    heard_s: float = 0.0
    spikes: int = 0
    fault: str = ""

    @property
    def running(self) -> bool:
        """Whether somebody records it now."""
        return self.state in (LIVE, HERE)


def entries(root: Path, here: FeedInfo | None = None, known: Iterable[Entry] = ()) -> Iterator[Entry]:
    """The sessions under ``root``: those that are being recorded, then all others, newest first in both.

    ``here`` is the run of this process, which comes before all others, recorded or not. Sessions that are ``known``
    and were over then are not read again.
    """
    folders = list_sessions(root)
    running = [folder for folder in folders if is_held(folder / LOCK)]
    over = {entry.folder: entry for entry in known if not entry.running and entry.state != DAMAGED}
    if here is not None and not here.recording:
        yield Entry("not recorded", None, HERE, here.source, datetime.fromisoformat(here.started_at))
    for folder in sorted(running, key=lambda folder: here is None or folder.name != here.session):
        yield entry_of(folder, here)
    for folder in folders:
        if folder not in running:
            yield over.get(folder) or entry_of(folder, here)


def entry_of(folder: Path, here: FeedInfo | None = None) -> Entry:
    """One session; one that can't be read says why."""
    try:
        with SessionReader.open(folder) as reader:
            info = reader.info
    except (MomentumError, OSError) as error:
        fault = error.message if isinstance(error, MomentumError) else str(error)
        return Entry(folder.name, folder, DAMAGED, fault=fault)
    state = state_of(info.end, info.running).value
    if info.running and here is not None and here.session == info.name:
        state = HERE
    return Entry(info.name, folder, state, info.source, info.started_at, info.heard_s, info.spikes)


def open_feed(folder: Path, kind: FeedKind) -> StoredFeed:
    """A session as a feed. Raises ``MomentumError`` for one that is damaged or holds nothing yet."""
    reader = SessionReader.open(folder)
    try:
        return StoredFeed(reader, kind)
    except MomentumError:
        reader.close()
        raise


def successor(root: Path, source: str, but: Iterable[str]) -> Path | None:
    """The newest session of ``source`` that is being recorded, other than those named in ``but``."""
    names = set(but)
    for running in running_sessions(root):
        if running.folder.name not in names and running.holder is not None and running.holder.source == source:
            return running.folder
    return None
