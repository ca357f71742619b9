"""What leaves the machine keeps the published schema, whatever happened."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from jsonschema import Draft202012Validator

from engine.core.signals import Alarm, End, HealthChange, Mark, Reading, Rejected, Spike, Start
from engine.publish.messages import KINDS, Message, Numbered, message, schema, topic, topic_level
from tests.unit.engine.publish.test_lines import EVENTS, START

AT = datetime(2026, 11, 20, 15, 1, 8, 412_700, UTC)
SESSION = "20261120T150000Z-4f2a9c"


def made(event, number=7, venue="Old Trafford", late=False, at=AT) -> Message:
    found = message(Numbered(event, number, at), venue, SESSION, late)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def test_every_kind_of_event_keeps_the_schema_late_or_not(validator: Draft202012Validator):
    sent = [made(event, late=late) for event in EVENTS for late in (False, True) if not isinstance(event, Rejected)]
    for each in sent:
        validator.validate(json.loads(each.payload()))
    assert {each.kind for each in sent} == set(KINDS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pressure": 1.5}, {"v": 2}, {"id": "r7"}, {"late": False}, {"health": "fine"}, {"t": "12"}, {"at": "now"},
        {"type": "spike"}, {"session": "a/b"},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_no_message(validator: Draft202012Validator, wrong: dict[str, object]):
    body = json.loads(made(EVENTS[3]).payload())
    validator.validate(body)
    assert not validator.is_valid(body | wrong)


def test_what_crowd_and_commentary_say_together_is_in_a_reading_and_no_word_of_it(validator: Draft202012Validator):
    body = json.loads(made(replace(EVENTS[3], fused=0.4375)).payload())
    validator.validate(body)
    assert body["fused"] == 0.4375 and not validator.is_valid(body | {"fused": None})


def test_a_message_says_where_when_and_what_as_json_lines_do():
    assert made(EVENTS[3]).body == {
        "v": 1, "id": f"{SESSION}/r7", "type": "reading", "venue": "Old Trafford", "session": SESSION,
        "at": "2026-11-20T15:01:08.412Z", "t": 39.8, "pressure": 0.25, "level_db": -30.04, "peak_db": -20.0,
        "health": "listening", "compute_ms": 2.1,
    }  # fmt: skip


def test_an_id_stays_the_same_when_a_message_is_sent_again_and_differs_from_all_others():
    spike = next(event for event in EVENTS if isinstance(event, Spike))
    assert made(spike).id == made(spike, late=True).id == f"{SESSION}/e7"
    assert len({made(spike, 7).id, made(spike, 8).id, made(EVENTS[2], 7).id}) == 3


def test_a_candidate_that_was_not_reported_stays_on_the_machine():
    assert message(Numbered(Rejected(60.0, 0.55, "below_threshold", 63.0), 1, AT), "v", SESSION) is None


def test_the_moment_is_utc_whatever_zone_the_clock_has():
    there = AT.astimezone(timezone(timedelta(hours=2)))
    assert made(START, at=there).body["at"] == "2026-11-20T15:01:08.412Z"


def test_what_is_no_number_is_null_and_what_steers_a_terminal_is_gone():
    silent = made(Reading(1.0, None, float("-inf"), float("nan"), EVENTS[2].health)).body
    assert (silent["level_db"], silent["peak_db"]) == (None, None)
    marked = made(Mark(1.0, "go\x1b[31mal", "2\n-\u202e1"), venue="a\x07b").payload().decode()
    assert not [steering for steering in ("001b", "202e", "0007", "000a") if f"\\u{steering}" in marked]


def test_a_text_without_end_is_cut(validator: Draft202012Validator):
    body = made(HealthChange(1.0, EVENTS[2].health, "x" * 100_000), venue="v" * 10_000)
    validator.validate(body.body)
    assert len(body.payload()) < 2000


@pytest.mark.parametrize(
    ("venue", "level"),
    [
        ("Old Trafford", "Old-Trafford"), ("a/b", "a-b"), ("#", "venue"), ("+", "venue"), ("", "venue"),
        ("a\0b", "a-b"),
        ("São Paulo", "São-Paulo"), ("\ud800x", "x"), ("$SYS", "$SYS"), ("a\x1b[2Jb", "a-[2Jb"), ("\u202eab", "ab"),
    ],
)  # fmt: skip
def test_a_venue_can_only_ever_be_one_level_of_a_topic(venue: str, level: str):
    assert topic_level(venue) == level
    assert topic("momentum", venue, "reading") == f"momentum/{level}/reading"
    topic("momentum", venue, "reading").encode()


def test_the_moment_of_a_spike_is_its_end_and_of_an_alarm_its_decision():
    assert made(Alarm(40.1, 41.2, 0.9)).body["t"] == 41.2
    assert made(Spike(40.1, 42.0, 50.0, 0.95, 41.2)).body["t"] == 50.0
    assert made(End(3700.0, "end_of_file")).body["t"] == 3700.0
    assert made(replace(START)).body["t"] == 0.0
    assert isinstance(START, Start)
