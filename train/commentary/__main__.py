"""From data to model to table: ``python -m train.commentary fit`` and then, once, ``... test``.

``compare`` holds sentence vectors and the plain way against each other on the English validation games.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.commentary.word_network import WordNetwork
from engine.commentary.word_weights import (
    ARCHIVE,
    LIVE,
    MODES,
    ModeConfig,
    WordsConfig,
    load_words,
    save_words,
    shipped_words,
)
from engine.core.as_program import as_program
from engine.core.files import write_whole
from engine.core.text import plain
from train.commentary.corpus import HalfWords, read_corpus
from train.commentary.cross_fit import FOLDS, SEEDS, WHOLE, fit_folds, heard_by_others, settings_of
from train.commentary.evaluate import alignment_figures, evaluate
from train.commentary.report import card, tables
from train.commentary.sentences.compare import compare, table_of
from train.commentary.soccernet_label_table import KINDS
from train.commentary.tuning import WITHIN_S, calibrate, tune

LABEL_RULE: Final = "words"
_DATA: Final = Path("../shared/data/soccernet_v2")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the steps."""
    parser = argparse.ArgumentParser(prog="python -m train.commentary", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    fitting = steps.add_parser("fit", help="teach the validation games, choose and calibrate on folds of them")
    fitting.add_argument("--out", type=Path, default=shipped_words(), help="where the model is written")
    fitting.add_argument("--jobs", type=int, default=1, help="networks that are fitted side by side")
    testing = steps.add_parser("test", help="open the test games and write the tables")
    testing.add_argument("--weights", type=Path, default=shipped_words())
    testing.add_argument("--out", type=Path, default=Path("commentary-test"), help="folder of figures and tables")
    comparing = steps.add_parser("compare", help="sentence vectors beside the plain way, on English validation games")
    comparing.add_argument(
        "--sentence-vectors",
        type=Path,
        metavar="FOLDER",
        help="an encoder's model.onnx and vocab.txt; left out without",
    )
    comparing.add_argument("--out", type=Path, default=Path("commentary-compare"), help="folder of figures and table")
    for step in (fitting, comparing):
        step.add_argument("--work", type=Path, default=Path(".words-work"), help="where networks of folds are kept")
    for step in (fitting, testing, comparing):
        step.add_argument("--data", type=Path, default=_DATA, help="the folder soccernet_v2 of the shared data")
    given = parser.parse_args(arguments)
    if given.step == "fit":
        fit_words(given.data, given.out, given.work, given.jobs)
    elif given.step == "test":
        test_words(given.data, given.weights, given.out)
    else:
        compare_ways(given.data, given.work, given.sentence_vectors, given.out)
    return 0


def fit_words(data: Path, out: Path, work: Path, jobs: int) -> None:
    """Fit, tune and calibrate both modes on the validation games, and write the model."""
    work.mkdir(parents=True, exist_ok=True)
    modes, networks, measured = {}, {}, {}
    for mode in MODES:
        _tell(f"{mode}: reading")
        halves = read_corpus(data, "valid", mode == LIVE, to_last_label=True)
        modes[mode], networks[mode], measured[mode] = _fit_mode(mode, halves, work, jobs)
        _tell(f"{mode}: {json.dumps(measured[mode]['figures'])}")
    config = WordsConfig(
        name="commentary",
        label_rule=LABEL_RULE,
        kinds=KINDS,
        within_s=WITHIN_S,
        modes=modes,
        taught_on="SoccerNet-Echoes transcripts and SoccerNet-v2 labels of the 100 validation games",
        measured=measured,
    )
    save_words(out, config, networks, card(measured, networks))


def _fit_mode(
    mode: str, halves: Sequence[HalfWords], work: Path, jobs: int
) -> tuple[ModeConfig, WordNetwork, dict[str, Any]]:
    each = fit_folds(mode, halves, work, jobs)
    logits = heard_by_others(halves, [each[fold] for fold in range(FOLDS)])
    events = {(half.game, half.half): half.events for half in halves}
    delay_s = delay_of(each[WHOLE]) if mode == LIVE else None
    tuned = tune(logits, events, delay_s)
    calibration = calibrate(logits, events, tuned.peaks, delay_s)
    measured: dict[str, Any] = {
        "on": f"the {len({half.game for half in halves})} validation games, by networks that never saw the game",
        "figures": {label: round(value, 4) for label, value in tuned.figures.items()},
        "settings": {**asdict(settings_of(mode)), "seeds": SEEDS[mode]},
    }
    if mode == ARCHIVE:
        measured["alignment"] = alignment_figures(halves, logits, 0)
    return ModeConfig(tuned.peaks, calibration, delay_s or 0.0, mode == LIVE), each[WHOLE], measured


def delay_of(network: WordNetwork) -> float:
    """How many seconds behind the end of a step the network reads."""
    from engine.commentary.features import STEP_S

    return network.reach_steps[1] * STEP_S


def test_words(data: Path, weights: Path, out: Path) -> None:
    """Open the test games with the model in ``weights``; figures as JSON, tables as Markdown, pictures as SVG."""
    document = evaluate(data, load_words(weights), _tell)
    _write(out, {"test.json": json.dumps(document, indent=1) + "\n", **tables(document)})


def compare_ways(data: Path, work: Path, folder: Path | None, out: Path) -> None:
    """Hold sentence vectors by the encoder in ``folder`` against the plain way; figures as JSON, table as Markdown."""
    document = compare(data, work, folder, _tell)
    _write(out, {"compare.json": json.dumps(document, indent=1) + "\n", "compare.md": table_of(document)})


def _write(out: Path, files: Mapping[str, str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_whole(out / name, text.encode())
    _tell(f"written: {out}")


def _tell(text: str) -> None:
    sys.stderr.write(f"{plain(text)}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(as_program(main))
