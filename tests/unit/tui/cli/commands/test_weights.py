"""``momentum weights``."""

import json
import shutil
from pathlib import Path

import pytest

from engine.core.paths import shipped_weights
from tui.cli.main import main


@pytest.fixture
def own(home: Path) -> Path:
    """A copy of the shipped weights among the user's own, named ``own``."""
    return Path(shutil.copytree(shipped_weights() / "default", home / "data" / "weights" / "own"))


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> object:
    assert main(["weights", *args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_list_shows_the_users_own_beside_the_shipped_and_what_is_wrong_with_one(
    own: Path, capsys: pytest.CaptureFixture[str]
):
    shutil.copytree(own, own.parent / "broken")
    (own.parent / "broken" / "config.json").write_text("{")
    rows = answer(capsys, "list")
    assert isinstance(rows, list)
    assert [row["name"] for row in rows] == ["broken", "own", "default"]
    assert [bool(row["fault"]) for row in rows] == [True, False, False]


def test_show_prints_the_card(own: Path, capsys: pytest.CaptureFixture[str]):
    (own / "CARD.md").write_text("# A card\n\x1b[2J")
    shown = answer(capsys, "show", "own")
    assert isinstance(shown, dict)
    assert shown["card"].startswith("# A card")
    assert shown["folder"] == str(own)


def test_verify_takes_a_name_a_folder_or_the_configured_weights(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MOMENTUM_WEIGHTS", "own")
    for args in ((), ("own",), (str(own),)):
        checked = answer(capsys, "verify", *args)
        assert isinstance(checked, dict)
        assert (checked["whole"], checked["folder"]) == (True, str(own))


def test_a_flipped_byte_is_found_and_ends_with_4(own: Path, capsys: pytest.CaptureFixture[str]):
    tensors = bytearray((own / "weights.safetensors").read_bytes())
    tensors[-1] ^= 1
    (own / "weights.safetensors").write_bytes(tensors)
    assert main(["weights", "verify", "own"]) == 4
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("momentum: ")
    assert hint.startswith("  ")


@pytest.mark.parametrize("command", ["show", "verify"])
def test_weights_that_are_not_there_end_with_4(capsys: pytest.CaptureFixture[str], command: str):
    assert main(["weights", command, "nowhere"]) == 4
    assert "'nowhere'" in capsys.readouterr().err


def test_a_missing_card_is_said(own: Path, capsys: pytest.CaptureFixture[str]):
    (own / "CARD.md").unlink()
    assert main(["weights", "show", "own"]) == 4
    assert "CARD.md can't be read" in capsys.readouterr().err
