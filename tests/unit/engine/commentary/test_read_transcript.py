"""Transcripts as people have them: every known kind reads to the same words and times, and what is none is refused."""

import gzip
import json
from pathlib import Path

import pytest

from engine.commentary.read_transcript import TEXT_LIMIT, pairs_of_halves, read_transcript, read_transcripts
from engine.commentary.transcript import Segment, Transcript
from engine.core.errors import ExitCode, InputError

SAID = [(1.0, 3.5, "He shoots!"), (4.0, 6.25, "Goal, one-nil.")]


def echoes() -> str:
    return json.dumps({"segments": {str(n): list(row) for n, row in enumerate(SAID)}})


def whisper() -> str:
    rows = [{"id": n, "start": a, "end": b, "text": f" {t}", "no_speech_prob": 0.1} for n, (a, b, t) in enumerate(SAID)]
    return json.dumps({"text": "…", "segments": rows, "language": "en"}, indent=1)


def whisper_cpp() -> str:
    rows = [{"offsets": {"from": int(a * 1000), "to": int(b * 1000)}, "text": t} for a, b, t in SAID]
    return json.dumps({"result": {"language": "en"}, "transcription": rows})


SRT = """1
00:00:01,000 --> 00:00:03,500
<i>He shoots!</i>

2
00:00:04,000 --> 00:00:06,250
Goal,
one-nil.
"""
VTT = """WEBVTT - a match

NOTE nobody reads this

first
00:01.000 --> 00:03.500 align:start
He <c.loud>shoots!</c>

00:04.000 --> 00:06.250
Goal, one-nil.
"""


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1_asr.json", echoes()),
        ("whisper.json", whisper()),
        ("cpp.json", whisper_cpp()),
        ("match.srt", SRT),
        ("windows.srt", "\ufeff" + SRT.replace("\n", "\r\n")),
        ("match.vtt", VTT),
        ("oddly_named.txt", SRT),
    ],
)
def test_every_kind_of_transcript_gives_the_same_words_at_the_same_times(tmp_path, name, text):
    transcript = read_transcript(written(tmp_path, name, text))
    assert [(s.start_s, s.end_s, s.text) for s in transcript.segments] == SAID


def test_what_whisper_says_of_language_and_silence_is_kept(tmp_path):
    first = read_transcript(written(tmp_path, "whisper.json", whisper())).segments[0]
    assert (first.language, first.no_speech) == ("en", 0.1)


def test_the_half_is_read_off_the_name_of_an_echoes_file(tmp_path):
    assert read_transcript(written(tmp_path, "2_asr.json", echoes())).half == 2
    assert read_transcript(written(tmp_path, "words.json", echoes())).half is None


def gathered(folder: Path) -> Path:
    rows = [
        {"game": f"league/{game}", "half": half, "text": view, "segments": [[1.0, 2.0, f"{game} {half} {view}"]]}
        for game in ("North 1 - 0 South", "East 2 - 2 West")
        for half in (1, 2)
        for view in ("english", "original")
    ]
    return written(folder, "all.jsonl.gz", gzip.compress("\n".join(map(json.dumps, rows)).encode()))


def test_one_half_is_picked_out_of_a_file_of_many_and_the_words_as_spoken_come_first(tmp_path):
    path = gathered(tmp_path)
    assert read_transcript(path, "east", 2).segments[0].text == "East 2 - 2 West 2 original"
    assert read_transcript(path, "east", 2, "english").segments[0].text == "East 2 - 2 West 2 english"
    assert len(pairs_of_halves(read_transcripts(path))) == 4


def test_a_file_of_many_asks_which_one(tmp_path):
    with pytest.raises(InputError, match="holds 4 transcripts") as told:
        read_transcript(gathered(tmp_path))
    assert "--game" in told.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("   \n\n", "is empty"),
        ("just some prose about football", "is no transcript"),
        ('{"segments": {"0": [1.0, 2.0', "breaks off"),
        ('{"words": 3}', "no 'segments'"),
        ('{"segments": [{"start": -1, "end": 2, "text": "x"}]}', "outside"),
        ('{"segments": [[1, 2]]}', "expected"),
        ('{"segments": [[1, 2, 3]]}', "the words that were said"),
        ('{"segments": [{"start": NaN, "end": 2, "text": "x"}]}', "number that is none"),
        (b"\xff\xfe\x00\x01binary", "not UTF-8"),
        (b"\x1f\x8bnot really gzip", "gzip"),
        ("1\n00:00:05,000 --> 00:00:01,000\nbackwards\n", "ends before it starts"),
        ("WEBVTT\n\n00:xx --> 00:02.000\nwhen?\n", "no times"),
        (json.dumps({"segments": [[1, 2, "goal " * (2 * TEXT_LIMIT)]]}), "letters in one segment"),
    ],
)
def test_what_is_no_transcript_is_refused_with_a_hint(tmp_path, text, says):
    with pytest.raises(InputError, match=says) as told:
        read_transcript(written(tmp_path, "given", text))
    assert told.value.hint
    assert told.value.exit_code == ExitCode.INPUT


def test_a_file_that_is_not_there_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_transcript(tmp_path / "none.srt")
    with pytest.raises(InputError, match="not a file"):
        read_transcript(tmp_path)


def test_letters_that_steer_a_terminal_never_come_out_of_a_transcript(tmp_path):
    text = json.dumps({"segments": [[1, 2, "goal\u001b[31m \u202eevil"]]})
    said = read_transcript(written(tmp_path, "x.json", text)).segments[0].text
    assert "\u001b" not in said
    assert "\u202e" not in said


def test_a_segment_that_whisper_ends_before_its_start_lasts_no_time(tmp_path):
    text = json.dumps({"segments": [[5.0, 4.9, "late"]]})
    assert read_transcript(written(tmp_path, "x.json", text)).segments == (Segment(5.0, 5.0, "late"),)


def test_a_listener_has_only_what_has_been_said_to_its_end():
    transcript = Transcript(tuple(Segment(a, b, t) for a, b, t in SAID))
    assert [s.text for s in transcript.heard_by(5.0).segments] == ["He shoots!"]
    assert transcript.heard_by(6.25) == transcript
