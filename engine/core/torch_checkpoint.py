"""Tensors of a PyTorch checkpoint, read without PyTorch and without unpickling.

A checkpoint is a pickle beside the bytes of its tensors. A pickle is a program that may call anything; here the few
instructions that describe dictionaries, lists, numbers and tensors are read one by one, nothing is imported or called,
and any other instruction or name ends the reading. Both of PyTorch's formats are read: the zip archive (since 1.6) and
the one before it, four pickles and the storages behind them.
"""

import pickletools
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core.archive_faults import ARCHIVE_FAULTS
from engine.core.errors import InputError
from engine.core.text import plain

Tensors = dict[str, NDArray[Any]]

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL: Final = 1001
_LIMIT_BYTES: Final = 4_000_000_000
_PICKLE_LIMIT_BYTES: Final = 64_000_000
_DIMENSIONS: Final = 16
_TYPES: Final[Mapping[str, str]] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bf16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_AGAIN: Final = "Get the checkpoint again from where it came; only plain state dictionaries can be read."


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that the pickle mentions; it stands for nothing."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    kind: str
    length: int

    @property
    def size_bytes(self) -> int:
        return self.length * (2 if self.kind == "bf16" else np.dtype(self.kind).itemsize)


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Refused(ValueError):
    """What the file holds that is not read."""


