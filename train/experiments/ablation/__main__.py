"""What each choice is worth: ``python -m train.experiments.ablation OUT --work FOLDER``, each row trained and measured
the same way; with ``--cluster`` on many machines.

Every row is a short training (a fraction of the shipped one's steps and data), changed in one thing. Measured are how
well it ranks danger, and the crowd's cries, on simulated stretches kept apart, each in a ground of its own, with
intervals by stretch; and with ``--reel``, how well it tells real reactions from all else as loud. Rows whose sounds
are not given are left out.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.core.as_program import as_program
from train.experiments.ablation.judging import table
from train.experiments.ablation.rows import SEGMENTS, STEPS
from train.experiments.ablation.study import JUDGED_BY, study
from train.recipes.shipped_weights import MINUTES


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m train.experiments.ablation", description=__doc__)
    parser.add_argument("out", type=Path, help="Markdown file to write the table to")
    parser.add_argument("--work", type=Path, required=True, help="folder for drawn sounds, runs and rows")
    parser.add_argument("--open-data", type=Path, help="folder of StatsBomb's open data: real matches to play")
    parser.add_argument(
        "--audio", type=Path, help="real sounds with their MANIFEST.csv, for the row that lays them over"
    )
    for name, what in (
        ("--reel", "a reel made by train.experiments.make_reel; those made with its --part are judged by themselves"),
        ("--sounds", "a folder of recordings with its MANIFEST.csv, for the rows with recorded sounds"),
    ):
        parser.add_argument(name, type=Path, action="append", default=[], help=what)
    parser.add_argument(
        "--taggers", type=Path, help="a folder with a sound tagger, for the row that it teaches as well"
    )
    parser.add_argument("--every", type=_count, default=3, help="learn from every so many of the sounds")
    parser.add_argument("--only", action="append", default=[], help="rows by name")
    quick = parser.add_argument_group(
        "a quick look at whether it all runs, before a day of it; the figures say nothing"
    )
    quick.add_argument("--steps", type=_count, default=STEPS, help="of each stage, twice that of the head's last one")
    quick.add_argument(
        "--minutes", type=float, default=MINUTES, help="length of a drawn stretch; a reel has half of it"
    )
    quick.add_argument("--segments", type=_count, default=SEGMENTS, help="a batch, and as much less of all else in it")
    quick.add_argument("--judged-by", type=_count, default=JUDGED_BY, metavar="N", help="stretches kept apart, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cluster", help="a Dask cluster to train the rows on: tcp://HOST:PORT, or local:N")
    chosen = parser.parse_args(args)
    rows = study(chosen)
    chosen.out.write_text(table(rows), encoding="utf-8")
    sys.stdout.write(table(rows))


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


if __name__ == "__main__":
    sys.exit(as_program(main))
