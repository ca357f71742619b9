"""What a recogniser invents goes; what a commentator cries stays."""

import pytest

from engine.commentary.hallucinations import clean, without_loops
from engine.commentary.transcript import Segment, Transcript


def said(*texts: str, no_speech: float = 0.0) -> Transcript:
    return Transcript(tuple(Segment(4.0 * n, 4.0 * n + 3.5, text, "", no_speech) for n, text in enumerate(texts)))


def left(transcript: Transcript) -> list[str]:
    return [segment.text for segment in clean(transcript).transcript.segments]


def test_a_sentence_said_over_and_over_is_kept_three_times():
    assert left(said(*["The ball is out."] * 50, "Corner now.")) == ["The ball is out."] * 3 + ["Corner now."]


def test_two_sentences_in_turn_are_a_loop_as_well():
    assert len(left(said(*["Yes.", "He has it."] * 30))) == 6


def test_a_word_repeated_without_end_inside_a_segment_is_cut_to_three():
    assert without_loops("He scores gol gol gol gol gol gol gol gol now") == "He scores gol gol gol now"


def test_a_threefold_cry_is_left_as_it_was():
    assert without_loops("Gol, gol, gol!") == "Gol, gol, gol!"


def test_a_phrase_repeated_inside_a_segment_is_cut():
    assert without_loops("and here we go " * 6 + "again").split() == ("and here we go " * 3 + "again").split()


def test_ten_thousand_times_one_word_is_three_times():
    assert without_loops("goal " * 10_000) == "goal goal goal"


@pytest.mark.parametrize(
    "credits",
    ["Subtítulos realizados por la comunidad de Amara.org", "Thanks for watching!", "Продолжение следует..."],
)
def test_the_credits_of_films_are_no_commentary(credits):
    cleaned = clean(said("Good play.", credits))
    assert [s.text for s in cleaned.transcript.segments] == ["Good play."]
    assert cleaned.dropped == {"credits": 1}


def test_words_over_silence_go_where_the_recogniser_doubts_that_anybody_spoke():
    assert left(said("The only country in the world", no_speech=0.95)) == []


def test_words_faster_than_a_mouth_go():
    quick = Transcript((Segment(1.0, 1.5, "a long sentence that nobody could ever have said in only half a second"),))
    assert clean(quick).dropped == {"too fast": 1}


def test_the_share_that_was_dropped_is_told():
    assert clean(said("One.", "...", "Two.", "--")).dropped_share == 0.5
    assert clean(said("One.")).dropped_share == 0.0
