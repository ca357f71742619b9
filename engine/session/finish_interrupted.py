"""What a recorder that was killed left behind is put in order by the next one."""

from collections.abc import Sequence
from pathlib import Path

from engine.core.clock_text import minutes_time
from engine.core.errors import MomentumError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import End
from engine.session.clocks import Clocks, iso
from engine.session.event_rows import event_body
from engine.session.file_lock import HeldLock, Holder
from engine.session.folder import LOCK, SOUND, list_sessions
from engine.session.reader import SessionReader
from engine.session.schema import ADD_EVENT, explained, open_to_write
from engine.session.sound_files import finish_left_overs
from engine.session.spill import take_back
from engine.session.state import KILLED


def settle_all(root: Path, clocks: Clocks, pid: int, spills: Sequence[Path] = ()) -> list[str]:
    """Put every left-over session in order; returns a sentence for each. One that is being recorded is left alone.

    ``spills`` are the folders where rows may wait that its disk did not take, see ``spill_folders``.
    """
    told = []
    for folder in list_sessions(root):
        # A clean end removes the lock.
        if (folder / LOCK).exists():
            sentence = settle(folder, clocks, pid, spills)
            if sentence:
                told.append(sentence)
    return told


def settle(folder: Path, clocks: Clocks, pid: int, spills: Sequence[Path] = ()) -> str | None:
    """Finish one session that was cut off: what waits elsewhere comes back, its open minute becomes FLAC, its end is
    noted.

    Returns a sentence that says so, None where there was nothing to do.
    """
    try:
        return put_in_order(folder, clocks, pid, spills)
    except (MomentumError, OSError) as error:
        return not_in_order(folder, error)


def put_in_order(folder: Path, clocks: Clocks, pid: int, spills: Sequence[Path] = ()) -> str | None:
    """As ``settle``, but raises ``MomentumError`` or ``OSError`` where it can't be done, a full disk for one."""
    lock = HeldLock.take(folder / LOCK, Holder(pid, iso(clocks.utc()), "settling", folder.name))
    if lock is None:
        return None
    try:
        sentence = _settle(folder, spills)
        (folder / LOCK).unlink()
    finally:
        lock.release()
    return sentence


def not_in_order(folder: Path, error: Exception) -> str:
    """What is said of a session for which that failed."""
    return f"session {folder.name} did not end cleanly and can't be put in order: {error}"


def _settle(folder: Path, spills: Sequence[Path]) -> str | None:
    taken = take_back(folder, spills)
    with SessionReader.open(folder) as reader:
        info = reader.info
    finished = finish_left_overs(folder / SOUND)
    if info.end is None:
        detail = "the recorder ended without a word: killed, or the power went"
        kind, body = event_body(End(info.heard_s, KILLED, detail))
        database = open_to_write(folder)
        try:
            with explained(folder):
                database.execute(ADD_EVENT, (kind, body))
        finally:
            database.close()
    elif taken:
        return f"session {folder.name} has {taken} readings back that its disk had no room for"
    elif not finished:
        return None
    sound = (
        f", and its last {sum(s.end - s.start for s in finished) / SAMPLE_RATE_HZ:.0f} s of sound" if finished else ""
    )
    return (
        f"session {folder.name} was cut off (its recorder was killed, or the power went): "
        f"{info.readings} readings up to {minutes_time(round(info.heard_s))} are kept{sound}"
    )
