"""``momentum --version`` says what is installed, and never fails."""

import sys

import pytest

from tui.cli.main import main


def version_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["--version"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def test_it_names_program_weights_with_their_label_rule_mlx_and_portaudio(capsys: pytest.CaptureFixture[str]):
    lines = version_lines(capsys)
    assert [line.split()[0] for line in lines] == ["momentum", "weights", "mlx", "engine", "portaudio", "python"]
    assert "label rule" in lines[1]
    assert "device" in lines[2]


def test_what_is_missing_is_said_in_its_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MOMENTUM_WEIGHTS", "no-such-weights")
    monkeypatch.setitem(sys.modules, "mlx.core", None)
    monkeypatch.setattr("engine.app.version.portaudio_version", lambda: None)
    lines = version_lines(capsys)
    assert "not usable" in lines[1]
    assert "not usable" in lines[2]
    assert lines[4] == "portaudio not installed"


def test_a_broken_configuration_is_said_in_the_line_of_the_weights(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOMENTUM_SPIKE_ON", "high")
    assert "MOMENTUM_SPIKE_ON" in version_lines(capsys)[1]


def test_a_missing_portaudio_is_no_fault(monkeypatch: pytest.MonkeyPatch):
    from engine.app.version import portaudio_version

    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    assert portaudio_version() is None
