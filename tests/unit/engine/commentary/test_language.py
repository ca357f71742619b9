"""The language of what is said."""

import pytest

from engine.commentary.language import languages_of, main_language
from engine.commentary.transcript import Segment, Transcript

SENTENCES = {
    "en": "and that is the corner for them, he was not happy with it",
    "es": "el balón para los locales, muy bien la jugada del centro",
    "it": "il pallone è per gli ospiti, non ha più tempo della difesa",
    "de": "und das ist der Ball, er hat noch nicht mit dem Tor",
    "fr": "le ballon est dans les mains du gardien, c'est pas mal",
    "pt": "a bola não foi para o meio, muito bem o goleiro já com ela",
    "ru": "и вот удар по воротам, но мяч летит мимо",
}


def spoken(*texts: str) -> list[Segment]:
    return [Segment(5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(texts)]


@pytest.mark.parametrize("language", SENTENCES)
def test_a_broadcast_is_known_by_its_little_words(language):
    assert main_language(Transcript(tuple(spoken(*[SENTENCES[language]] * 3)))) == language


def test_a_short_cry_has_the_language_of_what_is_said_around_it():
    assert languages_of(spoken(SENTENCES["es"], "Neymar!", SENTENCES["es"]))[1] == "es"


def test_a_change_of_language_is_followed():
    found = languages_of(spoken(*[SENTENCES["de"]] * 3, *[SENTENCES["fr"]] * 3))
    assert found == ["de"] * 3 + ["fr"] * 3


def test_what_cannot_be_told_is_not_guessed():
    assert languages_of(spoken("Xkcd qwrt", "12 34")) == ["", ""]
    assert main_language(Transcript(())) == ""
