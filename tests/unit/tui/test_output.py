"""Tables for people, JSON for programs."""

import json
import sys

import pytest

from tui.output import Column, print_json, print_lines, print_table, wants_json


def test_json_is_for_whoever_asks_and_for_whatever_is_no_terminal(monkeypatch: pytest.MonkeyPatch):
    assert wants_json()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert not wants_json()
    assert wants_json(True)


def test_hostile_cells_are_shown_plainly_in_a_table(capsys: pytest.CaptureFixture[str]):
    print_table(
        [Column("device"), Column("rate", "right")],
        [("[red]Mic[/red]\x1b[2J\n", 48000), (":smile: \u202egnorw", None)],
    )
    out = capsys.readouterr().out
    assert "[red]Mic[/red]\ufffd[2J" in out
    assert ":smile: \ufffdgnorw" in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_hostile_text_is_escaped_in_json_and_comes_back_as_it_was(capsys: pytest.CaptureFixture[str]):
    name = "\x1b[2J\u202e\udcff"
    print_json({"name": name})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"name": name}


def test_lines_keep_their_blanks_and_lose_what_steers_the_terminal(capsys: pytest.CaptureFixture[str]):
    print_lines("a  b\n\n  \x1b[31mc")
    assert capsys.readouterr().out == "a  b\n\n  \ufffd[31mc\n"
