"""The file that a person sends to someone who helps."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.app.doctor.redaction import discreet
from engine.app.doctor.report import report
from engine.audio.devices import InputDevice
from engine.core.errors import DeviceError
from engine.core.paths import find_paths
from engine.core.settings import Settings
from engine.core.signals import End
from engine.session import SessionWriter
from tests.unit.engine.session.helpers import FakeTime, listen, recorder
from tui.cli.main import main

ANNA = Path("/home/anna")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """One check, one device, and the home folder of the person above the program's own."""
    finding = Finding("card", Verdict.WARNING, "loose", f"push {home.parent}/card in")
    monkeypatch.setattr("engine.app.doctor.CHECKS", {"card": lambda _: [finding]})
    device = InputDevice(3, "Anna's mic\x1b[2J", 2, 48000, True, "ALSA")
    monkeypatch.setattr("engine.audio.devices.list_devices", lambda: [device])
    monkeypatch.setenv("HOME", str(home.parent))


def ended_session(root: Path) -> SessionWriter:
    time = FakeTime()
    writer = recorder(root, time)
    listen(writer, time, 5.0, live=False)
    writer.write(End(5.0, "end_of_file"))
    writer.close()
    return writer


def test_a_person_who_asks_for_help_sends_one_file_with_all_that_is_asked_for(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    session = ended_session(home / "data" / "sessions").name
    (home / "log").mkdir()
    (home / "log" / "record.log").write_text("".join(f"line {number}\n" for number in range(500)) + "\x1b[31mlast\n")
    file = tmp_path / "help.txt"
    assert main(["doctor", "--report", str(file)]) == 0
    text = file.read_text()
    for said in (
        "momentum ", "python 3.", "numpy ", "system: ", "fps = 12 (default)", "warning: card: loose",
        "3: Anna's mic\ufffd[2J, 2 channels, 48000 Hz, through ALSA, default", f"session {session}", "end of file",
        "line 499", "\ufffd[31mlast",
    ):  # fmt: skip
        assert said.replace(" ", "") in text.replace("_", "").replace(" ", ""), said
    assert "line 400\n" not in text
    assert len([line for line in text.splitlines() if line.startswith("default: danger, sha256 ")]) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    err = capsys.readouterr().err
    assert "checks, devices, weights" in err
    assert "Nothing was sent anywhere." in err


def test_what_is_sent_to_a_stranger_says_neither_whose_machine_it_is_nor_a_password(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOMENTUM_ON_SPIKE", "curl -H 'X-Key: hunter2' https://example.org/hook/hunter2")
    monkeypatch.setenv("MOMENTUM_SOURCE", "rtsp://anna:hunter2@camera/stream")
    (home / "log").mkdir(parents=True)
    log = f"can't open https://radio.example/live?key=hunter2 {'x' * 380} http://anna:hunter2@ground/\n"
    (home / "log" / "record.log").write_text(log)
    assert main(["doctor", "--report", str(tmp_path / "help.txt")]) == 0
    text = (tmp_path / "help.txt").read_text()
    assert "hunter2" not in text
    assert "anna" not in text
    assert str(tmp_path) not in text
    assert "push ~/card in" in text
    assert "on_spike = curl and 3 arguments, not shown here (environment)" in text
    assert "source = rtsp://*** (environment)" in text


def test_a_report_does_not_replace_another_unless_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert main(["doctor", "--report", str(file)]) == 2
    assert file.read_text() == "mine"
    assert capsys.readouterr().err.splitlines()[0] == f"momentum: {file} is there already"
    file.chmod(0o644)
    assert main(["doctor", "--report", str(file), "--force"]) == 0
    assert "Versions" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["absent/help.txt", "."])
def test_a_place_where_no_report_can_be_is_said_before_anything_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
):
    def checked(_: Surroundings) -> list[Finding]:
        raise AssertionError("checked")

    monkeypatch.setattr("engine.app.doctor.CHECKS", {"card": checked})
    assert main(["doctor", "--report", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_settings_that_can_not_be_read_and_a_missing_sound_library_leave_the_rest_of_the_report(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def missing() -> list[InputDevice]:
        raise DeviceError("PortAudio is not installed.", "Install it.")

    monkeypatch.setattr("engine.audio.devices.list_devices", missing)
    monkeypatch.setenv("MOMENTUM_FPS", "many")
    around = Surroundings(os.environ, find_paths(), Settings(), now=lambda: datetime(2026, 11, 21, tzinfo=UTC))
    text = report(around, [])
    assert text.startswith("Acoustic Momentum, 2026-11-21 00:00 UTC\n")
    assert "MOMENTUM_FPS in the environment" in text
    assert "PortAudio is not installed. Install it." in text
    assert "default: danger" in text


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("icecast://source:p/w@host:8000/live.mp3", "icecast://***"),
        ("GET https://hooks.example/services/T0/B0/x failed", "GET https://hooks.example/*** failed"),
        ("https://example.org", "https://example.org"),
        ("password=abc, next", "password=***, next"),
        ("API_KEY: 'a b c' next", "API_KEY: *** next"),
        ('{"access_token": "abc"}', '{"access_token": ***}'),
        ("curl --token abc file", "curl --token *** file"),
        ("Authorization: Basic YWJj", "Authorization: ***"),
        ("sent Bearer eyJhbGciOi.x", "sent Bearer ***"),
        ("--on-spike 'curl -u a:b': No closing quotation", "--on-spike ***"),
        ("MOMENTUM_ON_SPIKE in the environment = 'curl -u a:b': no", "MOMENTUM_ON_SPIKE in the environment = ***"),
        ("/home/anna/match.flac and /home/anna", "~/match.flac and ~"),
        ("/home/annabel/match.flac", "/home/annabel/match.flac"),
        ("permission: allowed; the author: me", "permission: allowed; the author: me"),
        ("session 20261121T150000Z-a1b2, sha256 5ea1381cf001", "session 20261121T150000Z-a1b2, sha256 5ea1381cf001"),
    ],
)
def test_secrets_and_the_home_folder_are_not_sent_and_the_rest_is(text: str, sent: str):
    assert discreet(text, ANNA) == sent
