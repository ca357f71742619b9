"""The language of each segment, by its commonest little words and its letters: enough for the languages of broadcasts.

A segment alone is too short to tell, so its neighbours have a say, too; a commentator seldom changes language.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.commentary.transcript import Segment, Transcript

UNKNOWN: Final = ""
_LITTLE_WORDS: Final = {
    "en": "the and to of is that it for with he has was but they on his from at be you are not have this",
    "es": "el que los las del por con una para está pero ha muy al su lo se como es más ya también hay balón",
    "it": "il che di gli della del non per una con sono anche più è nel ma questo alla palla ha dal come lo",
    "de": "der die und das ist nicht den mit auf ein es auch im von hat noch sich dem für er wir aber zum",
    "fr": "le les et est pas que des un qui pour sur une dans du avec ce il au plus c'est mais ça bien",
    "pt": "o que não um uma para com os do da em no na ao mais foi ele muito já bola também isso tem",
    "nl": "de het een en van niet dat op met voor aan zijn maar er wel nog ook bij naar hij door",
    "pl": "nie na się do jest to że jak ale już po tak od za przez tego co jego przed dla",
    "tr": "bir ve bu da de için çok ama var daha gibi şimdi olarak ile oldu kadar sonra en ne",
}
_SCRIPTS: Final = {
    "ru": re.compile("[а-яё]", re.IGNORECASE),
    "el": re.compile("[α-ω]", re.IGNORECASE),
    "ar": re.compile("[\u0620-\u064a]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
}
LANGUAGES: Final = (*_LITTLE_WORDS, *_SCRIPTS)
_INDEX: Final = {
    word: [n for n, words in enumerate(_LITTLE_WORDS.values()) if word in words.split()]
    for words in _LITTLE_WORDS.values()
    for word in words.split()
}
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_AROUND_S: Final = 60.0
_LEAST: Final = 1.5
"""Evidence, in little words that no other language has, below which nothing is claimed."""


def with_languages(transcript: Transcript) -> Transcript:
    """``transcript`` with a language on every segment that had none and of which it can be told."""
    return replace(
        transcript,
        segments=tuple(
            segment if segment.language else replace(segment, language=language)
            for segment, language in zip(transcript.segments, languages_of(transcript.segments), strict=True)
        ),
    )


def languages_of(segments: Sequence[Segment]) -> list[str]:
    """The language of each segment from what is said within a minute of it; empty where it can't be told."""
    if not segments:
        return []
    evidence = np.stack([_evidence(segment.text) for segment in segments])
    middle_s = np.array([(segment.start_s + segment.end_s) / 2 for segment in segments])
    order = np.argsort(middle_s, kind="stable")
    summed = np.vstack([np.zeros(evidence.shape[1]), np.cumsum(evidence[order], axis=0)])
    first = np.searchsorted(middle_s[order], middle_s - _AROUND_S, side="left")
    last = np.searchsorted(middle_s[order], middle_s + _AROUND_S, side="right")
    # What the segment itself says counts as much again as a dozen neighbours.
    around = summed[last] - summed[first] + 12.0 * evidence
    best = around.argmax(axis=1)
    return [LANGUAGES[b] if row[b] >= _LEAST else UNKNOWN for row, b in zip(around, best, strict=True)]


def main_language(transcript: Transcript) -> str:
    """The language in which most words are said; empty where it can't be told."""
    words: dict[str, int] = {}
    for segment in with_languages(transcript).segments:
        words[segment.language] = words.get(segment.language, 0) + len(segment.text.split())
    return max(words, key=lambda language: words[language]) if words else UNKNOWN


def _evidence(text: str) -> NDArray[np.float64]:
    found = np.zeros(len(LANGUAGES))
    for word in _WORD.findall(text.casefold()):
        for number in _INDEX.get(word, ()):
            found[number] += 1.0 / len(_INDEX[word])
    for number, letters in enumerate(_SCRIPTS.values()):
        found[len(_LITTLE_WORDS) + number] = len(letters.findall(text)) / 5.0
    return found
