"""Rows straight from the pages of an SQLite file, whatever is wrong with the rest of it.

Source: "Database File Format" of the SQLite documentation, sections 1.6 (b-tree pages), 2.1 (records) and 4 (the
write-ahead log). Only leaf pages of tables are read: they hold the rows, so that a lost page costs its own rows alone.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from engine.session.schema import PAGE_BYTES

_LEAF: Final = 0x0D
_FILE_HEADER: Final = 100
_WAL_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_WAL_MAGIC: Final = (0x377F0682, 0x377F0683)

Row = tuple[int, tuple[Any, ...]]


def salvage_rows(database: Path) -> Iterator[Row]:
    """Every (rowid, values) that can be made out in the file and in what its log holds beyond it."""
    data = _read(database)
    size = _page_bytes(data)
    pages = {n + 1: data[n * size : (n + 1) * size] for n in range(-(-len(data) // size))}
    pages.update(_committed(_read(database.with_name(database.name + "-wal")), size))
    for number, page in pages.items():
        yield from _rows_of(pages, page, _FILE_HEADER if number == 1 else 0, size)


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _page_bytes(data: bytes) -> int:
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    return size if data.startswith(b"SQLite format 3\0") and size >= 512 and size.bit_count() == 1 else PAGE_BYTES


def _committed(wal: bytes, size: int) -> dict[int, bytes]:
    """The newest version of each page in the log, up to the last transaction that was completed."""
    if len(wal) < _WAL_HEADER or struct.unpack(">I", wal[:4])[0] not in _WAL_MAGIC:
        return {}
    salts = wal[16:24]
    done: dict[int, bytes] = {}
    open_: dict[int, bytes] = {}
    at = _WAL_HEADER
    while at + _FRAME_HEADER + size <= len(wal):
        number, pages_after = struct.unpack(">II", wal[at : at + 8])
        # Frames of an earlier round of the log have other salts.
        if wal[at + 8 : at + 16] != salts:
            break
        open_[number] = wal[at + _FRAME_HEADER : at + _FRAME_HEADER + size]
        if pages_after:
            done.update(open_)
            open_.clear()
        at += _FRAME_HEADER + size
    return done


def _rows_of(pages: dict[int, bytes], page: bytes, at: int, size: int) -> Iterator[Row]:
    if len(page) < at + 8 or page[at] != _LEAF:
        return
    count = int.from_bytes(page[at + 3 : at + 5], "big")
    for n in range(count):
        pointer = at + 8 + 2 * n
        cell = int.from_bytes(page[pointer : pointer + 2], "big")
        try:
            row = _cell(pages, page, cell, size)
        except (IndexError, ValueError, struct.error):
            # A pointer or a length that leads out of the page: this row is gone, the next may be whole.
            continue
        if row is not None:
            yield row


def _cell(pages: dict[int, bytes], page: bytes, at: int, size: int) -> Row | None:
    if at < 8:
        return None
    length, at = _varint(page, at)
    rowid, at = _varint(page, at)
    # How much of a long record is in the page itself: section 1.6 of the format.
    most = size - 35
    if length <= most:
        payload = page[at : at + length]
    else:
        least = (size - 12) * 32 // 255 - 23
        here = least + (length - least) % (size - 4)
        here = here if here <= most else least
        payload = page[at : at + here] + _overflow(pages, page[at + here : at + here + 4], length - here, size)
    if len(payload) != length:
        raise ValueError("record is cut off")
    return rowid - (1 << 64 if rowid >> 63 else 0), tuple(_values(payload))


def _overflow(pages: dict[int, bytes], pointer: bytes, length: int, size: int) -> bytes:
    parts: list[bytes] = []
    for _ in range(len(pages)):
        page = pages.get(int.from_bytes(pointer, "big"), b"")
        if length <= 0 or len(page) < size:
            break
        parts.append(page[4 : 4 + length])
        length -= len(parts[-1])
        pointer = page[:4]
    return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(9):
        byte = data[at + n]
        if n == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if not byte & 0x80:
            return value, at + n + 1
    raise ValueError("varint too long")


_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def _values(payload: bytes) -> Iterator[Any]:
    header, at = _varint(payload, 0)
    body = header
    if header > len(payload):
        raise ValueError("record header is cut off")
    while at < header:
        kind, at = _varint(payload, at)
        if kind == 0:
            yield None
        elif kind in _INTEGER_BYTES:
            width = _INTEGER_BYTES[kind]
            yield int.from_bytes(payload[body : body + width], "big", signed=True)
            body += width
        elif kind == 7:
            yield struct.unpack(">d", payload[body : body + 8])[0]
            body += 8
        elif kind in (8, 9):
            yield kind - 8
        elif kind >= 12:
            width = (kind - 12) // 2
            text = payload[body : body + width]
            if len(text) != width:
                raise ValueError("value is cut off")
            yield text if kind % 2 == 0 else text.decode()
            body += width
        else:
            raise ValueError("no such kind of value")
