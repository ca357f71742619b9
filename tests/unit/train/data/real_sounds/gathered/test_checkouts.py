"""Checkouts hold the sounds that are taken and nothing else; repositories are made here."""

import os
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from engine.core.errors import InputError, UsageError
from train.data.real_sounds.gathered import checkouts
from train.data.real_sounds.gathered.checkouts import check_out
from train.data.real_sounds.gathered.debian_sound_packages import Package, Taken
from train.experiments import gather_sounds

CROWDS = Package("crowds", (Taken("stand", ("*/cheer [[]1].wav", "boo*.wav"), "cheer"),), origin="GitHub ann")


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def ann(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ann's repository of crowds, at what is the host here."""
    root = tmp_path / "host" / "ann" / "crowds"
    (root / "sounds" / "more").mkdir(parents=True)
    for name in ("sounds/more/cheer [1].wav", "boo é.wav", "sounds/film.mp4", "sounds/clap.wav"):
        (root / name).write_bytes(name.encode())
    (root / "boo link.wav").symlink_to("/etc/hostname")
    git(root, "init")
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "add", ".")
    film = git(root, "hash-object", "sounds/film.mp4").strip()
    # Not every disk can have a file of this name, every repository can.
    git(root, "update-index", "--add", "--cacheinfo", f"100644,{film},{os.fsdecode(b'caf' + bytes([0xE9]))}.txt")
    git(root, "commit", "-m", "sounds")
    monkeypatch.setattr(checkouts, "HOST", (tmp_path / "host").as_uri())
    return root


class Refusing:
    """A server that wants a password for everything; its address."""

    class _Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    def __enter__(self) -> str:
        self._server = HTTPServer(("127.0.0.1", 0), self._Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def files_in(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_of_a_repository_only_the_sounds_that_are_taken_are_fetched(ann: Path, tmp_path: Path):
    said: list[str] = []
    check_out(CROWDS, tmp_path / "here", said.append)
    root = tmp_path / "here" / "crowds"
    assert files_in(root) == {"sounds/more/cheer [1].wav", "boo é.wav", "boo link.wav"} and not said
    assert not (root / "boo link.wav").is_symlink()  # a stranger's link leads nowhere
    missing = ["git", "rev-list", "--objects", "--missing=print", "HEAD"]
    listed = subprocess.run(missing, cwd=root, check=True, capture_output=True, text=True).stdout
    assert sum(line.startswith("?") for line in listed.splitlines()) == 2  # neither film nor clap ever came


def test_a_checkout_that_was_cut_off_is_made_anew_and_one_that_is_there_is_kept(ann: Path, tmp_path: Path):
    (tmp_path / "here" / ".crowds.new").mkdir(parents=True)
    (tmp_path / "here" / ".crowds.new" / "half").write_text("")
    root = tmp_path / "here" / "crowds"
    check_out(CROWDS, tmp_path / "here", print)
    assert "half" not in files_in(root)
    (root / "boo é.wav").write_bytes(b"mine")
    check_out(CROWDS, tmp_path / "here", print)
    assert (root / "boo é.wav").read_bytes() == b"mine"
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["crowds"]


def test_what_is_taken_since_comes_too_and_what_is_gone_is_said(ann: Path, tmp_path: Path):
    check_out(CROWDS, tmp_path / "here", print)
    more = replace(CROWDS, taken=(*CROWDS.taken, Taken("stand", ("sounds/clap.wav", "sounds/gone.wav"), "applause")))
    said: list[str] = []
    check_out(more, tmp_path / "here", said.append)
    assert (tmp_path / "here" / "crowds" / "sounds" / "clap.wav").is_file()
    assert [line for line in said if "sounds/gone.wav" in line] == said and len(said) == 1


def test_somebodys_own_checkout_is_left_alone(ann: Path, tmp_path: Path):
    git(tmp_path, "clone", str(ann), "here/crowds")
    (tmp_path / "here" / "crowds" / "boo é.wav").unlink()
    check_out(CROWDS, tmp_path / "here", print)
    assert "boo é.wav" not in files_in(tmp_path / "here" / "crowds")


def test_git_is_led_to_no_other_repository_and_asks_nobody(ann: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    asked = tmp_path / "asked"
    asked.write_text(f"#!/bin/sh\ntouch {asked}.once\n")
    asked.chmod(0o755)
    monkeypatch.setenv("SSH_ASKPASS", str(asked))
    monkeypatch.setenv("GIT_ASKPASS", str(asked))
    check_out(CROWDS, tmp_path / "here", print)
    assert (tmp_path / "here" / "crowds" / "boo é.wav").is_file()
    with Refusing() as address:
        monkeypatch.setattr(checkouts, "HOST", address)
        with pytest.raises(InputError, match="can't be cloned"):
            check_out(replace(CROWDS, name="gone"), tmp_path / "here", print)
    assert not Path(f"{asked}.once").exists()


def test_what_can_not_be_cloned_says_why_and_leaves_nothing_that_looks_whole(ann: Path, tmp_path: Path, monkeypatch):
    for package, reason in (
        (replace(CROWDS, name="gone"), "can't be cloned"),
        (replace(CROWDS, taken=(Taken("stand", ("choir.wav",), "chant"),)), "none of the files"),
    ):
        with pytest.raises(InputError, match=reason):
            check_out(package, tmp_path / "here", print)
        assert not (tmp_path / "here" / package.name).exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no git"):
        check_out(CROWDS, tmp_path / "here", print)


def test_nothing_is_cloned_unasked(ann: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(gather_sounds, "PACKAGES", ())
    monkeypatch.setattr(gather_sounds, "SOUNDFONT", ("no-such-package", "none.sf2"))
    monkeypatch.setattr(gather_sounds, "REPOSITORIES", (CROWDS,))
    here = tmp_path / "here"
    given = [str(tmp_path / "out"), "--packages", str(tmp_path), "--repositories", str(here)]
    assert gather_sounds.main(given) == 0
    said = capsys.readouterr().err
    assert not here.exists() and "left out: crowds: there is no" in said and "--clone fetches it" in said
    assert gather_sounds.main([*given, "--clone", "--only", "others"]) == 0 and not here.exists()
    assert gather_sounds.main([*given, "--clone"]) == 0
    assert (here / "crowds").is_dir() and "left out: crowds" not in capsys.readouterr().err
    with pytest.raises(UsageError, match="--repositories"):
        gather_sounds.main([str(tmp_path / "out"), "--clone"])
