"""A session on disk as a feed: one that another process records, or a finished one."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.files import numbered_file, whole_file
from engine.core.operating_points import OperatingPoint, points_of
from engine.core.signals import Event, Mark, Rejected, Spike, Start
from engine.session import Review, SessionReader
from tui.monitor.feed import FeedInfo, FeedKind, Readings, SpikeLabel, Tell, Vitals, Wanted

if TYPE_CHECKING:
    from engine.explain.explanation import Explanation

_LOOK_EVERY_S: Final = 0.5
"""How often the recorder's lock is looked at; asked for many times a second."""
_QUIET_S: Final = 3.0
_NAMES: Final = {
    "spikes": (".spikes", ".csv"), "readings": (".readings", ".csv"), "json": ("", ".json"),
    "labels": (".labels", ".json"),
}  # fmt: skip
"""What follows the session's name in that of an export."""


def info_of(kind: FeedKind, start: Start, points: tuple[OperatingPoint, ...], calibration: str) -> FeedInfo:
    """What the screen says of a run, as its first line and its weights tell it."""
    return FeedInfo(
        kind,
        start.session,
        start.source,
        start.weights,
        start.trained,
        start.threshold,
        start.started_at,
        start.label_rule,
        simulated=start.source.startswith("demo"),
        operating_points=points,
        calibration=calibration,
    )


class StoredFeed:
    """Reads and annotates one session. Used by one thread.

    ``info``: what is known of it, where its recorder is this process and has not written that yet.
    """

    def __init__(
        self,
        reader: SessionReader,
        kind: FeedKind,
        clock: Callable[[], float] = monotonic,
        info: FeedInfo | None = None,
    ) -> None:
        self.reader = reader
        self._clock = clock
        self._running = reader.running
        self._looked_at = clock()
        self._backlog: list[Event] = []
        self._seen: list[Event] = []
        self._info = info or self._read_info(kind)

    @property
    def info(self) -> FeedInfo:
        return self._info

    @property
    def running(self) -> bool:
        """Whether the recorder's process lives; known to half a second."""
        if self._running and self._clock() - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = self._clock()
            self._running = self.reader.running
        return self._running

    def readings(self, from_s: float, to_s: float) -> Readings:
        """All readings as arrays: ten hours of them as events would take many seconds. ``poll`` goes on from here."""
        self.reader.skip_to_end()
        self._backlog = [*self.reader.events(), *self.reader.of_commentary()]
        self._seen = list(self._backlog)  # what came in between the two calls is polled again
        arrays = self.reader.readings(from_s, to_s)
        heard = self.reader.heard(from_s, to_s)
        beside = heard, self.reader.spotted(), self.reader.lanes()
        return Readings(arrays.t, arrays.pressure, arrays.level_db, arrays.peak_db, arrays.health, *beside)

    def poll(self) -> Sequence[Event]:
        if self._backlog:
            backlog, self._backlog = self._backlog, []
            return backlog
        events = self.reader.poll()
        if self._seen and events:
            seen, self._seen = self._seen, []
            events = [event for event in events if event not in seen]
        return events

    def labels(self) -> Sequence[SpikeLabel]:
        return [SpikeLabel(r.onset, r.verdict, r.what, r.note, r.kind == "rejected") for r in self.reader.reviews()]

    def add_mark(self, mark: Mark) -> None:
        self.reader.add_mark(mark)

    def label_spike(self, label: SpikeLabel) -> None:
        kind = "rejected" if label.rejected else "spike"
        self.reader.label_spike(Review(cast(Any, kind), label.onset, cast(Any, label.verdict), label.what, label.note))

    def unlabel_spike(self, label: SpikeLabel) -> None:
        self.reader.withdraw_review("rejected" if label.rejected else "spike", label.onset)

    @property
    def writable(self) -> bool:
        return self.reader.writable

    def has_sound(self, onset: float) -> bool:
        from engine.session.sound_clips import clip_at

        clip = clip_at(onset, "spike")
        return any(segment.start < clip.stop and clip.start < segment.end for segment in self.reader.segments())

    def vitals(self) -> Vitals:
        quiet_s = self.reader.heartbeat_age_s if self.running else 0.0
        detail = f"the recorder has done nothing for {quiet_s:.0f} s" if quiet_s > _QUIET_S else ""
        try:
            free = shutil.disk_usage(self.reader.folder).free
        except OSError:
            return Vitals(detail="the session's folder is gone")
        return Vitals(disk_free_bytes=free, detail=detail, not_kept=self.reader.not_kept)

    def spectrum(self) -> NDArray[np.float32] | None:
        """The store keeps no mel frames."""
        return None

    def set_threshold(self, threshold: float) -> bool:
        """Only the recorder's own process may do that."""
        return False

    def export(self, kind: str, folder: Path) -> Path:
        """As in ``SessionFeed``; with a reader of its own, so that a thread may do it."""

        part, suffix = _NAMES[kind]
        path, reserved = numbered_file(folder, self.reader.name + part, suffix, first_bare=True)
        reserved.close()
        try:
            self._write_export(kind, path)
        except BaseException:
            path.unlink(missing_ok=True)  # of an export that failed nothing stays, its name neither
            raise
        return path

    def _write_export(self, kind: str, path: Path) -> None:
        from engine.session import export

        with (
            SessionReader.open(self.reader.folder) as reader,
            whole_file(path, replace=True) as unfinished,
            unfinished.open("w", encoding="utf-8", newline="") as out,
        ):
            if kind in ("spikes", "readings"):
                export.write_csv(out, reader, "spikes" if kind == "spikes" else "readings")
            elif kind == "labels":
                json.dump(asdict(export.labels(reader)), out, indent=2)
            else:
                json.dump(export.document(reader), out, indent=2, default=str)

    def clip(self, onset: float, folder: Path) -> Path:
        """As in ``SessionFeed``; a thread may do it."""
        from engine.session.sound_clips import clip_at, read_clip, write_clip

        clip = clip_at(onset, "spike")
        pcm, _ = read_clip(self.reader.folder, clip)
        path = folder / f"{self.reader.name}-{clip.name}.flac"
        write_clip(path, pcm, "flac", replace=True)  # the same clip, written again
        return path

    def explain(
        self, moment: float | Spike | Rejected, wanted: Wanted = lambda: True, tell: Tell = lambda draft: None
    ) -> "Explanation":
        """As in ``SessionFeed``; with a reader of its own, and the weights that the session was heard with."""
        from engine.app.explain import explain_stored

        return explain_stored(self.reader.folder, moment, wanted=wanted, tell=tell)[0]

    def close(self) -> None:
        self.reader.close()

    def _read_info(self, kind: FeedKind) -> FeedInfo:
        info = self.reader.info
        if info.start is None:
            raise InputError(f"session {info.name} holds nothing yet", "wait a moment, then try again")
        points = points_of(info.weights.get("operating_points") or (), info.settings)
        calibration = str(info.weights.get("calibration") or "")
        return replace(info_of(kind, info.start, points, calibration), session=info.name, source=info.source)
