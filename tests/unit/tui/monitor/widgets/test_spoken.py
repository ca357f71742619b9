"""The commentary's line: the newest words stay, nothing steers the terminal, and it is never wider than the screen."""

import pytest
from hypothesis import given
from hypothesis.strategies import integers, text

from engine.core.signals import Hearing, Words, WordsState
from engine.core.text import cells
from tui.monitor.commentary import Spoken
from tui.monitor.glyphs import ASCII, UNICODE
from tui.monitor.widgets.paint import text_of, width_of
from tui.monitor.widgets.spoken import spoken_line

LISTENING = WordsState(1.0, Hearing.LISTENING)


def shown(said: str, width: int = 80, state: WordsState | None = LISTENING) -> str:
    words = (Words(250.0, 245.0, 250.0, said),) if said else ()
    return text_of([spoken_line(Spoken(words, state), width, UNICODE)])[0].rstrip()


def test_words_that_fit_stand_there_as_they_were_said():
    assert shown("what a save!") == " said 4:05  what a save!"


def test_of_words_that_do_not_fit_the_newest_stay_from_a_whole_word_on():
    line = shown("the ball goes out to the left and it comes back to the middle and he scores", 42)
    assert line == " said 4:05  … the middle and he scores"


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (WordsState(1.0, Hearing.LATE, 12.3), "late 12 s"),
        (WordsState(1.0, Hearing.LOST, 0.0, "its process has ended"), "lost: its process h…"),
        (WordsState(1.0, Hearing.SILENT), "silent"),
        (WordsState(1.0, Hearing.OVER, 0.0, "c.srt has no more words"), "  over"),
        (LISTENING, "what a save!"),
    ],
)
def test_how_the_hearing_does_stands_at_the_right_unless_it_does_well(state: WordsState, end: str):
    assert shown("what a save!", 80, state).endswith(end)


def test_before_the_first_word_the_line_says_what_goes_on():
    assert shown("").split() == ["words:", "listening"]
    assert shown("", 80, WordsState(1.0, Hearing.STARTING, 0.0, "match.srt")).split() == [
        "words:", "starting:", "match.srt",
    ]  # fmt: skip


@given(text(max_size=300), integers(1, 200))
def test_whatever_is_said_takes_one_line_and_steers_nothing(said: str, width: int):
    for glyphs in (UNICODE, ASCII):
        line = spoken_line(Spoken((Words(9.0, 8.0, 9.0, said),), WordsState(1.0, Hearing.LATE, 99.0)), width, glyphs)
        assert width_of(line) == width
        whole = "".join(piece.text for piece in line)
        assert whole.isprintable() or cells(whole) == width
        assert not set(whole) & set(map(chr, (*range(32), 127, 0x9B)))
