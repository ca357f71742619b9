"""``momentum commentary`` as its user meets it, with the model that came with the program."""

import gzip
import json

import pytest

from engine.commentary.word_weights import load_words, shipped_words
from tui.cli.main import main

needs_model = pytest.mark.skipif(
    not (shipped_words() / "config.json").exists(), reason="needs the model of words in weights/commentary"
)
pytestmark = needs_model

PLAY = [
    "and the ball is played back to the goalkeeper by the defender",
    "they are looking for a way through the middle of the pitch",
    "it is a good run down the left but there is nobody in the box",
    "the manager is not happy with that on the touchline",
]
GOAL = ["Goal! What a goal! It's in the back of the net!", "He scores and it is one nil, what a strike that was", "1-0"]


def srt(*rows: tuple[float, str]) -> str:
    def clock(t: float) -> str:
        return f"00:{int(t) // 60:02d}:{int(t) % 60:02d},{int(t * 1000) % 1000:03d}"

    return "\n".join(f"{n}\n{clock(t)} --> {clock(t + 3)}\n{text}\n" for n, (t, text) in enumerate(rows))


@pytest.fixture
def half(tmp_path):
    """Twenty minutes of play with a goal at 10:00."""
    rows = [(float(t), PLAY[(t // 5) % 4]) for t in range(0, 1200, 5) if not 600 <= t < 615]
    rows += [(600.0 + 4 * n, text) for n, text in enumerate(GOAL)]
    path = tmp_path / "match.srt"
    path.write_text(srt(*sorted(rows)))
    return path


def test_a_goal_that_is_cried_out_is_the_likeliest_goal_and_says_by_which_words(half, capsys):
    assert main(["commentary", str(half), "--json", "--least", "0"]) == 0
    told = json.loads(capsys.readouterr().out)
    goals = sorted((e for e in told["events"] if e["label"] == "Goal"), key=lambda e: -e["probability"])
    assert goals[0]["t"] == pytest.approx(600, abs=20)
    assert {word["word"].lower() for word in goals[0]["words"]} & {"goal", "net", "scores", "nil", "strike", "back"}
    assert told["language"] == "en"


def test_a_person_gets_a_table_with_times_and_words(half, capsys):
    assert main(["commentary", str(half), "--least", "0.02"]) == 0
    printed = capsys.readouterr()
    assert "Goal" in printed.out
    assert "words (original, language en)" in printed.err


def test_live_every_event_is_told_within_ten_seconds_of_itself(half, capsys):
    assert main(["commentary", str(half), "--mode", "live", "--json", "--least", "0"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert events
    assert all(0 < event["told_at"] - event["t"] <= 10.0 for event in events)


def two_lines(capsys) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("momentum: ")
    return lines[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02\xff\xfe garbage", "not UTF-8"),
        (b"no transcript at all", "is no transcript"),
        (b'{"segments": {}}', "nobody says a word"),
        (json.dumps({"segments": [[0, 5000, "goal " * 2_000_000]]}).encode(), "letters in one segment"),
        (
            json.dumps({"segments": [[n, n + 1.0, "goal " * 500] for n in range(4000)]}).encode(),
            "words are left once loops",
        ),
        (
            json.dumps({"segments": [[3 * n, 3 * n + 2, f"qx{n}zk vw{n}pt ji{n}oo"] for n in range(300)]}).encode(),
            "no language that it was taught",
        ),
    ],
    ids=["empty", "garbage", "prose", "silence", "10 MB in one word", "10 MB of one word", "another language"],
)
def test_a_file_of_which_nothing_can_be_told_is_refused_in_two_lines(tmp_path, capsys, content, says):
    path = tmp_path / "given.json"
    path.write_bytes(content)
    assert main(["commentary", str(path)]) == 5
    assert says in two_lines(capsys)


def test_a_mode_that_is_none_is_refused(half, capsys):
    assert main(["commentary", str(half), "--mode", "quick"]) == 2
    assert "no mode" in two_lines(capsys)


def labels(tmp_path, *rows: tuple[int, str]):
    path = tmp_path / "labels.csv.gz"
    lines = ["game,half,second,label", *(f"a match,1,{t},{label}" for t, label in rows)]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_words_of_another_match_are_refused_by_its_labels(half, tmp_path, capsys):
    other = labels(tmp_path, (100, "Corner"), (300, "Corner"), (420, "Offside"), (900, "Substitution"), (1000, "Foul"))
    assert main(["commentary", str(half), "--half", "1", "--labels", str(other)]) == 5
    assert "do not fit" in two_lines(capsys)


def test_labels_ask_which_half_the_words_are_of(half, tmp_path, capsys):
    assert main(["commentary", str(half), "--labels", str(labels(tmp_path, (600, "Goal")))]) == 2
    assert "which half" in two_lines(capsys)


def test_the_model_that_came_with_the_program_is_whole_and_small():
    weights = load_words()
    assert set(weights.networks) == {"archive", "live"}
    assert weights.config.label_rule == "words"
    assert (shipped_words() / "weights.safetensors").stat().st_size <= 2**21
    card = (shipped_words() / "CARD.md").read_text()
    assert "CC BY 4.0" in card


def test_the_model_of_words_is_not_listed_among_those_that_hear_sound(capsys):
    assert main(["weights", "list", "--json"]) == 0
    assert "commentary" not in [row["name"] for row in json.loads(capsys.readouterr().out)]
