"""Checkouts hold the sounds that are taken and nothing else; repositories are made here."""

import subprocess
from pathlib import Path

import pytest

from engine.core.errors import InputError, UsageError
from train.data.real_sounds.gathered import checkouts
from train.data.real_sounds.gathered.checkouts import checked_out
from train.data.real_sounds.gathered.debian_sound_packages import Package, Taken
from train.experiments import gather_sounds

CROWDS = Package("crowds", (Taken("stand", ("*/cheer [[]1].wav", "boo*.wav"), "cheer"),), origin="GitHub ann")


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def ann(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ann's repository of crowds, at what is the host here."""
    root = tmp_path / "host" / "ann" / "crowds"
    (root / "sounds" / "more").mkdir(parents=True)
    for name in ("sounds/more/cheer [1].wav", "boo é.wav", "sounds/film.mp4"):
        (root / name).write_bytes(name.encode())
    (root / "boo link.wav").symlink_to("/etc/hostname")
    git(root, "init")
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "add", ".")
    git(root, "commit", "-m", "sounds")
    monkeypatch.setattr(checkouts, "HOST", (tmp_path / "host").as_uri())
    return root


def files_in(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_of_a_repository_only_the_sounds_that_are_taken_are_fetched(ann: Path, tmp_path: Path):
    root = checked_out(CROWDS, tmp_path / "here")
    assert root == tmp_path / "here" / "crowds"
    assert files_in(root) == {"sounds/more/cheer [1].wav", "boo é.wav", "boo link.wav"}
    assert not (root / "boo link.wav").is_symlink()  # a stranger's link leads nowhere
    missing = ["git", "rev-list", "--objects", "--missing=print", "HEAD"]
    listed = subprocess.run(missing, cwd=root, check=True, capture_output=True, text=True).stdout
    assert sum(line.startswith("?") for line in listed.splitlines()) == 1  # the film's content never came


def test_a_checkout_that_is_there_is_kept_and_one_that_was_cut_off_is_made_anew(ann: Path, tmp_path: Path):
    (tmp_path / "here" / ".crowds.new").mkdir(parents=True)
    (tmp_path / "here" / ".crowds.new" / "half").write_text("")
    root = checked_out(CROWDS, tmp_path / "here")
    assert "half" not in files_in(root)
    (root / "boo é.wav").write_bytes(b"mine")
    assert checked_out(CROWDS, tmp_path / "here") == root
    assert (root / "boo é.wav").read_bytes() == b"mine"
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["crowds"]


def test_what_can_not_be_cloned_says_why_and_leaves_nothing_that_looks_whole(ann: Path, tmp_path: Path, monkeypatch):
    for package, reason in (
        (Package("gone", CROWDS.taken, origin="GitHub ann"), "can't be cloned"),
        (Package("crowds", (Taken("stand", ("choir.wav",), "chant"),), origin="GitHub ann"), "none of the files"),
    ):
        with pytest.raises(InputError, match=reason):
            checked_out(package, tmp_path / "here")
        assert not (tmp_path / "here" / package.name).exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no git"):
        checked_out(CROWDS, tmp_path / "here")


def test_nothing_is_cloned_unasked(ann: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(gather_sounds, "PACKAGES", ())
    monkeypatch.setattr(gather_sounds, "SOUNDFONT", ("no-such-package", "none.sf2"))
    monkeypatch.setattr(gather_sounds, "REPOSITORIES", (CROWDS,))
    here = tmp_path / "here"
    given = [str(tmp_path / "out"), "--packages", str(tmp_path), "--repositories", str(here)]
    assert gather_sounds.main(given) == 0
    assert not here.exists() and "left out: crowds: there is no" in capsys.readouterr().err
    assert gather_sounds.main([*given, "--clone"]) == 0
    assert (here / "crowds").is_dir() and "left out: crowds" not in capsys.readouterr().err
    with pytest.raises(UsageError, match="--repositories"):
        gather_sounds.main([str(tmp_path / "out"), "--clone"])
