"""``momentum config``."""

import json
from pathlib import Path

import pytest

from tui.cli.main import main


def test_show_says_for_every_setting_what_set_it_and_which_way_it_turns(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert main(["config", "init"]) == 0
    (home / "config" / "config.toml").write_text("spike_merge_s = 4\n")
    monkeypatch.setenv("MOMENTUM_SPIKE_ON", "0.8")
    capsys.readouterr()
    assert main(["config", "show", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["spike_on"]["value"], rows["spike_on"]["set_by"]) == (0.8, "environment")
    assert (rows["spike_merge_s"]["value"], rows["spike_merge_s"]["set_by"]) == (4, "file")
    assert rows["weights"]["set_by"] == "default"
    assert "Higher:" in rows["spike_on"]["help"]


def test_show_does_not_show_what_opens_an_address(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOMENTUM_SOURCE", "http://fan:hunter2@radio.example/live?token=a1b2c3")
    assert main(["config", "show", "--json"]) == 0
    (source,) = (row for row in json.loads(capsys.readouterr().out) if row["name"] == "source")
    assert source["value"] == "http://radio.example/live?token=***"


def test_init_writes_a_private_file_where_path_points_and_never_replaces_one_unasked(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["config", "path"]) == 0
    file = Path(capsys.readouterr().out.strip())
    assert main(["config", "init"]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("log_level = 'debug'\n")
    assert main(["config", "init"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["config", "init", "--force"]) == 0
    assert file.read_text().startswith("# Settings")


def test_a_bad_file_is_two_lines_and_exit_code_2(home: Path, capsys: pytest.CaptureFixture[str]):
    main(["config", "init"])
    (home / "config" / "config.toml").write_text("spike_on = 7\n")
    assert main(["config", "show"]) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert message.endswith("config.toml: spike_on = 7: input should be less than or equal to 1")
    assert hint.startswith("  spike_on: Index at which")


@pytest.mark.parametrize("command", [["config", "show"], ["live", "demo"], ["weights", "show"]])
def test_bad_keys_are_found_by_whatever_reads_the_configuration(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str]
):
    main(["config", "init"])
    file = home / "config" / "config.toml"
    file.write_text("[keys]\ngaol = 'f2'\n")
    capsys.readouterr()
    assert main(command) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert message == f"momentum: {file}: [keys]: there is nothing called 'gaol' that a key could do"
    assert hint == "  Did you mean goal?"


def test_keys_that_contradict_each_other_are_found_in_the_environment_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOMENTUM_KEYS", '{"goal": "m"}')
    assert main(["config", "show"]) == 2
    assert "MOMENTUM_KEYS in the environment: the key 'm' is bound to both" in capsys.readouterr().err


def test_on_a_full_disk_no_half_a_file_is_left(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert main(["config", "init"]) == 1
    assert "config.toml: No space left" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setenv("MOMENTUM_HOME", str(home))
    assert main(["config", "init"]) == 0
