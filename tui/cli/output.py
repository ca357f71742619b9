"""What a command says: text for a person, JSON for a program that asks for it, and a word beside it on stderr."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import typer

from engine.core.text import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from engine.core.errors import MomentumError

_UNFOLDED: Final = 10_000
"""Cells; longer than any row."""

AsJson: TypeAlias = Annotated[bool, typer.Option("--json/--text", help="JSON for a program, or text for a person.")]
"""The one option of every command that lists or reports. Text goes into a pipe, too, unless JSON is asked for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right. In a narrow terminal cells are folded, but what must be copied
    ``whole`` is never, and of what may be ``cut`` the beginning is enough."""

    title: str
    justify: Literal["left", "right"] = "left"
    fit: Literal["fold", "whole", "cut"] = "fold"


def say(text: str) -> None:
    """A sentence to the person, on stderr: one plain line, whatever names stand in it."""
    sys.stderr.write(f"{plain(text)}\n")
    sys.stderr.flush()


def raise_last(faults: "Sequence[MomentumError]") -> None:
    """Of several files that could not be read, all but the last in a line each; the last is raised, if there is one."""
    for fault in faults[:-1]:
        say(fault.in_one_line)
    for fault in faults[-1:]:
        raise fault


def print_json(value: Any) -> None:
    """``value`` as JSON on stdout, in ASCII so that every reader can take it. NaN is refused with a ``ValueError``."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def console() -> "Console":
    """What prints tables on stdout: as wide as the terminal, and in a pipe or a file a row a line, however long."""
    from rich.console import Console

    class Printer(Console):
        def on_broken_pipe(self) -> None:
            raise  # rich would end the process with 1; main knows better

    measured = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Printer(file=sys.stdout, highlight=False, width=None if measured else _UNFOLDED)


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout. Cells are plain text, whatever stands in them; None is a blank."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for column in columns:
        whole = column.fit == "whole" or column.justify == "right"
        table.add_column(column.title, justify=column.justify, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(_cell(cell, column) for cell, column in zip(row, columns, strict=True)))
    print_rows(table)


def _cell(cell: object, column: Column) -> "Text":
    from rich.text import Text

    text = "" if cell is None else plain(cell)
    return Text(text, no_wrap=True, overflow="ellipsis") if column.fit == "cut" else Text(text)


def print_rows(table: "Table") -> None:
    """A table on stdout; what fills a cell up to its column's width ends no line where a program reads it."""
    printer = console()
    if sys.stdout.isatty():
        printer.print(table)
        return
    with printer.capture() as captured:
        printer.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def print_plot() -> None:
    """The figure that plotext holds, on stdout and without the codes for colours that it ends every line with."""
    import plotext

    sys.stdout.write(plotext.uncolorize(plotext.build()).rstrip("\n") + "\n")


def print_lines(text: str) -> None:
    """Text of several lines on stdout, each of them plain, with its blanks as they are."""
    print_each(text.splitlines())


def print_each(lines: Iterable[str]) -> None:
    """Lines on stdout, each of them one, whatever names stand in it: one with a line break in it forges no other."""
    for line in lines:
        sys.stdout.write(" ".join(plain(word) for word in line.expandtabs().split(" ")) + "\n")
