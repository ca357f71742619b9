"""Room for sound: how much all sessions may keep, and when to stop because the disk fills up.

Sound is the first thing to go and spikes' clips the last of it; the index needs so little that it is kept to the end.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from engine.core.errors import MomentumError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.session.folder import SOUND, list_sessions
from engine.session.reader import SessionReader
from engine.session.sound_clips import CLIP_AFTER_S, CLIP_BEFORE_S
from engine.session.sound_files import SoundWriter

LOOK_EVERY_S: Final = 1.0
"""A full disk is said at once; to ask how much is free costs microseconds."""
TRIM_EVERY_S: Final = 60.0
"""As often as a segment is finished; the files of all sessions are looked through."""
ROOM_AGAIN: Final = 1.2
"""Sound goes on when there is this much more room than it needs, so that it does not stop and go every moment."""


@dataclass(frozen=True, slots=True)
class DiskSettings:
    """What sound may take.

    budget_bytes: all sessions' sound together; an hour is about 60 MB. Larger: older sound is kept.
    reserve_bytes: sound stops when less than this is free. Larger: more room for everything else on the disk.
    """

    budget_bytes: int = 10_000_000_000
    reserve_bytes: int = 500_000_000


def free_bytes(folder: Path) -> int:
    """Room on the disk that holds ``folder``. Raises ``OSError``."""
    return shutil.disk_usage(folder).free


class _Kept(NamedTuple):
    """A segment on disk, in the order in which it may go."""

    precious: bool
    age: int
    """0 is the newest session."""
    start: int
    size_bytes: int
    path: Path


class DiskKeeper:
    """Looks at the disk every now and then: stops and resumes a session's sound, and trims that of all sessions."""

    def __init__(
        self,
        root: Path,
        settings: DiskSettings,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._root = root
        self._settings = settings
        self._free = free
        self._looked_s = self._trimmed_s = float("-inf")
        self._tight = False

    def look(self, now_s: float, sound: SoundWriter | None) -> list[str]:
        """Look at the disk if it is time to; returns what a person should know, beside the notices of ``sound``."""
        if now_s - self._looked_s < LOOK_EVERY_S:
            return []
        self._looked_s = now_s
        told = self._look_at_room(sound)
        if sound is not None and now_s - self._trimmed_s >= TRIM_EVERY_S:
            self._trimmed_s = now_s
            removed = trim(self._root, self._settings.budget_bytes)
            if removed:
                told.append(f"{len(removed)} old stretches of sound removed to stay within the budget for sound")
        return told

    def _look_at_room(self, sound: SoundWriter | None) -> list[str]:
        try:
            free = self._free(self._root)
        except OSError:
            # Whether anything can be written shows when it is.
            return []
        reserve = self._settings.reserve_bytes
        if free < reserve and not self._tight:
            self._tight = True
            if sound is None:
                return [f"the disk is nearly full: {free / 1e6:.0f} MB are free"]
            sound.stop(f"only {free / 1e6:.0f} MB are free, and it stops below {reserve / 1e6:.0f} MB")
        elif self._tight and free >= reserve * ROOM_AGAIN:
            self._tight = False
            if sound is not None:
                sound.resume()
        return []


def trim(root: Path, budget_bytes: int) -> list[Path]:
    """Remove segments until the rest fits: oldest first, those with a spike or mark in them last. Returns them."""
    segments = _segments(root)
    excess = sum(size for _, _, size in segments) - budget_bytes
    if excess <= 0:
        return []
    removed = []
    for kept in sorted(_by_worth(segments), key=lambda k: (k.precious, -k.age, k.start)):
        if excess <= 0:
            break
        try:
            kept.path.unlink()
        except OSError:
            # Not ours to remove; another one will make room.
            continue
        removed.append(kept.path)
        excess -= kept.size_bytes
    return removed


def _segments(root: Path) -> list[tuple[Path, Path, int]]:
    """(session, segment, bytes) of every finished segment, the newest session first."""
    found = []
    for session in list_sessions(root):
        for path in (session / SOUND).glob("*.flac"):
            try:
                found.append((session, path, path.stat().st_size))
            except OSError:
                continue
    return found


def _by_worth(segments: list[tuple[Path, Path, int]]) -> list[_Kept]:
    moments: dict[Path, list[float]] = {}
    ages: dict[Path, int] = {}
    kept = []
    for session, path, size in segments:
        if session not in moments:
            moments[session] = _moments(session)
            ages[session] = len(ages)
        start_s = int(path.stem) / SAMPLE_RATE_HZ if path.stem.isdecimal() else 0.0
        precious = any(m - CLIP_BEFORE_S < start_s + 60 and m + CLIP_AFTER_S > start_s for m in moments[session])
        kept.append(_Kept(precious, ages[session], round(start_s * SAMPLE_RATE_HZ), size, path))
    return kept


def _moments(session: Path) -> list[float]:
    try:
        with SessionReader.open(session) as reader:
            return [s.onset for s in reader.spikes()] + [m.t for m in reader.marks()]
    except MomentumError:
        # A damaged store says nothing; its sound is as good as any.
        return []
