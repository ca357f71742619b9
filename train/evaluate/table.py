"""Tables of text, and numbers as they stand in them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of text; the first column is what the row is about. ``note`` says how to read it."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number(value: float | None, digits: int = 3) -> str:
    """A figure as it is shown; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def with_interval(row: Mapping[str, float | None], digits: int = 3) -> str:
    """A figure with its interval."""
    if row["value"] is None or row["low"] is None:
        return number(row["value"], digits)
    return f"{number(row['value'], digits)} ({number(row['low'], digits)}–{number(row['high'], digits)})"
