"""``python -m tests.bench [--only TOPIC] [--json]``: run the benchmarks and print one table."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

_FOLDER = Path(__file__).parent


def topics() -> list[str]:
    """The names of all benchmarks: ``live`` for ``bench_live.py``."""
    return sorted(file.stem.removeprefix("bench_") for file in _FOLDER.glob("bench_*.py"))


def load(topic: str) -> ModuleType:
    """The module of a topic."""
    return importlib.import_module(f"tests.bench.bench_{topic}")


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run the benchmarks.")
    parser.add_argument("--only", metavar="TOPIC", action="append", choices=topics(), help=", ".join(topics()))
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    chosen = parser.parse_args(args)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy, as the program itself does
    rows = []
    for topic in chosen.only or topics():
        print(f"{topic} …", file=sys.stderr, flush=True)
        rows += [(topic, row) for row in load(topic).run()]
    if chosen.json:
        print(json.dumps([{"topic": topic, **row._asdict()} for topic, row in rows], indent=2))
    else:
        print(table((topic, *row) for topic, row in rows))


def table(rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as their widest cell, numbers to three significant digits."""
    lines = [["topic", "what", "median", "unit", "spread", "note"], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if position in (2, 4) else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
        case _:
            return str(value)


if __name__ == "__main__":
    main()
