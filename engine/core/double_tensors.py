"""Tensors in double precision as safetensors, which MLX neither writes nor reads at that precision."""

import json
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = dict[str, NDArray[np.float64]]

_HEADER_LIMIT_BYTES: Final = 1_000_000
_TYPE: Final = "F64"
_ABOUT: Final = "__metadata__"


def write_doubles(file: Path, tensors: Mapping[str, NDArray[np.float64]], about: Mapping[str, str]) -> None:
    """Write them in the order of their names, and what is to be said ``about`` them. Raises ``OSError``."""
    header: dict[str, object] = {_ABOUT: dict(about)} if about else {}
    at = 0
    for name in sorted(tensors):
        end = at + 8 * tensors[name].size
        header[name] = {"dtype": _TYPE, "shape": list(tensors[name].shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with file.open("wb") as opened:
        opened.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            opened.write(np.ascontiguousarray(tensors[name], "<f8").data)


def read_doubles(file: Path) -> tuple[Doubles, Mapping[str, object]]:
    """The tensors of a file, and what it says about them.

    Raises ``OSError``, and ``ValueError`` where it holds something else.
    """
    with file.open("rb") as opened:
        start = opened.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 0 < length <= _HEADER_LIMIT_BYTES:
            raise ValueError("it is no safetensors file")
        try:
            header = json.loads(opened.read(length))
        except RecursionError:
            raise ValueError("its header is nested too deeply") from None
        content = opened.read()
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    about = header.pop(_ABOUT, None)
    tensors = {str(name): _tensor(entry, content) for name, entry in header.items()}
    return tensors, about if isinstance(about, dict) else {}


def _tensor(entry: object, content: bytes) -> NDArray[np.float64]:
    match entry:
        case {"dtype": "F64", "shape": [*shape], "data_offsets": [int(begin), int(end)]}:
            sizes = tuple(size for size in shape if type(size) is int)
            if (
                len(sizes) != len(shape)
                or min(sizes, default=0) < 0
                or not 0 <= begin <= end <= len(content)
                or end - begin != 8 * prod(sizes)
            ):
                raise ValueError("a tensor reaches beyond the file")
            return np.frombuffer(content[begin:end], "<f8").reshape(sizes)
    raise ValueError("a tensor is not of double precision")
