"""Features on disk as SoccerNet lays them out: an array (rows, width) in a ``.npy``, and what it is in a ``.json``.

While they are made they lie in blocks in a folder of their own, so that whoever was killed goes on where it was.
"""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.audio.decoders import BROKE_OFF
from engine.core.errors import InputError
from engine.core.files import private_folder, whole_file, write_whole, write_whole_json
from engine.core.text import plain
from engine.encoders.encoder import BLOCK_ROWS, Described, Rows, Values
from engine.football.soccernet_files import half_of

SCHEMA: Final = 1
_PICTURE: Final = "picture"
START_S: Final = 0.0
"""Row 0 is the picture at the beginning."""
_LIMIT_BYTES: Final = 1_000_000


def feature_file(video: Path, title: str, folder: Path | None = None) -> Path:
    """``1_ResNET_TF2.npy`` for ``1_720p.mkv``; other recordings keep their name. Beside it, or in ``folder``."""
    return (video.parent if folder is None else folder) / f"{half_of(video) or video.stem}_{title}.npy"


def sidecar_of(file: Path) -> Path:
    """Where it is said what ``file`` holds."""
    return file.with_suffix(".json")


def described(encoder: Described, source: Path, rate_hz: float) -> dict[str, Any]:
    """What decides on the bits of features: another source, encoder, weights or rate make others."""
    return {**encoder_row(encoder, rate_hz), "source": source_row(source)}


def source_row(source: Path) -> dict[str, Any]:
    """Which recording it is, as far as that can be told without reading it. Raises ``OSError``."""
    stat = source.stat()
    return {"name": source.name, "bytes": stat.st_size, "changed_ns": stat.st_mtime_ns}


def encoder_row(encoder: Described, rate_hz: float) -> dict[str, Any]:
    """As ``described``, of whatever source."""
    fit = getattr(encoder, "fit", None)
    return {
        "schema_version": SCHEMA,
        "encoder": encoder.name,
        "weights_sha256": encoder.checksum,
        "fps": rate_hz,
        "start_s": START_S,
        "width": encoder.width,
        "row_sees_s": list(encoder.sees_s),
        **({} if fit is None else {_PICTURE: f"{fit.width} x {fit.height}, {fit.how}"}),
    }


def read_sidecar(file: Path) -> dict[str, Any] | None:
    """What is said of ``file``; None where nothing is, or nothing that can be read."""
    try:
        path = sidecar_of(file)
        row = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < _LIMIT_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def is_made(file: Path, made_from: Mapping[str, Any]) -> bool:
    """Whether ``file`` is there and was made of just that."""
    return file.is_file() and says_all(read_sidecar(file), made_from)


def says_all(row: Mapping[str, Any] | None, made_from: Mapping[str, Any]) -> bool:
    """Whether all of ``made_from`` stands in what is said of a file; one from before says nothing of pictures."""
    if row is None:
        return False
    return all(row[key] == value if key in row else key == _PICTURE for key, value in made_from.items())


def made_rows(file: Path, made_from: Mapping[str, Any]) -> int:
    """How many rows of ``file`` were made of just that; 0 where it is not there, or not whole."""
    try:
        values = load_features(file) if is_made(file, made_from) else None
    except InputError:
        return 0
    return len(values) if values is not None and values.shape[1] == made_from["width"] else 0


def fault_told(file: Path) -> InputError | None:
    """What ended the recording of ``file`` early, as it was said when it was read; None where nothing did."""
    fault = (read_sidecar(file) or {}).get("fault")
    return InputError(plain(fault, 300), BROKE_OFF) if fault else None


