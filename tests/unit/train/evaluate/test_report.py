"""What is shown of an evaluation: plain data, tables, a page that needs nothing else."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from engine.core.paths import shipped_weights
from engine.live.spike_detector import SpikeSettings
from engine.model.checkpoint import load
from tests.unit.train.evaluate.predicted_matches import matches
from train.data.labels import Danger
from train.evaluate.card import measured_sections
from train.evaluate.charts import Line, legend, line_chart, ticks
from train.evaluate.compute_figures import evaluate_all
from train.evaluate.confusers import ConfuserRow
from train.evaluate.evaluation import EvaluateSettings, Evaluation
from train.evaluate.html_page import summary, to_html
from train.evaluate.real_sounds.reels import MoodFigures, ReelFigures
from train.evaluate.real_sounds.rises import RiseFigures
from train.evaluate.real_sounds.tag_figures import TagFigures
from train.evaluate.report import caught_by_budget, tables, to_report
from train.evaluate.table import with_interval
from train.metrics.bootstrap import Interval

HOSTILE = "<script>alert('x')</script>&\x1b[31m"


@pytest.fixture(scope="module")
def report():
    tests, others = tuple(matches()), tuple(matches(2, 10))
    scorers = evaluate_all(tests, others, SpikeSettings(), 5.0, np.random.default_rng(1), draws=10)
    reel = ReelFigures(Interval(0.9, 0.8, 0.95), (0.9,), {"whistle": 0.9}, 0.8, 0.85, 0.5, {"bed": 1.0, "whistle": 2.0})
    return to_report(
        Evaluation(
            weights=load(shipped_weights() / "default"),
            rule=Danger(),
            settings=EvaluateSettings(),
            tests=tests,
            validation=others,
            train_matches=6,
            scorers=tuple(scorers),
            confusers=(ConfuserRow("rain", 0.2, {"index": 1.5, "loudness": float("nan")}, 0.99),),
            reels={"index": reel, HOSTILE: reel},
            reel_names=("reel.flac",),
            seen=1,
            moods={
                "index": MoodFigures({"v1": 0.9}, {"v1": {-3: 0.1, 3: 0.6}}),
                HOSTILE: MoodFigures({"v1": float("nan")}, {"v1": {-3: 0.1, 3: 0.1}}),
            },
            rises={"index": RiseFigures(0.925, 14, 14, 8, 4, 5.0, 1)},
            tags=TagFigures({"cheer": 0.71}, {"cheer": 0.1}, {"reaction": 0.8, "chant": 0.4}, 0.2),
        )
    )


def test_the_report_is_json_without_anything_that_is_no_number(report):
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["confusers"][0]["alarms_per_hour"]["loudness"] is None


def test_every_listener_stands_in_the_same_tables(report):
    ranking = tables(report)[0]
    assert [row[0] for row in ranking.rows] == ["index", "boosting", "loudness"]
    assert re.fullmatch(r"0\.\d{3} \(0\.\d{3}–\d\.\d{3}\)", ranking.rows[0][1])


def test_rows_are_as_wide_as_their_heading(report):
    assert all(len(row) == len(table.columns) for table in tables(report) for row in table.rows)


def test_false_alarms_of_a_reel_are_those_with_confusers(report):
    assert report["reels"]["index"]["false_alarms_per_hour"] == 2.0


def test_the_summary_says_what_it_was_measured_on(report):
    text = " ".join(summary(report))
    assert "4 matches (simulated)" in text
    assert "12 danger events, 4 of them goals" in text
    assert "learned from 1 of these matches" in text
    assert "not at a real ground" in text


def test_the_card_tells_what_was_measured_on_matches_reels_and_moods(report):
    sections = measured_sections(report)
    assert [section.split("\n")[0] for section in sections[:2]] == [
        "## Tested on simulated matches",
        "## Tested on real sounds",
    ]
    index = next(one for one in report["listeners"] if one["name"] == "index")
    assert f"| ROC-AUC of danger | {with_interval(index['figures']['roc_auc'])} |" in sections[0]
    assert "| index | 0.900 (0.800–0.950) | 0.8 |" in sections[1]
    assert sections[2].endswith(f"| index | 0.90 |\n| {HOSTILE} | – |")


def test_a_card_says_nothing_of_what_was_not_measured(report):
    nothing = {"listeners": [], "reels": {}, "moods": {}, "rises": {}, "tags": None}
    assert measured_sections(report | nothing) == []
    heard = "\n".join(measured_sections(report | nothing | {"rises": report["rises"], "tags": report["tags"]}))
    assert "| index | 0.925 | 14 of 14 | 4 of 8 | 1 in 5.0 minutes |" in heard
    assert "| cheer | 0.71 | 0.100 |" in heard
    assert "| right | 0.80 | 0.40 | 0.60 |" in heard


def test_the_curve_says_what_is_caught_within_each_budget():
    points = [(4.0, 0.5), (0.0, 0.2), (2.0, 0.1), (12.0, 1.0), (3.0, None)]
    scorer = {"curve": [{"false_per_match": false, "recall": recall} for false, recall in points]}
    curve = caught_by_budget(scorer, 10.0)
    assert curve == [(0.0, 0.2), (2.0, 0.2), (2.0, 0.2), (4.0, 0.2), (4.0, 0.5), (10.0, 0.5)]
    assert caught_by_budget({"curve": []}, 10.0) == []


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.loaded, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_loads_nothing_and_runs_nothing(report):
    page = _Page()
    page.feed(to_html(report, "today"))
    assert page.loaded
    assert all(value.startswith("data:image/svg+xml;base64,") for value in page.loaded)
    assert "script" not in page.tags
    assert page.tags.count("figure") == 3


def test_a_chart_is_well_formed_and_holds_every_line():
    svg = line_chart(
        [Line(HOSTILE[:25], [(0, 0), (1, 1)], dots=True), Line("b", [])], "x & y", "z", (0, 1), (0, 1), True
    )
    root = ElementTree.fromstring(svg)
    assert len(root.findall(".//{*}circle")) == 2
    ElementTree.fromstring(legend(["a<b", "c"]))


def test_points_beyond_the_limits_are_drawn_on_the_edge():
    inside = line_chart([Line("a", [(1.0, 1.0)], dots=True)], "x", "y", (0, 1), (0, 1))
    assert line_chart([Line("a", [(9.0, 9.0)], dots=True)], "x", "y", (0, 1), (0, 1)) == inside


@pytest.mark.parametrize("limits", [(0, 1), (0, 0.05), (0, 10), (-3, 3)])
def test_ticks_are_few_and_round(limits):
    found = ticks(*limits)
    assert 3 <= len(found) <= 8
    assert all(limits[0] <= tick <= limits[1] for tick in found)
