"""``momentum devices``."""

import json

import pytest

from engine.audio.devices import InputDevice
from engine.core.errors import DeviceError
from tui.cli.main import main

MICROPHONE = InputDevice(3, "[red]Crowd\x1b[2J mic", 2, 48000, True, "ALSA")


def found(monkeypatch: pytest.MonkeyPatch, *devices: InputDevice) -> None:
    monkeypatch.setattr("engine.audio.devices.list_devices", lambda: list(devices))


def test_a_program_gets_every_device_with_what_there_is_to_know(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    found(monkeypatch, MICROPHONE)
    assert main(["devices", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {
        "index": 3,
        "name": MICROPHONE.name,
        "channels": 2,
        "default_rate_hz": 48000,
        "is_default": True,
        "hostapi": "ALSA",
    }


def test_a_person_gets_a_table_in_which_a_hostile_name_is_plain_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    found(monkeypatch, MICROPHONE)
    assert main(["devices"]) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert "[red]Crowd\ufffd[2J mic" in row
    assert "48000 Hz" in row


def test_no_device_is_an_empty_list_and_a_word_about_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    found(monkeypatch)
    assert main(["devices", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert "no input device" in captured.err


def test_without_portaudio_it_ends_with_3(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def missing() -> list[InputDevice]:
        raise DeviceError("PortAudio is not installed.", "Install it.")

    monkeypatch.setattr("engine.audio.devices.list_devices", missing)
    assert main(["devices"]) == 3
    assert capsys.readouterr().err == "momentum: PortAudio is not installed.\n  Install it.\n"
