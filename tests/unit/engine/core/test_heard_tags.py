"""What a spike is of, and what is heard in words."""

import pytest

from engine.core.heard_tags import CAUSES, UNCLEAR, CauseSettings, cause_of, in_words, mean_heard
from engine.model.tags import TAG_NAMES


def _of(**likely: float) -> dict[str, float]:
    return {name: likely.get(name, 0.01) for name in TAG_NAMES}


@pytest.mark.parametrize(
    ("heard", "cause"),
    [
        (_of(cheer=0.9, applause=0.6), ("cheer", 0.9)),
        (_of(horn=0.4), ("horn or drum", 0.4)),
        (_of(drum=0.7, horn=0.69), ("horn or drum", 0.7)),
        (_of(chant=0.5, music=0.47), (UNCLEAR, 0.5)),
        (_of(groan=0.29), (UNCLEAR, 0.29)),
        (_of(surroundings=0.9), (UNCLEAR, 0.9)),
        (_of(surroundings=0.5, boo=0.8), ("boo", 0.8)),
        ({"cheer": 0.6}, ("cheer", 0.6)),
    ],
)
def test_the_likeliest_that_is_likely_enough_is_the_cause(heard, cause):
    assert cause_of(heard) == cause


def test_every_tag_but_the_surroundings_can_be_a_cause():
    found = {cause_of(_of(**{name: 0.9}))[0] for name in TAG_NAMES}
    assert found == set(CAUSES)


def test_a_threshold_and_a_margin_are_settings():
    heard = _of(chant=0.5, music=0.47)
    assert cause_of(heard, CauseSettings(margin=0.02)) == ("chant", 0.5)
    assert cause_of(heard, CauseSettings(at_least=0.6, margin=0.0)) == (UNCLEAR, 0.5)


def test_the_mean_is_of_each_tag():
    assert mean_heard([{"cheer": 0.2, "boo": 1.0}, {"cheer": 0.6, "boo": 0.0}]) == pytest.approx(
        {"cheer": 0.4, "boo": 0.5}
    )
    assert mean_heard([]) is None


def test_words_name_the_likeliest_first_and_no_more_than_three():
    assert in_words(_of(speech=0.224, chant=0.81)) == "chant 0.81, speech 0.22"
    assert in_words(_of(speech=0.3, chant=0.8, music=0.5, horn=0.6)) == "chant 0.80, horn 0.60, music 0.50"
    assert in_words(_of()) == ""
