"""Tables for people, JSON for programs."""

import json

import pytest

from tui.cli.output import Column, print_json, print_lines, print_table, say


def test_a_row_is_one_line_for_grep(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table([Column("name"), Column("folder")], [("mine", "/a/very/long/folder " * 40), ("yours", "/b")])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == ["mine", "yours"]


def test_a_terminal_gets_a_table_as_wide_as_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    print_table([Column("name"), Column("folder")], [("mine", "/a/very/long/folder " * 40)])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


def test_a_sentence_on_stderr_is_one_harmless_line(capsys: pytest.CaptureFixture[str]):
    say("recording \x1b[2Jmic\n  now")
    assert capsys.readouterr() == ("", "recording \ufffd[2Jmic now\n")


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
