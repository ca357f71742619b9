"""Every command that lists or reports, read by a person and by a program."""

import json

import pytest

from tui.cli.main import main

LISTINGS = [
    ["devices"],
    ["doctor"],
    ["sessions", "list"],
    ["library", "list"],
    ["weights", "list"],
    ["weights", "show", "default"],
    ["weights", "verify", "default"],
    ["config", "show"],
]


@pytest.fixture(autouse=True)
def one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.app.doctor.CHECKS", {})
    monkeypatch.setattr("engine.audio.devices.list_devices", list)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("command", LISTINGS, ids=" ".join)
def test_a_person_who_pipes_a_list_into_less_reads_text(command: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(command) == 0
    assert not is_json(capsys.readouterr().out)
    assert main([*command, "--json", "--text"]) == 0
    assert not is_json(capsys.readouterr().out)


@pytest.mark.parametrize("command", LISTINGS, ids=" ".join)
def test_a_program_that_asks_for_json_gets_it_on_a_terminal_too(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main([*command, "--json"]) == 0
    assert is_json(capsys.readouterr().out)
