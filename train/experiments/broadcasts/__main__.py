"""Picture and sound together, on simulated broadcasts: draw them, then measure what each channel and fusion finds.

python -m train.experiments.broadcasts draw --data ../shared/data/soccernet_v2 --out DIR
python -m train.experiments.broadcasts measure --drawn DIR --out FOLDER

Both go on after a kill. With --video and --audio, features that others made are measured instead.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.core.as_program import as_program
from engine.core.files import private_folder, write_whole
from engine.core.png import png
from engine.core.text import plain
from train.experiments.broadcasts.make_features import RAW, make_missing, scale, scaled_names
from train.experiments.broadcasts.measuring import MODELS, SETTINGS, judge_model
from train.experiments.broadcasts.sheet import sheet
from train.experiments.broadcasts.simulate_broadcasts import Sizes, draw, read_plan
from train.experiments.broadcasts.tables import figures_of, tables
from train.fit.spotting.settings import SpottingSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.broadcasts", description=(__doc__ or "").splitlines()[0]
    )
    steps = parser.add_subparsers(dest="step", required=True)
    drawing = steps.add_parser("draw", help="draw the broadcasts that are not there yet")
    drawing.add_argument("--data", type=Path, required=True, help="the folder soccernet_v2 of the shared data")
    drawing.add_argument("--out", type=Path, required=True, help="where the broadcasts are kept")
    drawing.add_argument("--seed", type=int, default=0)
    usual = Sizes()
    for name, value in (("train", usual.train), ("valid", usual.valid), ("test", usual.test)):
        drawing.add_argument(f"--{name}", type=int, default=value, help=f"games to {name} with")
    drawing.add_argument("--minutes", type=float, default=usual.minutes, help="how much of each half")
    measuring = steps.add_parser("measure", help="features, models and tables of the drawn broadcasts")
    measuring.add_argument("--drawn", type=Path, required=True, help="the folder of the step 'draw'")
    measuring.add_argument("--out", type=Path, required=True, help="where weights, figures and tables go")
    measuring.add_argument("--video", help="features of the picture that are there: the NAME of <half>_NAME.npy")
    measuring.add_argument("--audio", help="features of the sound that are there")
    measuring.add_argument("--epochs", type=int, default=SETTINGS.epochs)
    measuring.add_argument("--only", choices=list(MODELS), help="teach this model alone, to do so side by side")
    picture = steps.add_parser("picture", help="a sheet of frames for the documentation")
    picture.add_argument("file", type=Path, help="a PNG")
    given = parser.parse_args(arguments)
    if given.step == "draw":
        draw(given.data, given.out, Sizes(given.train, given.valid, given.test, given.minutes), given.seed, tell)
    elif given.step == "picture":
        given.file.write_bytes(png(sheet()))
    else:
        names = {"video": given.video, "audio": given.audio} if given.video and given.audio else None
        settings = replace(SETTINGS, epochs=given.epochs)
        sys.stdout.write(measure(given.drawn, given.out, names, settings, given.only) + "\n")
    return 0


def measure(
    drawn: Path, out: Path, names: Mapping[str, str] | None, settings: SpottingSettings, only: str | None = None
) -> str:
    """Judge every model of ``MODELS`` on the drawn broadcasts; figures and tables are written, the tables returned.

    ``names`` of the features of both channels; None: they are made where they are missing, and scaled. ``only``: one
    model is taught, for a later run that judges all of them, and nothing is written or returned.
    """
    games = read_plan(drawn)
    if names is None:
        make_missing(games, drawn, tell)
        names = scaled_names(RAW)
        if not all((game.folder(drawn) / f"2_{name}.npy").exists() for game in games for name in names.values()):
            scale(games, drawn, RAW)
    judged = {}
    for name, (channels, fusion) in MODELS.items():
        if only in (None, name):
            tell(name, 0, None)
            chosen = {channel: names[channel] for channel in channels}
            work = private_folder(out / name.replace(", ", "-").replace(" ", "-"))
            judged[name] = judge_model(drawn, chosen, fusion, work, settings, lambda text: tell(text, 0, None))
    if only is not None:
        return ""
    figures = figures_of(judged)
    text = tables(figures)
    write_whole(out / "figures.json", (json.dumps(figures, indent=1) + "\n").encode())
    write_whole(out / "tables.md", (text + "\n").encode())
    return text


def tell(step: str, done: float, total: float | None, note: str = "") -> None:
    """Progress, a line each."""
    of = "" if total is None else f" of {total:g}"
    sys.stderr.write(f"{plain(step)}: {done:g}{of} {plain(note)}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(as_program(main))