def read_torch_checkpoint(path: Path) -> Tensors:
    """All tensors of a checkpoint by the keys that lead to them, joined by dots; other values are left out.

    Brain floats come as float32, everything else as it is.

    Raises:
        InputError: the file is missing, broken, larger than 4 GB, or holds anything but plain values and tensors.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise _Refused("it is larger than 4 GB")
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                document, load = _archive(file)
            else:
                file.seek(0)
                document, load = _legacy(file)
            return {name: _array(tensor, load(tensor.storage)) for name, tensor in _tensors(document, "")}
    except FileNotFoundError:
        raise InputError(f"{plain(path, 200)} does not exist", "Check the path.") from None
    except _FAULTS as fault:
        raise InputError(f"{plain(path, 200)} is no checkpoint that can be read: {plain(fault, 120)}", _AGAIN) from None


_FAULTS: Final = (
    *ARCHIVE_FAULTS, IndexError, TypeError, struct.error, OverflowError,
)  # fmt: skip


def _archive(file: IO[bytes]) -> tuple[Any, Callable[[_Storage], bytes]]:
    archive = zipfile.ZipFile(file)
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise _Refused("the archive holds no data.pkl")
    folder = pickles[0].partition("/")[0]
    names = set(archive.namelist())
    if f"{folder}/byteorder" in names and archive.read(f"{folder}/byteorder") != b"little":
        raise _Refused("its numbers are big-endian")
    if archive.getinfo(pickles[0]).file_size > _PICKLE_LIMIT_BYTES:
        raise _Refused("its pickle is too large")

    def load(storage: _Storage) -> bytes:
        entry = archive.getinfo(f"{folder}/data/{storage.key}")
        if entry.file_size != storage.size_bytes:
            raise _Refused(f"storage {storage.key} has {entry.file_size} bytes")
        return archive.read(entry)

    return _read(BytesIO(archive.read(pickles[0]))), load


def _legacy(file: IO[bytes]) -> tuple[Any, Callable[[_Storage], bytes]]:
    if _read(file) != _MAGIC or _read(file) != _PROTOCOL:
        raise _Refused("it is neither an archive nor a checkpoint of the format before it")
    system = _read(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise _Refused("its numbers are big-endian")
    document = _read(file)
    kinds = {tensor.storage.key: tensor.storage for _, tensor in _tensors(document, "")}
    found: dict[str, bytes] = {}
    for key in _read(file):
        (length,) = struct.unpack("<q", file.read(8))
        storage = kinds.get(key)
        if storage is None or storage.length != length:
            raise _Refused(f"storage {key} has a length that no tensor names")
        found[key] = file.read(storage.size_bytes)
    return document, lambda storage: found[storage.key]


def _array(tensor: _Tensor, content: bytes) -> NDArray[Any]:
    kind = tensor.storage.kind
    if len(content) != tensor.storage.size_bytes:
        raise _Refused(f"storage {tensor.storage.key} breaks off")
    if kind == "bf16":
        values: NDArray[Any] = (np.frombuffer(content, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        values = np.frombuffer(content, kind)
    if len(tensor.shape) != len(tensor.strides) or len(tensor.shape) > _DIMENSIONS:
        raise _Refused("a tensor's shape and strides differ")
    if min((tensor.offset, *tensor.shape, *tensor.strides)) < 0:
        raise _Refused("a tensor's shape or strides are below 0")
    if prod(tensor.shape) == 0:
        return np.zeros(tensor.shape, values.dtype)
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if last >= len(values) or prod(tensor.shape) > len(values):
        raise _Refused("a tensor reaches beyond its storage")
    strides = [stride * values.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, strides, writeable=False)
    return np.array(view)


def _tensors(value: Any, name: str) -> Iterator[tuple[str, _Tensor]]:
    if isinstance(value, _Tensor):
        yield name, value
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, entry in entries:
        yield from _tensors(entry, f"{name}.{key}" if name else str(key))


def _read(file: IO[bytes]) -> Any:
    """The value that one pickle describes; the file stands behind it afterwards."""
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def marked() -> list[Any]:
        first = marks.pop()
        items = stack[first:]
        del stack[first:]
        return items

    for opcode, found, _ in pickletools.genops(file):
        code = opcode.name
        argument: Any = found
        if code in _VALUES:
            stack.append(argument)
        elif code in _MADE:
            stack.append(_MADE[code]())
        elif code in ("PROTO", "FRAME"):
            continue
        elif code == "MARK":
            marks.append(len(stack))
        elif code == "TUPLE":
            stack.append(tuple(marked()))
        elif code in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(code[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif code in ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"):
            memo[len(memo) if code == "MEMOIZE" else int(argument)] = stack[-1]
        elif code in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[int(argument)])
        elif code == "GLOBAL":
            module, _, name = argument.partition(" ")
            stack.append(_Name(module, name))
        elif code == "STACK_GLOBAL":
            stack[-2:] = [_Name(str(stack[-2]), str(stack[-1]))]
        elif code == "REDUCE":
            stack[-2:] = [_described(stack[-2], stack[-1])]
        elif code == "BINPERSID":
            stack.append(_storage(stack.pop()))
        elif code in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if code == "SETITEM" else marked()
            _dictionary(stack[-1]).update(zip(items[::2], items[1::2], strict=True))
        elif code in ("APPEND", "APPENDS"):
            items = [stack.pop()] if code == "APPEND" else marked()
            _list(stack[-1]).extend(items)
        elif code == "BUILD":
            stack.pop()  # attributes of a dictionary, such as its version
            _dictionary(stack[-1])
        elif code == "STOP":
            return stack.pop()
        else:
            raise _Refused(f"the instruction {code}")
    raise _Refused("it breaks off")


_VALUES: Final = frozenset(
    {"BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "BINFLOAT", "FLOAT", "BINBYTES", "SHORT_BINBYTES"}
    | {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "BINSTRING", "SHORT_BINSTRING", "STRING"}
)
_MADE: Final[Mapping[str, Callable[[], Any]]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}


def _dictionary(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _Refused("keys for what is no dictionary")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Refused("entries for what is no list")
    return value


def _described(name: Any, arguments: Any) -> Any:
    """What a call that is known describes."""
    match name, arguments:
        case _Name("collections", "OrderedDict"), ():
            return {}
        case _Name("collections", "OrderedDict"), (list(pairs),):
            return dict(pairs)
        case _Name("torch._utils", "_rebuild_parameter"), (_Tensor() as tensor, *_):
            return tensor
        case _Name("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2"), (_Storage() as held, at, size, steps, *_):
            return _Tensor(held, int(at), tuple(map(int, size)), tuple(map(int, steps)))
    raise _Refused(f"a call of {name.module}.{name.name}" if isinstance(name, _Name) else "a call of no name")


def _storage(reference: Any) -> _Storage:
    match reference:
        case ("storage", _Name("torch", name), str(key), str(), int(length), *_) if name in _TYPES and length >= 0:
            return _Storage(key, _TYPES[name], length)
    raise _Refused("a reference to what is no storage")
