"""A checkpoint of PyTorch is read for its tensors, and nothing in it is ever run."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.torch_checkpoint import read_torch_checkpoint
from tests.unit.engine.core.damaged_archive import write_damaged

WRITTEN = Path(__file__).parent / "torch_checkpoints"
"""Written by PyTorch 2.13: ``torch.save`` as it is, and with ``_use_new_zipfile_serialization=False``."""
TRANSPOSED = [[0, 3], [1, 4], [2, 5]]


def test_an_archive_gives_every_tensor_by_its_place_and_with_its_strides():
    found = read_torch_checkpoint(WRITTEN / "archive.pth")
    assert {name: value.tolist() for name, value in found.items()} == {
        "state_dict.a.weight": TRANSPOSED,
        "state_dict.half": [1.5, -2.0],
        "state_dict.bf": [1.5],
        "state_dict.long": [[1, 2]],
        "state_dict.empty": [],
        "state_dict.p": [1.0, 1.0],
    }
    assert found["state_dict.empty"].shape == (0, 3)
    assert found["state_dict.bf"].dtype == np.float32


def test_the_format_before_the_archive_is_read_as_well():
    found = read_torch_checkpoint(WRITTEN / "legacy.pth")
    assert {name: value.tolist() for name, value in found.items()} == {
        "state_dict.a.weight": TRANSPOSED,
        "state_dict.long": [[1, 2]],
    }


class _Runs:
    def __reduce__(self):
        return os.mkdir, (str(_Runs.trap),)

    trap: Path = Path()


def _archive_of(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    return path


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("packed", [True, False])
def test_a_checkpoint_that_would_run_something_is_refused_and_runs_nothing(tmp_path, protocol, packed):
    _Runs.trap = tmp_path / "ran"
    content = pickle.dumps({"state_dict": _Runs()}, protocol)
    path = tmp_path / "model.pth.tar"
    if packed:
        _archive_of(path, content)
    else:
        path.write_bytes(content)
    with pytest.raises(InputError):
        read_torch_checkpoint(path)
    assert not _Runs.trap.exists()


def _without(path: Path, left_out: str) -> bytes:
    whole = path.read_bytes()
    return whole.replace(left_out.encode(), b"x" * len(left_out))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02",
        b"no pickle at all",
        (WRITTEN / "legacy.pth").read_bytes()[:-8],
        (WRITTEN / "archive.pth").read_bytes()[:-300],
        _without(WRITTEN / "legacy.pth", "FloatStorage"),
        pickle.dumps(3, 2),
        b"\x80\x02" + b"K\x01K\x02K\x03s.",  # a key set on what is no dictionary
        b"\x80\x02h\x05.",
    ],
)
def test_a_file_that_is_no_checkpoint_or_breaks_off_is_refused_in_two_lines(tmp_path, content):
    path = tmp_path / "model.pth.tar"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_torch_checkpoint(path)
    assert "\n" not in refused.value.message
    assert refused.value.hint


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path):
    whole = zipfile.ZipFile(WRITTEN / "archive.pth")
    path = tmp_path / "model.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith("data.pkl"):
                assert content.count(b"K\x03K\x02\x86") == 1
                content = content.replace(b"K\x03K\x02\x86", b"K\x7fK\x02\x86")  # 127 rows of 2 in 6 numbers
            archive.writestr(name, content)
    with pytest.raises(InputError, match="beyond its storage"):
        read_torch_checkpoint(path)


def test_a_checkpoint_that_was_packed_again_and_damaged_is_refused_in_two_lines(tmp_path):
    path = write_damaged(tmp_path / "model.pth", {"archive/data.pkl": pickle.dumps({})}, "archive/data.pkl")
    with pytest.raises(InputError, match="is no checkpoint that can be read"):
        read_torch_checkpoint(path)


def test_a_checkpoint_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_torch_checkpoint(tmp_path / "none.pth")