class Unfinished:
    """The blocks of features that are being made, in ``.NAME.part`` beside ``file``; begun anew if of other things."""

    def __init__(self, file: Path, made_from: Mapping[str, Any]) -> None:
        self._file = file
        self._made_from = dict(made_from)
        self._folder = file.with_name(f".{file.stem}.part")
        if not is_made(self._folder / "blocks.npy", made_from):
            shutil.rmtree(self._folder, ignore_errors=True)
            private_folder(self._folder)
            write_whole(self._folder / "blocks.npy", b"")
            write_whole_json(sidecar_of(self._folder / "blocks.npy"), self._made_from)

    @property
    def rows(self) -> int:
        """How many are there: whole blocks without a hole."""
        row = 0
        while self._block(row).is_file():
            row += BLOCK_ROWS
        return row

    def add(self, rows: Rows) -> None:
        """Keep a block; a shorter one is the last, and is not found again by who goes on."""
        last = len(rows.values) < BLOCK_ROWS
        content = io.BytesIO()
        np.save(content, rows.values, allow_pickle=False)
        write_whole(self._last() if last else self._block(rows.first), content.getbuffer())

    def finish(self, fault: str = "") -> int:
        """Put the blocks together under their name, say what they are, and take the folder away; return the rows.

        ``fault`` is what ended them early. Raises ``InputError`` where there is no row, and ``OSError``.
        """
        blocks = [self._block(row) for row in range(0, self.rows, BLOCK_ROWS)]
        blocks += [self._last()] if self._last().is_file() else []
        rows = sum(len(load_features(block)) for block in blocks)
        if not rows:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise InputError(f"{self._made_from['source']['name']} gave no features: it is too short.", _TOO_SHORT)
        ended = {"rows": rows, "dtype": "float32", "complete": not fault, "fault": fault}
        parts = (np.load(block, allow_pickle=False) for block in blocks)
        write_features(self._file, rows, parts, {**self._made_from, **ended})
        shutil.rmtree(self._folder, ignore_errors=True)
        return rows

    def _block(self, row: int) -> Path:
        return self._folder / f"{row:08d}.npy"

    def _last(self) -> Path:
        return self._folder / "last.npy"


_TOO_SHORT: Final = "There is a row for every half second; name a longer recording."


def write_features(file: Path, rows: int, parts: Iterator[Values], said: Mapping[str, Any]) -> None:
    """``file`` of (rows, ``said["width"]``) and what is said of it. Raises ``OSError``.

    Whoever is killed in between leaves a page without an array, which are features that are still to be made: never
    an array of which nothing is said, or that something else is said of.
    """
    file.unlink(missing_ok=True)
    write_whole_json(sidecar_of(file), said)
    _write_array(file, rows, said["width"], parts)


def _write_array(file: Path, rows: int, width: int, parts: Iterator[Values]) -> None:
    """A float32 ``.npy`` of (rows, width), whole or not there, without ever holding all of it. Raises ``OSError``."""
    with whole_file(file, replace=True) as unfinished, unfinished.open("wb") as opened:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, width)}
        np.lib.format.write_array_header_1_0(opened, header)
        for part in parts:
            opened.write(np.ascontiguousarray(part, "<f4").data)


def load_features(file: Path) -> Values:
    """Features (rows, width) of a file, mapped, not read. Raises ``InputError`` where it holds something else."""
    try:
        values: Values = np.lib.format.open_memmap(file, mode="r")  # np.load would open an archive of arrays, too
    except (OSError, ValueError, EOFError) as fault:
        raise InputError(f"{file.name} holds no features: {fault}", "'momentum features VIDEO' makes some.") from fault
    if values.ndim != 2 or values.dtype.kind != "f":
        raise InputError(
            f"{file.name} holds an array of {values.dtype} {values.shape}, not rows of numbers.",
            "'momentum features VIDEO' makes some.",
        )
    return values


def pieces_of(file: Path, rows: int = BLOCK_ROWS) -> Iterator[Values]:
    """The features of a file, so many rows at once: read, not mapped, so that memory stays flat."""
    whole = load_features(file)
    for first in range(0, len(whole), rows):
        yield np.array(load_features(file)[first : first + rows])
