"""Tensors out of a file of PyTorch's, without PyTorch and without running what the file says.

Such a file is a zip with a pickle inside, and a pickle may name any function of any package to be called. Here it may
name four, by which numpy's arrays are written; each is a small class of our own that builds an array of numbers from
its bytes and can do nothing else. Any other name ends the reading.
"""

import io
import pickle
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core.archive_faults import ARCHIVE_FAULTS
from engine.core.errors import InputError
from engine.core.text import plain

LARGEST_BYTES: Final = 256 << 20
_NUMBERS: Final = ("f4", "f8", "i4", "i8")


class _Kind:
    """Stands for ``numpy.dtype``: a kind of number."""

    def __init__(self, name: object, *_: object) -> None:
        if name not in _NUMBERS:
            raise pickle.UnpicklingError(f"numbers of the kind {name!r}")
        self.dtype = np.dtype(str(name)).newbyteorder("<")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise pickle.UnpicklingError(f"numbers in the order {state[1]!r}")


class _Array:
    """Stands for ``numpy.ndarray`` and for the function that makes one; it is filled afterwards."""

    def __init__(self, *_: object) -> None:
        self.value: NDArray[Any] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, by_columns, content = state
        if not isinstance(kind, _Kind) or not isinstance(content, bytes) or not isinstance(shape, tuple):
            raise pickle.UnpicklingError("an array that is none")
        self.value = np.frombuffer(content, kind.dtype).reshape(shape, order="F" if by_columns else "C")


def _latin(text: object, encoding: object = "latin1") -> bytes:
    """Stands for ``codecs.encode``, by which bytes are written as text."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError(f"text to be written as {encoding!r}")
    return text.encode("latin1")


_ALLOWED: Final[Mapping[tuple[str, str], Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _latin,
}


class _ArraysOnly(pickle.Unpickler):
    """Finds what is allowed, and no module."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it wants to run {module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("its tensors lie in other files")


def read_tensors(content: bytes, name: str) -> dict[str, NDArray[np.float32]]:
    """The tensors in the ``content`` of a file, float32, by their names; whole numbers among them are left out.

    ``name`` is what a person calls the file. Raises ``InputError`` where it holds anything but tensors.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [entry for entry in packed.infolist() if entry.filename.rpartition("/")[2] == "data.pkl"]
            if len(inside) != 1 or inside[0].file_size > LARGEST_BYTES:
                raise _no_tensors(name, "no data.pkl of a believable size is in it")
            found = _ArraysOnly(io.BytesIO(packed.read(inside[0]))).load()
    except InputError:
        raise
    except pickle.UnpicklingError as error:
        raise _no_tensors(name, str(error)) from error
    # A pickle that somebody has made can fail in any of these ways.
    except (*ARCHIVE_FAULTS, TypeError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        raise _no_tensors(name, f"{type(error).__name__}: {error}") from error
    if not isinstance(found, dict) or not all(
        isinstance(key, str) and isinstance(one, _Array) and one.value is not None for key, one in found.items()
    ):
        raise _no_tensors(name, "it is no table of tensors")
    values = {key: one.value for key, one in found.items()}
    return {key: np.array(one, np.float32) for key, one in values.items() if one.dtype.kind == "f"}


def _no_tensors(name: str, why: str) -> InputError:
    return InputError(f"{plain(name, 80)} holds no tensors: {plain(why, 160)}", "Get the file again.")
