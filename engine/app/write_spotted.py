"""What was spotted, as files: SoccerNet's predictions, a table, and chapters for ffmpeg."""

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.core.clock_text import minutes_time
from engine.core.files import private_folder, refuse_twice, write_whole, write_whole_json
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.app.spot import Spots
    from engine.football.soccernet import Spot
    from engine.spotting.events import SpottedEvent

TABLE: Final = "spotted.csv"
CHAPTERS: Final = "chapters.txt"
_TOGETHER_MS: Final = 1000
_SPECIAL: Final = re.compile(r"([=;#\\\n])")
_TABLE_CELLS: Final = ("=", "+", "-", "@", "\t")


def row_of(event: "SpottedEvent", spots: "Spots") -> dict[str, Any]:
    """An event as JSON: ``t`` in seconds of the recording, ``game_time`` as ``1 - 12:34``, None before the kick-off."""
    half = spots.halves.at(event.t_s)
    return {
        "type": "spotted",
        "video": str(spots.video),
        "t": round(event.t_s, 2),
        "half": half[0] if half else None,
        "game_time": game_time(event.t_s, spots),
        "label": event.label,
        "confidence": round(event.confidence, 4),
        "told_at": round(event.told_s, 2),
        "shares": {name: round(share, 3) for name, share in event.shares.items()},
    }


def game_time(t_s: float, spots: "Spots") -> str | None:
    """``1 - 12:34``; None before the kick-off."""
    half = spots.halves.at(t_s)
    return f"{half[0]} - {minutes_time(half[1], 2)}" if half else None


def likely(spots: "Spots", least: float) -> "list[SpottedEvent]":
    """The events of at least the confidence ``least``."""
    return [event for event in spots.events if event.confidence >= least]


class SpotFiles:
    """The files of recordings below ``out``, made if missing, in place of older ones.

    One recording has ``out`` to itself. Of several each has a folder of its name, and halves of a game that of the game
    as SoccerNet calls it, where one file of predictions holds both. That has every event, since SoccerNet's measure
    reads the unlikely ones, too; the others those of ``least``.
    """

    def __init__(self, videos: Sequence[Path], out: Path, least: float) -> None:
        """Raises ``UsageError`` where two recordings would have the same files."""
        self._least = least
        places = [_place(video, out) if len(videos) > 1 else (out, "") for video in videos]
        refuse_twice([folder / before for folder, before in places])
        self._places = dict(zip(videos, places, strict=True))
        self._found: dict[Path, list[Spot]] = {}

    def write(self, spots: "Spots") -> list[Path]:
        """Write what was spotted in one of them; return the files. Raises ``OSError``."""
        from engine.football.soccernet import HALVES, Spot, predictions
        from engine.football.soccernet_files import PREDICTIONS

        folder, before = self._places[spots.video]
        private_folder(folder)
        placed = [(event, spots.halves.at(event.t_s)) for event in spots.events]
        found = self._found.setdefault(folder, [])
        found += [
            Spot(half[0], round(1000 * half[1]), event.label, event.confidence)
            for event, half in placed
            if half is not None and half[0] in HALVES
        ]
        files = [folder / PREDICTIONS, folder / f"{before}{TABLE}", folder / f"{before}{CHAPTERS}"]
        write_whole_json(files[0], predictions(game_of(spots.video), found))
        kept = likely(spots, self._least)
        write_whole(files[1], _table(kept, spots).encode())
        moments = ((event.t_s, event.label, event.confidence) for event in kept)
        write_whole(files[2], chapters(moments, spots.lasts_s).encode())
        return files


def _place(video: Path, out: Path) -> tuple[Path, str]:
    """The folder of one of several recordings, and what stands before the names of the files it has for itself."""
    from engine.football.soccernet_files import half_of

    return (out / video.stem, "") if half_of(video) is None else (out / game_of(video), f"{video.stem}_")


def game_of(video: Path) -> str:
    """What SoccerNet calls the game: the three folders above a half's file; else the recording's own name."""
    from engine.football.soccernet_files import half_of

    folders = Path(os.path.normpath(video.absolute())).parts[1:-1]  # "..", too, would lead elsewhere
    return plain(video.stem) if half_of(video) is None else "/".join(plain(part) for part in folders[-3:])


def _table(events: "Sequence[SpottedEvent]", spots: "Spots") -> str:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    shares = [f"share_{name}" for name in spots.channels]
    rows.writerow(["t", "half", "game_time", "label", "confidence", "told_at", *shares])
    for event in events:
        row = row_of(event, spots)
        told = [row["t"], row["half"], row["game_time"], _cell(event.label), row["confidence"], row["told_at"]]
        rows.writerow([*told, *(row["shares"].get(name) for name in spots.channels)])
    return out.getvalue()


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_TABLE_CELLS) else text


def chapters(moments: "Iterable[tuple[float, str, float]]", lasts_s: float) -> str:
    """Moments in seconds with label and confidence, by time, as metadata for ffmpeg.

    Each lasts until the next begins. One stands before the first, since players begin a first chapter at 0; what lies
    within a second shares one, since a chapter may not be empty.
    """
    titles: dict[int, list[str]] = {0: []}
    for t_s, label, confidence in moments:
        start = round(1000 * t_s)
        last = max(titles)
        start = last if start - last < _TOGETHER_MS and (last or start == 0) else start
        titles.setdefault(start, []).append(f"{plain(label)} {100 * confidence:.0f}%")
    starts = sorted(titles)
    ends = [*starts[1:], max(round(1000 * lasts_s), starts[-1] + 1)]
    lines = [";FFMETADATA1"]
    for start, end in zip(starts, ends, strict=True):
        title = _SPECIAL.sub(r"\\\1", ", ".join(titles[start]) or "beginning")
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    return "\n".join(lines) + "\n"
