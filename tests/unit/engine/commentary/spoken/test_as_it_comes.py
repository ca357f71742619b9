"""Words as they come: loops and inventions go, the language is found from what was said before."""

from engine.commentary.spoken.as_it_comes import AsItComes
from engine.commentary.transcript import Segment


def test_a_recogniser_that_repeats_itself_is_heard_a_few_times_only():
    coming = AsItComes()
    taken = [coming.take(Segment(n, n + 1.0, "thank you very much")) for n in range(10)]
    assert [one is not None for one in taken] == [True] * 3 + [False] * 7
    assert coming.take(Segment(11.0, 12.0, "and here is the corner")) is not None


def test_a_loop_inside_a_sentence_is_shortened_and_credits_are_not_said():
    coming = AsItComes()
    said = coming.take(Segment(0.0, 9.0, "goal " * 30))
    assert said is not None and said.text.split() == ["goal"] * 3
    assert coming.take(Segment(9.0, 12.0, "Subtitles by the Amara.org community")) is None


def test_the_language_is_found_from_what_was_said_before():
    coming = AsItComes()
    coming.take(Segment(0.0, 3.0, "der Ball ist nicht im Tor, und das ist auch gut so für die Gäste"))
    short = coming.take(Segment(3.0, 4.0, "Ecke"))
    assert short is not None and short.language == "de"
