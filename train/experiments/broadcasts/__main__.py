"""Picture and sound together, on simulated broadcasts: draw them, then measure what each channel and fusion finds.

``python -m train.experiments.broadcasts draw --data ../shared/data/soccernet_v2 --out DIR`` draws, and goes on after a
kill.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.core.errors import MomentumError
from engine.core.text import plain
from train.experiments.broadcasts.drawing import Sizes, draw


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; a fault that a person can mend is two lines."""
    parser = argparse.ArgumentParser(prog="python -m train.experiments.broadcasts", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    drawing = steps.add_parser("draw", help="draw the broadcasts that are not there yet")
    drawing.add_argument("--data", type=Path, required=True, help="the folder soccernet_v2 of the shared data")
    drawing.add_argument("--out", type=Path, required=True, help="where the broadcasts are kept")
    drawing.add_argument("--seed", type=int, default=0)
    usual = Sizes()
    for name, value in (("train", usual.train), ("valid", usual.valid), ("test", usual.test)):
        drawing.add_argument(f"--{name}", type=int, default=value, help=f"games to {name} with")
    drawing.add_argument("--minutes", type=float, default=usual.minutes, help="how much of each half")
    given = parser.parse_args(arguments)
    try:
        draw(given.data, given.out, Sizes(given.train, given.valid, given.test, given.minutes), given.seed, tell)
    except MomentumError as error:
        sys.stderr.write(f"{plain(error.message)}\n  {plain(error.hint)}\n")
        return int(error.exit_code)
    return 0


def tell(step: str, done: float, total: float | None, note: str = "") -> None:
    """Progress, a line each."""
    of = "" if total is None else f" of {total:g}"
    sys.stderr.write(f"{plain(step)}: {done:g}{of} {plain(note)}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
