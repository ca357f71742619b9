"""Anybody's predictions against SoccerNet's labels, and against its own package where that is installed."""

import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import UsageError
from engine.football.soccernet import Spot
from engine.football.soccernet_files import LABELS_V1, LABELS_V2, PREDICTIONS
from engine.football.soccernet_spots import CLASSES_V1, CLASSES_V2, LabelledSpots
from tests.unit.engine.football.refusals import refusal
from tests.unit.train.shared_data import SHARED
from tests.unit.train.soccernet_package import needs_package
from train.evaluate.soccernet.report import notices, table, to_report
from train.evaluate.soccernet.score import MEAN, MEAN_HAPPENED, Games, deltas_of, read_games, score, windows_of
from train.experiments.broadcasts.official_layout import (
    labels_document,
    labels_folder,
    predictions_folder,
    predictions_zip,
    read_labels,
    read_predictions,
)
from train.metrics.average_map import Events

TABLES = SHARED / "soccernet_v2"
NAME = "league/2020-2021/2020-08-0{} - 20-00 North 1 - 0 South"

PACKAGE_SAYS = {
    "loose": (
        0.2556661076607316,
        {"Goal": 0.5488053487035391, "Offside": 0.14457524767442126, "Corner": 0.5296499838016445},
    ),
    "tight": (0.030913317141738613, {"Goal": 0.014438177750272941, "Offside": 0.09090909090909091}),
}
"""What SoccerNet 0.2.0 gives for NetVLAD_v2's predictions on the labels of the test games in ../shared/data."""


def quiet(step, done, total, note=""):
    pass


def figures(games, metric="loose", draws=0):
    scored = score(games, metric, draws, np.random.default_rng(0), quiet)
    return {which: {name: one.value for name, one in each.items()} for which, each in scored.figures.items()}


def spot(second, label="Goal", confidence=1.0, half=1, shown=True):
    return Spot(half, round(1000 * second), label, confidence, shown)


@pytest.fixture
def two_games():
    names = [NAME.format(n) for n in (1, 2)]
    labels = {name: [spot(100), spot(300, "Corner"), spot(400, half=2)] for name in names}
    return labels, {name: [spot(101, confidence=0.9), spot(301, "Corner", 0.8)] for name in names}


def test_an_official_folder_and_an_official_zip_give_the_same_figures(two_games, tmp_path: Path):
    labels = labels_folder(two_games[0], tmp_path / "labels")
    folder, zipped = predictions_folder(two_games[1], tmp_path / "p"), predictions_zip(two_games[1], tmp_path / "p.zip")
    found = [figures(read_games(labels, path, quiet))[Events.ALL] for path in (folder, zipped)]
    assert found[0] == found[1]
    assert found[0]["Corner"] == 1.0
    assert found[0]["Goal"] == pytest.approx(6 / 11)
    assert found[0][MEAN] == pytest.approx((1 + 6 / 11) / 17)
    assert found[0][MEAN_HAPPENED] == pytest.approx((1 + 6 / 11) / 2)
    assert found[0]["Red card"] is None


def test_a_zip_with_one_folder_around_everything_is_read(two_games, tmp_path: Path):
    labels = labels_folder(two_games[0], tmp_path / "labels")
    wrapped = {f"my results/{game}": spots for game, spots in two_games[1].items()}
    games = read_games(labels, predictions_zip(wrapped, tmp_path / "p.zip"), quiet)
    assert not games.missing and not games.unlabelled


def test_a_game_without_predictions_counts_as_nothing_found_and_is_said(two_games, tmp_path: Path):
    labels, found = two_games
    lost = found.pop(NAME.format(2))
    found["league/2020-2021/another game"] = [*lost, spot(1, "Goals")]
    games = read_games(labels_folder(labels, tmp_path / "l"), predictions_folder(found, tmp_path / "p"), quiet)
    assert games.missing == (NAME.format(2),)
    assert figures(games)[Events.ALL]["Corner"] == pytest.approx(6 / 11)
    said = notices(to_report(score(games, "loose", 10, np.random.default_rng(0), quiet)))
    assert f"1 games have no predictions and count as if nothing had been found: {NAME.format(2)}" in said
    assert "1 games have no labels and are left out: league/2020-2021/another game" in said


