"""Tables for a terminal, JSON for everything else."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tui.text import plain


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right."""

    title: str
    justify: Literal["left", "right"] = "left"


def wants_json(asked: bool = False) -> bool:
    """Whether the output is for a program: ``--json`` was given, or stdout is not a terminal."""
    return asked or not sys.stdout.isatty()


def print_json(value: Any) -> None:
    """``value`` as JSON on stdout, in ASCII so that every reader can take it. NaN is refused with a ``ValueError``."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout as wide as the terminal. Cells are plain text, whatever stands in them; None is a blank."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column.title, justify=column.justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else plain(cell)) for cell in row))
    Console(file=sys.stdout, highlight=False).print(table)


def print_lines(text: str) -> None:
    """Text of several lines on stdout, each of them plain, with its blanks as they are."""
    for line in text.splitlines():
        sys.stdout.write(" ".join(plain(word) for word in line.expandtabs().split(" ")) + "\n")
