"""A run as lines."""

import io
import json

from engine.core.signals import Alarm, End, Health, HealthChange, Mark, Reading, Rejected, Spike, Start, WordsEvent
from engine.publish.lines import CsvReadings, JsonLines, PlainLines, WhileRead

START = Start("s", "crowd\x1b[31m.wav", "default (untrained)", False, 22050, "2026-11-20T15:00:00Z", 0.7, "none")
EVENTS = [
    START,
    HealthChange(0.0, Health.WARMING_UP, "filling the history of 39 s"),
    Reading(38.7, None, -30.0, -20.0, Health.WARMING_UP),
    Reading(39.8, 0.25, -30.04, -20.0, Health.LISTENING, 2.1),
    Reading(39.9, 0.26, -30.0, -20.0, Health.LISTENING),
    Reading(40.1, 0.9, -12.0, -3.0, Health.LISTENING),
    Alarm(40.1, 41.2, 0.9),
    Spike(40.1, 42.0, 50.0, 0.95, 41.2),
    Rejected(60.0, 0.55, "below_threshold", 63.0),
    Mark(61.0, "goal", "2-1"),
    End(3700.0, "end_of_file"),
]


def _printed(printer_of, events=EVENTS) -> str:
    out = io.StringIO()
    printer = printer_of(out)
    for event in events:
        printer.write(event)
    printer.flush()
    return out.getvalue()


def test_json_lines_follow_the_contract():
    rows = [json.loads(line) for line in _printed(JsonLines).splitlines()]
    assert [row["type"] for row in rows] == [
        "start", "health", "reading", "reading", "reading", "reading", "alarm", "spike", "rejected", "mark", "end",
    ]  # fmt: skip
    start, health, warming, reading = rows[:4]
    assert start["schema"] == 1
    assert start["sample_rate"] == 22050
    assert health == {"type": "health", "t": 0.0, "health": "warming_up", "detail": "filling the history of 39 s"}
    assert warming["pressure"] is None
    assert reading == {
        "type": "reading", "t": 39.8, "pressure": 0.25, "level_db": -30.04, "peak_db": -20.0, "health": "listening",
        "compute_ms": 2.1,
    }  # fmt: skip
    assert set(rows[7]) >= {"onset", "peak", "end", "peak_pressure", "decided_at"}
    assert set(rows[8]) >= {"onset", "peak_pressure", "reason"}
    assert rows[-1] == {"type": "end", "t": 3700.0, "reason": "end_of_file", "detail": ""}


def test_an_event_that_was_spoken_of_is_a_line_with_its_share_and_its_words():
    event = WordsEvent(4290.0, 4280.0, 4284.0, "goal", 0.834, "goal, \x1b[31mnet")
    assert (
        _printed(lambda out: PlainLines(out, threshold=0.7), [event])
        == "1:11:24  said goal 83% (goal, \ufffd[31mnet)\n"
    )
    row = json.loads(_printed(JsonLines, [event]))
    assert (row["type"], row["at"], row["said"], row["probability"]) == ("words_event", 4280.0, 4284.0, 0.834)


def test_json_escapes_what_would_steer_a_terminal():
    assert "\x1b" not in _printed(JsonLines, [START])


def test_plain_lines_are_one_a_second_and_say_what_happened():
    lines = _printed(lambda out: PlainLines(out, threshold=0.7)).splitlines()
    assert len(lines) == len(EVENTS) - 1  # two readings in one second are one line
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "warming up" in text
    assert "0.90▲" in text
    assert "not reported (below threshold), highest 0.55" in text
    assert "1:01:40  end: end of file" in text


def test_the_first_plain_line_says_what_the_alarm_line_gives_where_that_is_known():
    def first(gives: str) -> str:
        return _printed(lambda out: PlainLines(out, threshold=0.32, gives=gives), [START]).strip()

    assert first("about 12 false alarms a match").endswith("; alarm from 0.32, about 12 false alarms a match")
    assert "alarm from" not in first("")


def test_plain_lines_can_be_ascii():
    assert _printed(lambda out: PlainLines(out, threshold=0.7, ascii_only=True), EVENTS[1:]).isascii()


def test_lines_say_whose_they_are_where_several_are_listened_to():
    out = io.StringIO()
    JsonLines(out, {"venue": "North Park"}).write(End(1.0, "end_of_file"))
    assert json.loads(out.getvalue())["venue"] == "North Park"


def test_a_reader_that_leaves_is_told_once_and_ends_nothing():
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    said: list[str] = []
    lines = WhileRead(JsonLines(Gone()), said.append)
    for _ in range(2):
        lines.write(End(1.0, "end_of_file"))
        lines.flush()
    assert said == ["no more lines are written (Broken pipe); the recording goes on"]


HEARD = {"chant": 0.81234567, "speech": 0.22, "music": 0.01}
TOLD = [
    Reading(40.0, 0.3, -12.0, -3.0, Health.LISTENING, 0.0, HEARD, HEARD),
    Reading(40.1, 0.9, -12.0, -3.0, Health.LISTENING, 0.0, None, HEARD),
    Alarm(40.1, 41.2, 0.9, "chant", 0.7712345),
    Reading(41.2, 0.9, -12.0, -3.0, Health.LISTENING),
    Spike(40.1, 42.0, 50.0, 0.95, 41.2, "chant", 0.7712345),
    Spike(60.1, 62.0, 70.0, 0.95, 61.2, "unclear", 0.2),
    Reading(71.0, None, -120.0, -120.0, Health.SILENT),
]


def test_json_lines_say_what_was_heard_and_what_a_spike_is_of():
    rows = [json.loads(line) for line in _printed(JsonLines, TOLD).splitlines()]
    assert rows[0]["heard"] == {"chant": 0.8123, "speech": 0.22, "music": 0.01}
    assert ["heard" in row for row in rows] == [True] + [False] * 6
    assert not any("tags" in row for row in rows)
    assert (rows[2]["what"], rows[2]["what_probability"]) == (rows[4]["what"], rows[4]["what_probability"])
    assert (rows[4]["what"], rows[4]["what_probability"]) == ("chant", 0.7712)


def test_plain_lines_say_in_words_what_is_heard_as_long_as_it_is():
    lines = _printed(lambda out: PlainLines(out, threshold=0.7), TOLD).splitlines()
    assert lines[0].endswith("dBFS  chant 0.81, speech 0.22")
    assert lines[1].endswith("ALARM, decided at 00:41, sounds like chant (0.77)")
    assert lines[2].endswith("chant 0.81, speech 0.22")
    assert lines[3].endswith(", sounds like chant (0.77)")
    assert lines[4].endswith(", sounds like nothing clear")
    assert lines[5].endswith("dBFS")


def test_csv_has_a_column_of_each_tag_at_the_end_where_the_weights_tell_any():
    tagged = _printed(lambda out: CsvReadings(out, tuple(HEARD)), TOLD).splitlines()
    plain = _printed(CsvReadings, TOLD).splitlines()
    assert tagged[0] == plain[0] + ",chant,speech,music"
    assert tagged[1] == plain[1] + ",0.8123,0.22,0.01"
    assert tagged[2] == plain[2] + ",,,"
