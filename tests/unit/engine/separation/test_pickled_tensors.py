"""Files of PyTorch's, read without believing them."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.separation.pickled_tensors import read_tensors
from tests.unit.engine.separation.made_up import write_torch_file


class Trap:
    """Runs a command where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> object:
        return os.system, (f"touch {self.file}",)


def read(tmp_path: Path, content: object) -> dict:
    write_torch_file(tmp_path / "one.ckpt", content)
    return read_tensors((tmp_path / "one.ckpt").read_bytes(), "one.ckpt")


def test_tensors_come_as_they_were_written(tmp_path: Path):
    one = np.arange(6, dtype=np.float32).reshape(2, 3)
    found = read(tmp_path, {"a": one, "b": np.asfortranarray(one), "count": np.array(3)})
    assert set(found) == {"a", "b"}
    assert all(np.array_equal(value, one) for value in found.values())


def test_a_file_that_would_run_a_command_runs_none(tmp_path: Path):
    with pytest.raises(InputError, match="wants to run"):
        read(tmp_path, {"a": Trap(tmp_path / "sprung")})
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02garbage",
        pickle.dumps({"a": np.zeros(3, np.float32)}, protocol=2)[:-20],
        pickle.dumps({"a": 3}),
        pickle.dumps([np.zeros(3, np.float32)], protocol=2),
        pickle.dumps({"a": np.array(["text"])}, protocol=2),
        pickle.dumps({"a": np.array([None])}, protocol=2),
    ],
)
def test_what_holds_no_tensors_is_said_in_two_lines(content: bytes, tmp_path: Path):
    with pytest.raises(InputError, match=r"one\.ckpt holds no tensors"):
        read(tmp_path, content)


def test_a_file_that_is_no_archive_is_said():
    with pytest.raises(InputError, match="holds no tensors"):
        read_tensors(b"\x89PNG", "picture.png")
