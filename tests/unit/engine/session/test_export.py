"""A session in the formats of others."""

import csv
import io
import json

import pytest

from engine.core.signals import Mark, to_json
from engine.football.match_clock import MatchClock
from engine.session import Review, SessionReader
from engine.session.export import (
    Span,
    document,
    json_lines,
    labels,
    soccernet,
    write_csv,
    write_parquet,
)
from tests.unit.engine.session.helpers import EVENTS, recorder, start


@pytest.fixture
def session(root, time):
    writer = recorder(root, time)
    for event in EVENTS:
        writer.write(event)
        time.pass_s(1.0)
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        yield reader


def test_json_lines_are_those_that_live_printed(session):
    assert [json.loads(line) for line in json_lines(session)] == [to_json(e) for e in (start(session.name), *EVENTS)]


def test_a_time_range_keeps_start_and_end(session):
    kept = [json.loads(line)["type"] for line in json_lines(session, Span(1.0, 4.0))]
    assert kept == ["start", "reading", "alarm", "reading", "spike", "end"]


def test_csv_has_the_digits_of_the_json_lines_and_no_number_as_nothing(session):
    out = io.StringIO()
    assert write_csv(out, session, "readings") == 4
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert [(float(r["t"]), r["pressure"], r["health"]) for r in rows] == [
        (0.1, "", "warming_up"),
        (1.0, "0.4", "listening"),
        (2.0, "0.9", "listening"),
        (5.0, "0.2", "listening"),
    ]
    assert [r["utc"] for r in rows][:2] == ["2026-11-20T15:00:01.000+00:00", "2026-11-20T15:00:02.000+00:00"]


def test_csv_of_marks_survives_quotes_and_line_ends(session):
    out = io.StringIO()
    write_csv(out, session, "marks")
    assert list(csv.reader(io.StringIO(out.getvalue())))[1] == ["4.0", "goal", 'a "quoted",\nnote']


def test_the_document_holds_every_table(session):
    session.label_spike(Review("spike", 1.0, "right", "goal"))
    whole = json.loads(json.dumps(document(session), allow_nan=False))
    assert whole["spikes"][0]["verdict"] == "right"
    assert [len(whole[t]) for t in ("readings", "spikes", "rejected", "marks", "reviews", "health")] == [
        4,
        2,
        1,
        1,
        1,
        1,
    ]
    assert whole["settings"] == {"spike_on": 0.5}


@pytest.mark.parametrize("table", ["readings", "spikes", "reviews"])
def test_parquet_holds_what_csv_does(session, tmp_path, table):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = io.StringIO()
    count = write_csv(out, session, table)
    assert write_parquet(tmp_path / "x.parquet", session, table) == count
    read = parquet.read_table(tmp_path / "x.parquet")
    assert read.num_rows == count
    assert read.column_names == next(csv.reader(io.StringIO(out.getvalue())))


def test_soccernet_predictions_have_its_fields_by_half(session):
    made = soccernet(session, MatchClock({1: 0.5, 2: 2900.0}), game="league/season/game")
    assert made == {
        "UrlLocal": "league/season/game",
        "predictions": [
            {"gameTime": "1 - 00:01", "label": "Goal", "position": "1500", "half": "1", "confidence": "0.9"},
            {"gameTime": "2 - 01:45", "label": "Goal", "position": "105500", "half": "2", "confidence": "0.7"},
        ],
        "halves": {"first_s": 0.5, "second_s": 2900.0, "assumed": False},
    }
    ranked = soccernet(session, MatchClock({1: 0.5, 2: 2900.0}), ranked=True)["predictions"]
    assert [p["confidence"] for p in ranked] == ["1.0", "0.5"]


def test_marks_say_where_the_halves_began(session):
    def halves():
        return soccernet(session, MatchClock.from_marks(session.marks()))["halves"]

    assert halves() == {"first_s": 0.0, "second_s": None, "assumed": True}
    session.add_mark(Mark(12.0, "kick-off"))
    session.add_mark(Mark(3500.0, "second-half"))
    assert halves() == {"first_s": 12.0, "second_s": 3500.0, "assumed": False}


def test_reviews_teach_positives_and_hard_negatives(session):
    session.label_spike(Review("spike", 1.0, "right", "goal"))
    session.label_spike(Review("spike", 3000.0, "wrong", "music"))
    session.label_spike(Review("rejected", 4.0, "wrong", "chance"))
    taught = labels(session)
    assert [(p["onset"], p["end"], p["what"]) for p in taught.positives] == [(1.0, 3.0, "goal"), (4.0, 14.0, "chance")]
    assert [(n["onset"], n["end"], n["what"]) for n in taught.hard_negatives] == [(3000.0, 3010.0, "music")]
