"""Scoring real predictions of a hundred games, files read, against SoccerNet's own package where that is installed."""

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from engine.football.soccernet_files import LABELS_V2, PREDICTIONS
from tests.bench import Row
from tests.unit.train.shared_data import SHARED
from train.evaluate.soccernet.score import MEAN, read_games, score
from train.experiments.broadcasts.official_layout import labels_folder, predictions_zip, read_labels, read_predictions
from train.metrics.average_map import Events

_TABLES = SHARED / "soccernet_v2"
_METRICS = ("loose", "tight")


def run() -> list[Row]:
    """Processor seconds of both ways, from a folder of labels and a zip of predictions to loose and tight figures."""
    if not _TABLES.is_dir():
        print("soccernet: left out, needs ../shared/data/soccernet_v2", file=sys.stderr)
        return []
    rows = []
    with tempfile.TemporaryDirectory() as made:
        labels = labels_folder(read_labels(_TABLES / "labels_test.csv.gz"), Path(made, "labels"))
        predicted = predictions_zip(
            read_predictions(_TABLES / "netvlad_v2_predictions_test.csv.gz"), Path(made, "predictions.zip")
        )
        for metric in _METRICS:
            _ours(labels, predicted, metric)  # once to warm up
            ours, mean = _seconds(_ours, labels, predicted, metric)
            rows.append(Row(f"{metric}: this program", ours, "s", None, f"mean {mean:.9f}"))
            if find_spec("SoccerNet") is None or find_spec("tqdm") is None:
                print("soccernet: the packages SoccerNet and tqdm are not installed", file=sys.stderr)
                continue
            theirs, package_mean = _seconds(_package, labels, predicted, metric)
            rows.append(Row(f"{metric}: the package SoccerNet", theirs, "s", None, f"mean {package_mean:.9f}"))
            rows.append(Row(f"{metric}: ratio", theirs / ours, "x", None, f"figures differ by {mean - package_mean:g}"))
    return rows


def _seconds(
    scored: Callable[[Path, Path, str], float], labels: Path, predicted: Path, metric: str
) -> tuple[float, float]:
    started = time.process_time()
    mean = scored(labels, predicted, metric)
    return time.process_time() - started, mean


def _ours(labels: Path, predicted: Path, metric: str) -> float:
    def quiet(step: str, done: float, total: float | None, note: str = "") -> None:
        pass

    scored = score(read_games(labels, predicted, quiet), metric, 0, np.random.default_rng(0), quiet)
    return float(scored.figures[Events.ALL][MEAN].value or 0.0)


def _package(labels: Path, predicted: Path, metric: str) -> float:
    from SoccerNet.Evaluation import ActionSpotting

    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ActionSpotting.evaluate(
            str(labels), str(predicted), prediction_file=PREDICTIONS, label_files=LABELS_V2, metric=metric
        )
    return float(found["a_mAP"])
