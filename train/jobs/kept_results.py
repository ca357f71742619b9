"""Results of tasks in a folder, each in a file named by what it was made from: a job that was stopped goes on there."""

import json
import shutil
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from engine.core.files import private_folder, write_whole
from train.jobs.task import Result

_PLAIN: Final = "json"


class KeptResults:
    """The results in ``folder``, which is made for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)

    def get(self, key: str) -> Result | None:
        """The result, None where there is none or its file is damaged: then it is made anew."""
        try:
            with np.load(self._file(key), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            plain: dict[str, Any] = json.loads(arrays.pop(_PLAIN).tobytes())
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return {**plain, **arrays}

    def put(self, key: str, result: Result) -> None:
        """Keep a result. Raises ``OSError`` where the disk refuses."""
        write_whole(self._file(key), to_bytes(result))

    def remove(self) -> None:
        """All of it, once nobody needs it any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.npz"


def to_bytes(result: Result) -> bytes:
    """A result as one file; equal results are equal bytes."""
    arrays = {name: value for name, value in result.items() if isinstance(value, np.ndarray)}
    plain: Mapping[str, Any] = {name: value for name, value in result.items() if name not in arrays}
    text = json.dumps(plain, allow_nan=False, sort_keys=True).encode()
    file = BytesIO()
    every: dict[str, Any] = {**arrays, _PLAIN: np.frombuffer(text, np.uint8)}
    np.savez(file, **every)
    return file.getvalue()
