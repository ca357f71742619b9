"""What a person may write after ``--commentary``, and what is said of what can't be heard."""

from pathlib import Path

import pytest

from engine.app.commentary_beside import beside, is_transcript, model_for, teller_of
from engine.app.listen import Wanted
from engine.app.record_many import record_many
from engine.core.errors import ExitCode, InputError, MomentumError, UsageError
from engine.core.settings import Settings, shown_settings
from engine.core.signals import Words, WordsEvent
from engine.core.venue_sources import places_named

SRT = "1\n00:00:01,000 --> 00:00:04,000\nGood evening.\n"


def test_a_transcript_is_told_and_its_process_is_none(tmp_path: Path):
    (tmp_path / "Match.SRT").write_text(SRT)
    with beside(teller_of(Settings(commentary=str(tmp_path / "Match.SRT")))) as spoken:
        assert spoken is not None
        assert [event.text for event in spoken.rest(9.0) if isinstance(event, Words)] == ["Good evening."]


def test_a_goal_that_is_said_in_a_transcript_is_told_once_with_the_words_that_say_so(tmp_path: Path):
    rows = [(n, n + 4, f"Number {n} has the ball, and passes it back to the keeper.") for n in range(0, 60, 6)]
    rows += [
        (60, 64, "Goal! It's a goal! What a strike, into the back of the net!"),
        (65, 70, "One nil! A goal by [b]Li!"),
    ]
    segments = ",".join(f'{{"start": {a}, "end": {b}, "text": "{text}"}}' for a, b, text in rows)
    (tmp_path / "match.json").write_text(f'{{"segments": [{segments}]}}')
    teller = teller_of(Settings(commentary=str(tmp_path / "match.json")))
    told: list[WordsEvent] = []
    with beside(teller, model_for(teller)) as spoken:
        assert spoken is not None
        for second in range(0, 100, 2):
            told += [event for event in spoken.rest(float(second)) if isinstance(event, WordsEvent)]
    (goal,) = [event for event in told if event.kind == "goal"]
    assert goal.probability >= 0.3 and 58.0 <= goal.at <= 70.0 and goal.at < goal.t <= 84.0
    assert {"goal", "net", "strike"} & set(goal.words.lower().split(", "))


def test_without_a_commentary_no_model_is_loaded():
    assert model_for(teller_of(Settings())) is None


def test_without_a_commentary_there_is_nobody():
    with beside(teller_of(Settings())) as spoken:
        assert spoken is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.srt", None),
        ("empty.vtt", ""),
        ("garbage.json", "{"),
        ("wordless.json", '{"segments": []}'),
        ("binary.srt", "\xff\xfe\x00"),
        ("two.jsonl", '{"game": "a", "half": 1, "segments": {}}\n{"game": "b", "half": 1, "segments": {}}\n'),
        ("no.mp3", None),
    ],
)
def test_what_holds_no_words_is_refused_before_the_run_begins(
    name: str, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.commentary.spoken.recogniser.check_speech", lambda folder: tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError) as refused:
        teller_of(Settings(commentary=str(tmp_path / name)))
    assert refused.value.exit_code == ExitCode.INPUT and name.partition(".")[0] in refused.value.message


def test_what_may_come_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("engine.commentary.spoken.recogniser.check_speech", lambda folder: tmp_path)
    for spec in ("mic", "mic:nobody has this", "https://user:secret@example.org/live.m3u8"):
        teller = teller_of(Settings(commentary=spec))
        assert teller is not None and "secret" not in teller.name


@pytest.mark.parametrize(
    ("source", "commentary", "same"),
    [("a.mp3", "a.mp3", True), ("a.mp3", "link.mp3", True), ("a.mp3", "b.mp3", False), (None, "mic", True),
     ("mic:north", "mic:desk", False), ("mic:north", "mic:north", True), ("a.mp3", "mic", False)],
)  # fmt: skip
def test_the_commentary_in_the_sound_that_is_taken_apart_is_heard_in_its_voices(
    source: str | None, commentary: str, same: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("engine.commentary.spoken.recogniser.check_speech", lambda folder: tmp_path)
    monkeypatch.setattr("engine.commentary.spoken.apart.ProcessTeller", lambda name, command, wanted: wanted)
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp3", "b.mp3"):
        Path(name).touch()
    Path("link.mp3").symlink_to("a.mp3")
    for separate in (True, False):
        settings = Settings(source=source, commentary=commentary, separate=separate, separation_model="m")
        wanted: object = teller_of(settings)
        assert isinstance(wanted, dict)
        assert (wanted.get("separation_model") == "m") is (same and separate)


def test_standard_input_is_no_commentary():
    with pytest.raises(UsageError, match="standard input"):
        teller_of(Settings(commentary="-"))


def test_ten_megabytes_of_one_word_are_a_few_words_and_not_ten_megabytes(tmp_path: Path):
    huge = tmp_path / "huge.json"
    rows = ",".join(f'{{"start": {n}, "end": {n + 1}, "text": "{"goal " * 3000}"}}' for n in range(700))
    huge.write_text(f'{{"segments": [{rows}]}}')
    assert huge.stat().st_size > 10e6
    with beside(teller_of(Settings(commentary=str(huge)))) as spoken:
        assert spoken is not None
        said = [event.text for event in spoken.rest(30.0) if isinstance(event, Words)]
    assert sum(map(len, said)) < 1000


def test_a_commentary_goes_with_one_source_only():
    with pytest.raises(MomentumError, match="one source"):
        record_many(Wanted(Settings(commentary="c.srt")), places_named(["mic:1", "mic:2"]), print)


def test_the_password_of_an_address_is_in_no_session():
    assert "secret" not in str(shown_settings(Settings(commentary="https://user:secret@example.org/a")))


@pytest.mark.parametrize(
    ("spec", "is_one"),
    [
        ("a.srt", True),
        ("a.json.gz", True),
        ("a.JSONL", True),
        ("mic", False),
        ("a.mp3", False),
        ("http://x/a.vtt", False),
    ],
)
def test_transcripts_are_known_by_their_names(spec: str, is_one: bool):
    assert is_transcript(spec) is is_one
