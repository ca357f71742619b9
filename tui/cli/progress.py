"""Progress of a long command on stderr: a bar with the time left in a terminal, a line every tenth elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from engine.core.telling import Progress
from engine.core.text import plain

_PARTS = 10


@contextmanager
def shown_on_stderr() -> Iterator[Progress]:
    """Show progress as it is told, and leave the terminal as it was."""
    if not sys.stderr.isatty():
        yield _lines(sys.stderr)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(file=sys.stderr),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def tell(step: str, done: float, total: float | None, note: str = "") -> None:
        if step not in tasks:
            tasks[step] = bars.add_task(plain(step), total=total)
        bars.update(tasks[step], completed=done, total=total, note=plain(note))

    with bars:
        yield tell


def _lines(out: TextIO) -> Progress:
    told: dict[str, int] = {}

    def tell(step: str, done: float, total: float | None, note: str = "") -> None:
        part = int(_PARTS * done / total) if total else 0
        if part > told.get(step, -1):
            told[step] = part
            share = f" {100 * part // _PARTS} %" if total else ""
            out.write(plain(f"{step}{share}, {note}" if note else f"{step}{share}") + "\n")
            out.flush()

    return tell
