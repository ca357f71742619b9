"""``momentum service``: what is written into its file."""

import pytest

from tui.cli.main import main

SECRET = "http://fan:hunter2@radio.example/live"

pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="reads a systemd unit")


def _records(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["service", "install", "--print", *arguments]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("ExecStart="))
    return line.partition('"record"')[2].strip()


def test_without_a_source_it_records_the_microphone_or_what_is_configured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert _records(capsys) == '"mic"'
    assert _records(capsys, "mic:desk", "--sound") == '"mic:desk" "--sound"'
    monkeypatch.setenv("MOMENTUM_SOURCE", SECRET)
    assert _records(capsys) == ""


def test_a_password_does_not_get_into_the_file_of_a_service(capsys: pytest.CaptureFixture[str]):
    assert main(["service", "install", "--print", SECRET]) == 2
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err
    assert "config path" in said.err
    assert _records(capsys, "http://radio.example/live") == '"http://radio.example/live"'


def test_the_service_records_the_many_sources_of_the_settings_or_those_that_it_is_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert _records(capsys, "mic:north", "mic:south", "--sound") == '"mic:north" "mic:south" "--sound"'
    assert main(["service", "install", "--print", "mic:north", "mic:north"]) == 2
    assert "mic:north is there twice among the sources" in capsys.readouterr().err
    monkeypatch.setenv("MOMENTUM_SOURCES", f'[{{"device": "north"}}, {{"address": "{SECRET}"}}]')
    assert _records(capsys) == ""
