"""What ``--help`` shows of every command."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tui.cli.main import app, main


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command that does something, and of every group."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*path, name))


ROOT: Any = typer.main.get_command(app)
PATHS = list(_commands(ROOT))
WORKING = [path for path in PATHS if not any(other[:-1] == path for other in PATHS if other)]


def _help(path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*path, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_on_a_terminal_of_80_columns_is_not_broken_by_it(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    shown = _help(path, capsys, monkeypatch)
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("path", WORKING, ids=" ".join)
def test_help_says_words_where_python_has_types(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    shown = _help(path, capsys, monkeypatch)
    assert not re.search(r"<\w+|\[\[|\{", shown)


@pytest.mark.parametrize("path", WORKING, ids=" ".join)
def test_help_shows_one_example_and_the_program_takes_it(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (example,) = re.findall(r"^  Example: momentum (.*)$", _help(path, capsys, monkeypatch), re.MULTILINE)
    args = shlex.split(example)
    assert tuple(args[: len(path)]) == path
    group, context = ROOT, ROOT.make_context("momentum", list(args))
    for _ in path:
        name, group, args = group.resolve_command(context, args)
        context = group.make_context(name, args, parent=context)  # raises for an option that is not there


@pytest.mark.parametrize("path", WORKING, ids=" ".join)
def test_what_can_be_json_can_be_text(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    shown = _help(path, capsys, monkeypatch)
    if "--json" in shown.partition("Options:")[2] and path not in {("live",), ("record",), ("watch",), ("replay",)}:
        assert "--json / --text" in shown