def test_predictions_of_a_label_that_nobody_knows_are_said(two_games, tmp_path: Path):
    labels, found = two_games
    found[NAME.format(1)].append(spot(500, "Goals"))
    games = read_games(labels_folder(labels, tmp_path / "l"), predictions_folder(found, tmp_path / "p"), quiet)
    assert games.unknown == {"Goals": 1}


def test_what_was_shown_and_what_was_not_stand_apart_where_labels_say_so():
    game = {"g": [spot(100), spot(1000, shown=False)]}
    labelled = {name: LabelledSpots(tuple(spots), True) for name, spots in game.items()}
    games = Games(2, labelled, {"g": (spot(1001, confidence=0.5),)}, classes=("Goal",))
    found = figures(games, "at5")
    assert (found[Events.VISIBLE]["Goal"], found[Events.UNSHOWN]["Goal"]) == (0.0, 1.0)
    report = to_report(score(games, "at5", 0, np.random.default_rng(0), quiet))
    assert table(report).columns == ("", "events", "all", "visible", "unshown")
    assert report["figures"]["unshown"]["Goal"]["events"] == 1


def test_intervals_hold_the_figure_and_come_of_whole_games(two_games):
    labels, found = two_games
    found = {**found, NAME.format(2): []}
    games = Games(2, {g: LabelledSpots(tuple(s)) for g, s in labels.items()}, {g: tuple(s) for g, s in found.items()})
    corner = score(games, "loose", 50, np.random.default_rng(0), quiet).figures[Events.ALL]["Corner"]
    assert corner.low == 0.0 and corner.high == 1.0 and corner.value == pytest.approx(6 / 11)


def test_the_first_version_of_soccernet_is_judged_by_its_three_classes_where_predictions_name_them(tmp_path: Path):
    labels = {NAME.format(1): [spot(100), spot(200, "Yellow card"), spot(300, "Substitution")]}
    labels_folder(labels, tmp_path / "l")
    folder = labels_folder(labels, tmp_path / "l", version=1)
    names = [spot(100, "soccer", 0.9), spot(200, "card", 0.9), spot(300, "subs", 0.9)]
    games = read_games(folder, predictions_folder({NAME.format(1): names}, tmp_path / "p"), quiet)
    assert games.version == 1 and figures(games)[Events.ALL][MEAN] == 1.0
    (folder / NAME.format(1) / LABELS_V1).unlink()
    refusal("SoccerNet-v1's classes", read_games, folder, tmp_path / "p", quiet)


def test_predictions_of_other_games_are_refused_in_two_lines(two_games, tmp_path: Path):
    labels = labels_folder(two_games[0], tmp_path / "l")
    other = predictions_folder({"a/b/c": [spot(1)]}, tmp_path / "p")
    refusal("none of which has labels", read_games, labels, other, quiet)
    refusal("holds no results_spotting.json", read_games, labels, labels, quiet)
    refusal("holds no Labels-v2.json", read_games, other, other, quiet)
    refusal("name no class of SoccerNet", read_games, labels, _named(two_games[0], "goal!", tmp_path / "q"), quiet)


def _named(labels, label, folder):
    return predictions_folder({game: [spot(1, label)] for game in labels}, folder)


def test_windows_are_classified_by_the_surest_prediction_in_them(two_games, tmp_path: Path):
    labels, found = two_games
    games = read_games(labels_folder(labels, tmp_path / "l"), predictions_folder(found, tmp_path / "p"), quiet)
    scored = score(games, "loose", 10, np.random.default_rng(0), quiet, window_s=60.0)
    assert scored.windows["Corner"].value == 1.0
    # One of two goals is named; the other one's window ties with the eleven of both halves that have nothing.
    windows = windows_of(labels[NAME.format(1)], found[NAME.format(1)], ("Goal",), 60.0)
    assert windows.truth.sum() == 2 and windows.scores.max() == 0.9 and len(windows.scores) == 6 + 7
    assert scored.windows["Goal"].value == pytest.approx((1 + 2 / 13) / 2)
    report = to_report(scored)
    assert table(report).columns[-1] == "windows" and all(len(row) == 4 for row in table(report).rows)


def test_the_surest_of_two_predictions_in_a_window_counts_whichever_comes_last():
    sure, unsure = (Spot(1, ms, "Goal", confidence) for ms, confidence in ((5_000, 0.8), (9_000, 0.3)))
    for found in ((sure, unsure), (unsure, sure)):
        assert windows_of((), found, ("Goal",), 20.0).scores[0, 0] == 0.8


