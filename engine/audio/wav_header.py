"""What the header of a WAV file says of its length: libsndfile believes the file's end instead, and says nothing.

RIFF, and RF64 or BW64 where the length stands in a chunk of its own (EBU Tech 3306).
"""

import struct
from typing import BinaryIO, Final

_PAGE: Final = 4096
_UNKNOWN_NEAR: Final = (1 << 31, 1 << 32)
"""A recorder that can't go back to the header, as into a pipe, writes a length near these (sox, arecord, FFmpeg), or
0: the sound goes on to the end of the file."""
_IN_DS64: Final = 0xFFFFFFFF
_MOST_CHUNKS: Final = 1000


def missing_s(file: BinaryIO, size_bytes: int) -> float:
    """Seconds of sound that the header promises and the file does not hold; 0 where it is whole or not a WAV.

    ``file`` of ``size_bytes`` is left at any place.
    """
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return 0.0
    at, bytes_a_s, long_size = 12, 0, None
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if name == b"data":
            return _missing_s(long_size if size == _IN_DS64 else size, size_bytes - at - 8, bytes_a_s)
        body = file.read(min(size, 24))
        if name == b"fmt " and len(body) >= 12:
            bytes_a_s = struct.unpack_from("<I", body, 8)[0]
        elif name == b"ds64" and len(body) >= 16:
            long_size = struct.unpack_from("<Q", body, 8)[0]
        at += 8 + size + size % 2
    return 0.0


def _missing_s(promised_bytes: int | None, there_bytes: int, bytes_a_s: int) -> float:
    if not promised_bytes or not bytes_a_s or promised_bytes <= there_bytes:
        return 0.0
    if any(abs(promised_bytes - near) <= _PAGE for near in _UNKNOWN_NEAR) or promised_bytes >= 1 << 63:
        return 0.0
    return (promised_bytes - there_bytes) / bytes_a_s
