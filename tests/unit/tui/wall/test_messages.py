"""What a broker hands over: messages of a recorder are read, all else is refused and costs nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.signals import Alarm, End, Event, Health, HealthChange, Mark, Reading, Spike, Start
from engine.publish.messages import Numbered, message, topic
from tests.unit.tui.wall.made_up import SESSION, start
from tui.wall.delivery import Delivery, Presence, Score
from tui.wall.messages import KINDS, MOST_BYTES, Refused, read_message

NOW = datetime(2026, 11, 21, 15, 0, 0, tzinfo=UTC)
EVENTS: list[Event] = [
    start(),
    Reading(12.5, 0.42, -30.0, -20.0, Health.LISTENING),
    Reading(13.0, None, -90.0, -80.0, Health.LOST),
    Alarm(10.0, 11.0, 0.9),
    Spike(10.0, 12.0, 15.0, 0.95, 11.0),
    HealthChange(9.0, Health.LOST, "USB"),
    Mark(3.0, "goal", "1-0"),
    End(20.0, "quit", "by hand"),
]


def read(kind: str, payload: bytes | dict[str, Any], venue: str = "oldham") -> Delivery:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_message(f"momentum/{venue}/{kind}", body, False, 50.0, NOW.timestamp() + 2.0)


def row(**changed: Any) -> dict[str, Any]:
    known = {"v": 1, "id": "s/r1", "type": "reading", "venue": "oldham", "session": SESSION, "at": NOW.isoformat()}
    return known | {"t": 5.0, "pressure": 0.5, "level_db": -30, "peak_db": -20, "health": "listening"} | changed


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_message_that_a_recorder_publishes_says_on_the_wall_what_it_said(event: Event) -> None:
    sent = message(Numbered(event, 7, NOW), "Old Trafford / north", SESSION, late=True)
    assert sent is not None
    came = read_message(
        topic("momentum", "Old Trafford / north", sent.kind), sent.payload(), False, 50.0, NOW.timestamp() + 2.0
    )
    assert came.news == event
    assert (came.session, came.late, came.retained) == (SESSION, True, False)
    assert came.behind_s == pytest.approx(2.0)
    assert came.name == "Old Trafford / north"


@pytest.mark.parametrize(
    ("payload", "online"), [(b"online", True), (b'"offline"', False), (b'{"state":"offline"}', False)]
)
def test_the_last_will_says_whether_a_venue_is_there(payload: bytes, online: bool) -> None:
    assert read("state", payload).news == Presence(online)


def test_a_test_message_is_no_alarm() -> None:
    alarm = {"type": "alarm", "onset": 1.0, "decided_at": 2.0, "pressure": 0.9, "test": True}
    assert read("spike", row(**alarm)).news == Presence(True)


def test_a_score_may_come_as_words_or_numbers() -> None:
    assert read("match", row(score="2 : 1")).news == Score("2-1")
    assert read("match", row(home=0, away=3)).news == Score("0-3")


def test_a_message_can_not_give_itself_out_for_another_venue() -> None:
    assert read("reading", row(venue="Wembley")).name == ""


def test_without_sound_there_is_no_number_whatever_the_message_says() -> None:
    assert read("reading", row(health="lost", pressure=0.9)).news == Reading(5.0, None, -30.0, -20.0, Health.LOST)


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"null", b"[]", b'"online"', b"{", b"\xff\xfe", b"[" * 8000, b'{"v":' + b"[" * 8000, b"9" * 8000,
        json.dumps(row()).replace("5.0", "NaN").encode(), json.dumps(row()).replace("5.0", "1e999").encode(),
        json.dumps(row()).replace("0.5", "Infinity").encode(),
        b" " * (MOST_BYTES + 1) + json.dumps(row()).encode(),
        row(v=2), row(v=True), row(v=None), row(t="5"), row(t=True), row(t=-1), row(t=1e12), row(t=None),
        row(pressure=1.5), row(pressure=-0.1), row(pressure="0.5"), row(pressure=[0.5]), row(pressure=True),
        row(health="fine"), row(health=None), row(health=[]), row(health={}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(payload: bytes | dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read("reading", payload)


@pytest.mark.parametrize("name", ["momentum/oldham/other", "momentum//reading", "reading", "x" * 300 + "/reading"])
def test_other_topics_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        read_message(name, json.dumps(row()).encode(), False, 0.0, 0.0)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.floats(), max_size=2)
)
FIELDS = st.sampled_from([*row(), "onset", "label", "score", "home", "away", "decided_at", "peak_pressure"])
OBJECTS = st.dictionaries(FIELDS, VALUES, max_size=8).map(lambda changed: json.dumps(row(**changed)).encode())


@given(st.sampled_from(KINDS), st.binary(max_size=300) | OBJECTS)
def test_whatever_arrives_is_read_or_refused_and_nothing_else(kind: str, payload: bytes) -> None:
    try:
        came = read(kind, payload)
    except Refused:
        return
    if isinstance(came.news, Reading | Start):
        value = came.news.pressure if isinstance(came.news, Reading) else came.news.threshold
        assert value is None or 0.0 <= value <= 1.0
