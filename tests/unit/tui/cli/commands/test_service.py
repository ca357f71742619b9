"""``momentum service`` as its user types it, on a Mac that is none: its programs are small scripts on the path."""

import json
import os
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.engine.app.service.fake_mac import RUNNING
from tui.cli.main import main

LAUNCHCTL = """\
#!/bin/sh
loaded="{folder}/loaded"
case $1 in
  print) [ -e "$loaded" ] && cat "{folder}/printed" || {{ echo 'Could not find service' >&2; exit 113; }} ;;
  bootout) [ -e "$loaded" ] && rm "$loaded" || {{ echo 'Boot-out failed: 3: No such process' >&2; exit 3; }} ;;
  bootstrap) [ -e "{folder}/nobody" ] && {{ echo 'Bootstrap failed: 125: Domain does not support specified action' >&2
    exit 125; }}; cp "$3" "$loaded" ;;
esac
"""


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of that Mac's programs; its user is in ``ref`` beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("launchctl", LAUNCHCTL.format(folder=folder)), ("codesign", "#!/bin/sh\n")):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o700)
    (folder / "printed").write_text(RUNNING, encoding="utf-8")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "ref")
    return folder


def test_from_installation_to_removal(mac: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["service", "install", "mic:Crowd mic", "--sound"]) == 0
    said = capsys.readouterr().err
    assert "started; 'momentum watch' shows what it hears" in said
    assert "whether 'Acoustic Momentum' may use the microphone: allow it" in said
    agent = plistlib.loads((mac / "loaded").read_bytes())
    done = subprocess.run(
        [*agent["ProgramArguments"][:4], "--version"],
        env=agent["EnvironmentVariables"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("momentum ")
    assert agent["ProgramArguments"][4:] == ["record", "mic:Crowd mic", "--sound"]
    assert main(["service", "status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["running"], status["way"], status["program_found"]) == (True, "app", True)
    assert main(["service", "remove"]) == 0
    assert not (mac / "loaded").exists()
    assert not (tmp_path / "ref" / "Applications" / "Acoustic Momentum.app").exists()
    assert main(["service", "status", "--json"]) == 1


def test_a_crashed_service_ends_the_status_with_1_and_says_how(
    mac: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    main(["service", "install"])
    waiting = RUNNING.replace("state = running", "state = not running", 1).replace("(never exited)", "1")
    (mac / "printed").write_text(waiting, encoding="utf-8")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["service", "status"]) == 1
    said = capsys.readouterr().out
    assert "state      not running" in said
    assert "before     last ended with 1" in said


def test_nobody_at_the_screen_is_two_lines(mac: Path, capsys: pytest.CaptureFixture[str]):
    (mac / "nobody").touch()
    assert main(["service", "install"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].endswith("Bootstrap failed: 125: Domain does not support specified action")
    assert said[1].startswith("  log in at the screen of the Mac")


def test_a_checkout_in_documents_is_two_lines_and_changes_nothing(
    mac: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / "ref" / "Documents" / "momentum"))
    assert main(["service", "install"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("momentum: the folder of the sessions is in ")
    assert len(said) == 2
    assert not (tmp_path / "ref").exists()


def test_print_shows_the_file_and_changes_nothing(mac: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["service", "install", "mic", "--print"]) == 0
    assert plistlib.loads(capsys.readouterr().out.encode())["Label"] == "org.acoustic-momentum.record"
    assert not (tmp_path / "ref").exists()
