"""What is heard beside the index: tags with a probability each, in words, and as the cause of a spike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.core.text import plain

Heard: TypeAlias = Mapping[str, float]
"""The probability of each tag that the weights know, by its name; several may be heard at once."""

UNCLEAR: Final = "unclear"
NOTHING_CLEAR: Final = "nothing clear"
"""In a sentence, where nothing is likely."""
_SURROUNDINGS: Final = "surroundings"
_JOINED: Final = {"horn": "horn or drum", "drum": "horn or drum"}
CAUSES: Final = (
    "cheer",
    "groan",
    "applause",
    "boo",
    "chant",
    "music",
    "whistle",
    "speech",
    "horn or drum",
    UNCLEAR,
)
"""All that a spike may be of; an ear can't tell a horn from a drum as surely as either from the rest."""
_WORTH_A_WORD: Final = 0.2
_MOST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class CauseSettings:
    """When a spike's cause is named.

    at_least: mean probability that the likeliest cause needs. Higher: fewer causes named, fewer wrong ones.
    margin: how far it must lie above the next likely. Larger: fewer causes named, fewer wrong ones.
    within_s: seconds before the decision that count. Longer: steadier, but what came before the alarm counts more.
    """

    at_least: float = 0.3
    margin: float = 0.05
    within_s: float = 10.0


def mean_heard(heard: Iterable[Heard]) -> Heard | None:
    """The mean of each tag; None of nothing. All must know the same tags."""
    all_heard = list(heard)
    if not all_heard:
        return None
    return {name: sum(one[name] for one in all_heard) / len(all_heard) for name in all_heard[0]}


def cause_of(heard: Heard, settings: CauseSettings | None = None) -> tuple[str, float]:
    """One of ``CAUSES`` and the probability of what was likeliest, from the mean of what was heard.

    Of a horn and a drum the likelier counts for both. What is no sound of a match, or not likely enough, is unclear.
    """
    rule = settings or CauseSettings()
    likely: dict[str, float] = {}
    for name, probability in heard.items():
        cause = _JOINED.get(name, name)
        likely[cause] = max(probability, likely.get(cause, 0.0))
    ranked = sorted(likely.items(), key=lambda one: -one[1])
    cause, probability = ranked[0]
    lead = probability - (ranked[1][1] if len(ranked) > 1 else 0.0)
    named = cause != _SURROUNDINGS and probability >= rule.at_least and lead >= rule.margin
    return cause if named else UNCLEAR, probability


def in_words(heard: Heard, most: int = _MOST_WORDS) -> str:
    """``chant 0.81, speech 0.22``: the likeliest first, at most ``most``; empty where nothing is likely."""
    likely = sorted(((p, name) for name, p in heard.items() if p >= _WORTH_A_WORD), key=lambda one: -one[0])
    return ", ".join(f"{name} {probability:.2f}" for probability, name in likely[:most])


def sounds_like(what: str | None, probability: float | None) -> str:
    """``, sounds like chant (0.77)`` for the end of a sentence; empty of what no tags are told."""
    if what is None or probability is None:
        return ""
    return (
        f", sounds like {plain(what, 20)} ({probability:.2f})" if what != UNCLEAR else f", sounds like {NOTHING_CLEAR}"
    )
