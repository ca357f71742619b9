"""What was spotted, as files: SoccerNet's predictions, a table, and chapters for ffmpeg."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.core.clock_text import minutes_time
from engine.core.files import private_folder, write_whole, write_whole_json
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.app.spot import Spots
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


def write_files(spots: "Spots", folder: Path, least: float) -> list[Path]:
    """Write all three into ``folder``, made if missing, in place of older ones. Raises ``OSError``.

    SoccerNet's predictions hold every event, since its measure reads the unlikely ones, too; the others those of
    ``least``.
    """
    from engine.football.soccernet import HALVES, Spot, predictions
    from engine.football.soccernet_files import PREDICTIONS

    private_folder(folder)
    placed = [(event, spots.halves.at(event.t_s)) for event in spots.events]
    found = [
        Spot(half[0], round(1000 * half[1]), event.label, event.confidence)
        for event, half in placed
        if half is not None and half[0] in HALVES
    ]
    files = [folder / PREDICTIONS, folder / TABLE, folder / CHAPTERS]
    write_whole_json(files[0], predictions(game_of(spots.video), found))
    kept = likely(spots, least)
    write_whole(files[1], _table(kept, spots).encode())
    write_whole(files[2], _chapters(kept, spots).encode())
    return files


def game_of(video: Path) -> str:
    """What SoccerNet calls the game: the three folders above a half's file; else the recording's own name."""
    above = video.absolute().parts[-4:-1]
    return "/".join(plain(part) for part in above) if re.fullmatch(r"[12]([_.].*)?", video.stem) else plain(video.stem)


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


def _chapters(events: "Sequence[SpottedEvent]", spots: "Spots") -> str:
    """Each lasts until the next begins. One stands before the first event, since players begin a first chapter at 0;
    what lies within a second shares one, since a chapter may not be empty."""
    titles: dict[int, list[str]] = {0: []}
    for event in events:
        start = round(1000 * event.t_s)
        last = max(titles)
        start = last if start - last < _TOGETHER_MS and (last or start == 0) else start
        titles.setdefault(start, []).append(f"{plain(event.label)} {100 * event.confidence:.0f}%")
    starts = sorted(titles)
    ends = [*starts[1:], max(round(1000 * spots.lasts_s), starts[-1] + 1)]
    lines = [";FFMETADATA1"]
    for start, end in zip(starts, ends, strict=True):
        title = _SPECIAL.sub(r"\\\1", ", ".join(titles[start]) or "beginning")
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    return "\n".join(lines) + "\n"
