import stat
from pathlib import Path

import pytest

from engine.core.errors import ExitCode, InputError, MomentumError, UsageError
from train.data.intake.download import check_url, download, is_url

URL = "https://example.org/watch?v=1&t=2;touch%20x"


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with the basic tools and a folder for stand-ins."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def stand_in(folder: Path, script: str) -> None:
    path = folder / "yt-dlp"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_the_file_that_came_is_returned(bin_folder: Path, target: Path) -> None:
    stand_in(bin_folder, 'while [ "$1" != --paths ]; do shift; done; echo sound > "$2/sound.m4a"; echo x > "$2/a.part"')
    assert download(URL, target) == target / "sound.m4a"


def test_the_address_reaches_the_program_whole_and_through_no_shell(bin_folder: Path, target: Path) -> None:
    stand_in(bin_folder, f'for last; do :; done; printf %s "$last" > {target}/sound.txt')
    assert download(URL, target).read_text() == URL


def test_without_the_program_it_says_how_to_get_it(bin_folder: Path, target: Path) -> None:
    with pytest.raises(MomentumError, match="not installed") as caught:
        download(URL, target, program="yt-dlp-that-is-not-there")
    assert caught.value.exit_code is ExitCode.FAILED and "pip install" in caught.value.hint


def test_its_failure_is_ours(bin_folder: Path, target: Path) -> None:
    stand_in(bin_folder, "echo no such video >&2; exit 3")
    with pytest.raises(MomentumError, match="exit 3"):
        download(URL, target)


@pytest.mark.parametrize("script", ["exit 0", 'while [ "$1" != --paths ]; do shift; done; touch "$2/a.m4a" "$2/b.m4a"'])
def test_no_file_or_several_is_said(bin_folder: Path, target: Path, script: str) -> None:
    stand_in(bin_folder, script)
    with pytest.raises(InputError, match="files instead of one"):
        download(URL, target)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "https://", "https://a b", "ftp://x/y", "https://x/\x1b[2J", "--exec://x"]
)
def test_only_a_web_address_is_passed_on(url: str) -> None:
    assert is_url(url)
    with pytest.raises(UsageError, match="no web address"):
        check_url(url)