@pytest.mark.parametrize("metric", ["at0", "at6", "LOOSE", "loose\n", ""])
def test_an_unknown_metric_is_refused(metric):
    with pytest.raises(UsageError, match="no metric"):
        deltas_of(metric)


def random_game(draw: random.Random, classes: tuple[str, ...]) -> tuple[dict, dict]:
    """Crowded on purpose: events and predictions in the same frames, visibility of any kind."""
    annotations, guessed = [], []
    for label in classes:
        for _ in range(draw.randrange(5)):
            second = draw.randrange(0, 300)
            row = {"gameTime": f"{draw.choice([1, 2])} - {second // 60:02}:{second % 60:02}", "label": label}
            if draw.random() < 0.7:
                row["position"] = str(1000 * second + draw.randrange(1000))
            if draw.random() < 0.8:
                row["visibility"] = draw.choice(["visible", "not shown"])
            annotations.append(row)
        for _ in range(draw.randrange(9)):
            row = {"label": label, "position": str(draw.randrange(0, 300_000, 250)), "half": draw.choice("12")}
            guessed.append({**row, "confidence": str(draw.choice([0.0, 0.25, 0.5, 0.77, 1.0]))})
    return {"annotations": annotations}, {"predictions": guessed}


@needs_package
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("version", "metric"), [(2, "tight"), (2, "at1"), (1, "loose")])
def test_figures_of_files_are_those_of_the_package_shown_or_not(version, metric, tmp_path: Path, monkeypatch):
    from SoccerNet.Evaluation import ActionSpotting

    monkeypatch.setattr(ActionSpotting, "tqdm", lambda games: games)
    classes, file = {2: (CLASSES_V2, LABELS_V2), 1: (CLASSES_V1, LABELS_V1)}[version]
    draw = random.Random(f"{version} {metric}")
    for n in range(3):
        documents = random_game(draw, classes)
        for folder, name, document in zip(("l", "p"), (file, PREDICTIONS), documents, strict=True):
            (tmp_path / folder / NAME.format(n)).mkdir(parents=True)
            (tmp_path / folder / NAME.format(n) / name).write_text(json.dumps(document))
    theirs = ActionSpotting.evaluate(
        str(tmp_path / "l"),
        str(tmp_path / "p"),
        label_files=file,
        dataset=None,
        version=version,
        metric=metric,
        EVENT_DICTIONARY={label: c for c, label in enumerate(classes)},
    )
    games = read_games(tmp_path / "l", tmp_path / "p", quiet)
    ours = figures(games, metric)
    asked = {Events.ALL: ""} if version == 1 else {one: f"_{one}" if one != "all" else "" for one in Events}
    for which, suffix in asked.items():
        assert ours[which][MEAN] == pytest.approx(float(theirs[f"a_mAP{suffix}"]), abs=1e-9)
        for c, label in enumerate(classes):
            assert (ours[which][label] or 0.0) == pytest.approx(theirs[f"a_mAP_per_class{suffix}"][c], abs=1e-9)


@pytest.mark.shared
@pytest.mark.skipif(not TABLES.is_dir(), reason="needs ../shared/data/soccernet_v2")
def test_netvlads_real_predictions_on_the_hundred_test_games_score_as_in_the_package(tmp_path: Path):
    labels = labels_folder(read_labels(TABLES / "labels_test.csv.gz"), tmp_path / "labels")
    predicted = read_predictions(TABLES / "netvlad_v2_predictions_test.csv.gz")
    games = read_games(labels, predictions_zip(predicted, tmp_path / "results_spotting_test.zip"), quiet)
    assert sum(map(len, games.found.values())) == 27_678
    for metric, (mean, by_class) in PACKAGE_SAYS.items():
        found = figures(games, metric)[Events.ALL]
        assert found[MEAN] == pytest.approx(mean, abs=1e-9)
        assert {label: found[label] for label in by_class} == pytest.approx(by_class, abs=1e-9)


def test_labels_may_lie_in_a_zip_too(two_games, tmp_path: Path):
    labels, found = two_games
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        for game, spots in labels.items():
            archive.writestr(f"{game}/{LABELS_V2}", json.dumps(labels_document(game, spots)))
    games = read_games(tmp_path / "l.zip", predictions_folder(found, tmp_path / "p"), quiet)
    assert figures(games)[Events.ALL]["Corner"] == 1.0
