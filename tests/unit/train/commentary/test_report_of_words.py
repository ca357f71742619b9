"""The tables say what was measured, row by row."""

from train.commentary.report import ROWS, card, tables
from train.commentary.soccernet_label_table import JUDGED
from train.commentary.tuning import WITHIN_S


def document():
    row = {"value": 0.25, "low": 0.2, "high": 0.3}
    figures = {name: {label: row for label in ("mean", *JUDGED)} for name in ROWS}
    figures["words, archive"] = {label: {"value": 0.321, "low": 0.3, "high": 0.35} for label in ("mean", *JUDGED)}
    calibration = {
        "spots": 100,
        "ece": 0.0123,
        "likely": 40,
        "ece_of_likely": 0.0456,
        "ece_by_class": dict.fromkeys(JUDGED, 0.01),
        "points": [[0.1, 0.12, 50], [0.8, 0.7, 50]],
    }
    of_game = dict.fromkeys(("mean", *JUDGED), 0.2)
    channel = {"offset_s": 6.0, "reach_s": 12.0, "silent": -5.0, "mean": -4.0, "weight": 0.8}
    return {
        "figures": figures,
        "gain": {label: {"value": 0.061, "low": 0.04, "high": 0.08} for label in ("mean", *JUDGED)},
        "calibration": {"archive": calibration},
        "by_language": {"ru": {"games": 3, "words, archive": of_game, "words, live": of_game}},
        "by_league": {"spain": {"games": 3, "words, archive": of_game, "words, live": of_game}},
        "alignment": {
            "halves": 10,
            "refused": 2,
            "offset_quantiles_s": [-4.0, -2.0, 0.0, 0.0, 0.0, 2.0, 4.0],
            "offsets_within_10_s": 1.0,
            "wrong_games": 100,
            "wrong_games_refused": 97,
        },
        "fusion": {
            "rules": {label: {"words": channel, "video": channel} for label in JUDGED},
            "shares": {label: {"words": 1.5, "video": 2.5} for label in JUDGED},
        },
    }


def test_every_figure_of_the_document_stands_in_the_tables():
    text = tables(document())["tables.md"]
    for figure in ("0.321 (0.300 to 0.350)", "+0.061", "+0.040 to +0.080", "0.046 (40)", "| 97 |", "+6.0 s", "+2.50"):
        assert figure in text
    widths = {line.count("|") for line in text.split("\n\n")[0].splitlines()}
    assert len(widths) == 1


def test_the_picture_shows_what_was_said_against_what_was_true():
    picture = tables(document())["reliability-archive.svg"]
    assert picture.startswith("<svg")
    assert picture.count("<circle") == 2


def test_the_card_says_what_the_model_was_taught_on_and_how_near_is_right():
    text = card({"archive": {"figures": dict.fromkeys(("mean", *JUDGED), 0.25)}}, {})
    assert "CC BY 4.0" in text
    assert f"within {WITHIN_S:.0f} s" in text
