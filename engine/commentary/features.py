"""From words to numbers: what is said in every two seconds, as hashes of words, stems and pairs, and as a few counts.

A word is said at its place between the start and the end of its segment. Live, where a segment is known only once it
has ended, all its words stand at its end. Hashes are CRC-32, so a table of them says nothing about the transcripts that
it was made from, and no list of words is kept.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from engine.commentary.transcript import Segment, Transcript

STEP_S: Final = 2.0
_BY_WORD: Final = ("words", "stretched", "names", "new_names", "echoes")
_BY_SEGMENT: Final = ("cries", "said_score", "new_score")
COUNTED: Final = (*_BY_WORD, *_BY_SEGMENT)
"""What is counted in each step; all other counts follow from these and from the step's minute."""
COUNTS: Final = (
    *COUNTED,
    "silence",
    "kick_off",
    "early",
    "late",
    "added",
    "second_half",
    "minutes",
    "half_known",
)
"""What is counted beside the words: see ``_counts``."""
_WORD: Final = re.compile(r"\w+(?:['’]\w+)?")
_STRETCHED: Final = re.compile(r"(\w)\1{2,}")
_SCORE: Final = re.compile(r"\b([0-9])\s?[-–:a]\s?([0-9])\b")
_STEM_LETTERS: Final = 5
_SILENT_STEPS: Final = 4
_ECHO_S: Final = 8.0
_NEW_NAME_S: Final = 900.0
_NUMBERS: Final = {
    word: value
    for value, words in enumerate(
        (
            "nil zero nul null cero нуль ноль",
            "one uno eins une один",
            "two dos due zwei deux два",
            "three tres tre drei trois три",
            "four cuatro quattro vier quatre четыре",
            "five cinco cinque fünf cinq пять",
            "six seis sei sechs шесть",
        )
    )
    for word in words.split()
}
_NUMBER_WORDS: Final = frozenset(_NUMBERS)
_BETWEEN: Final = frozenset({"a", "zu", "to", "-", "partout"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was said ``t_s`` seconds into the sound; ``known_s`` is when its segment had ended."""

    t_s: float
    known_s: float
    text: str
    first: bool
    """Whether a sentence may begin with it, so that a capital letter says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What is said in each step of ``STEP_S``.

    ``hashes`` (n,) are CRC-32 of what was said, ``steps`` (n,) the step of each, ``words`` (n,) the index in ``said``
    of the word it came from. ``counts`` is (steps, len(COUNTS)).
    """

    hashes: NDArray[np.uint32]
    steps: NDArray[np.int32]
    words: NDArray[np.int32]
    counts: NDArray[np.float32]
    said: tuple[Word, ...]

    @property
    def length(self) -> int:
        return len(self.counts)


@dataclass
class Memory:
    """What was said before, as far as what is said next depends on it."""

    last_said: dict[str, float] = field(default_factory=dict)
    """When each word was said last."""
    score: tuple[int, int] | None = None
    word: int = 0
    """The hash of the last word."""


def words_of(segments: Sequence[Segment]) -> Iterator[Word]:
    """The words of ``segments``, each at its place in its segment, by the letters before it."""
    for segment in segments:
        letters = max(1, len(segment.text))
        first = True
        for match in _WORD.finditer(segment.text):
            share = (match.start() + match.end()) / 2 / letters
            t_s = segment.start_s + share * (segment.end_s - segment.start_s)
            yield Word(t_s, segment.end_s, match[0], first)
            following = segment.text[match.end() : match.end() + 1]
            first = following in (".", "!", "?", "…", ":")


def features_of(transcript: Transcript, length_s: float | None = None, causal: bool = False) -> Features:
    """The features of a cleaned transcript over ``length_s`` seconds, or up to its last word.

    ``causal``: every word stands where its segment ends, so that no step holds what was not known by its end.
    """
    said = tuple(words_of(transcript.segments))
    placed = [word.known_s if causal else word.t_s for word in said]
    seconds = max([STEP_S, *placed, transcript.end_s]) if length_s is None else max(length_s, STEP_S)
    length = int(np.ceil(seconds / STEP_S)) + 1
    steps = np.minimum(np.array(placed) / STEP_S, length - 1).astype(np.int32)
    memory = Memory()
    hashes, word_index = hashes_of(said, memory)
    ends = [segment.end_s if causal else segment.start_s for segment in transcript.segments]
    of_segment = np.minimum(np.array(ends) / STEP_S, length - 1).astype(np.int32)
    by_word, by_segment = told_by_words(said, memory), told_by_segments(transcript.segments, memory)
    columns: list[NDArray[Any]] = [np.bincount(steps, column, length) for column in by_word.T]
    columns += [np.bincount(of_segment, column, length) for column in by_segment.T]
    minutes = np.arange(length, dtype=np.float64) * (STEP_S / 60)
    counts = counts_of(np.stack(columns, axis=1), minutes, transcript.half)
    return Features(hashes, steps[word_index], word_index, counts, said)


@lru_cache(maxsize=200_000)
def normal(word: str) -> str:
    """``word`` without capitals and accents, and without the length of a cry: ``GOOOL`` is ``gol``."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return _STRETCHED.sub(r"\1", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def hashes_of(said: Sequence[Word], memory: Memory) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Hashes (n,) of the next words, and the index of the word that each comes from (n,)."""
    hashes: list[int] = []
    of_word: list[int] = []
    for number, word in enumerate(said):
        found, memory.word = _hashes(word.text, memory.word)
        hashes += found
        of_word += [number] * len(found)
    return np.array(hashes, dtype=np.uint32), np.array(of_word, dtype=np.int32)


def _hashes(word: str, before: int) -> tuple[list[int], int]:
    """The hashes of a word, of its stem and of it behind the word before; and its own, for the next."""
    own, stem = _word_hashes(normal(word))
    found = [own] if stem == 0 else [own, stem]
    if before:
        found.append(crc32(own.to_bytes(4, "little"), before))
    return found, own


@lru_cache(maxsize=200_000)
def _word_hashes(word: str) -> tuple[int, int]:
    stem = crc32(f"s {word[:_STEM_LETTERS]}".encode()) if len(word) > _STEM_LETTERS else 0
    return crc32(f"w {word}".encode()), stem


def counts_of(counted: NDArray[np.float64], minutes: NDArray[np.float64], half: int | None) -> NDArray[np.float32]:
    """``COUNTS`` of successive steps, shape (steps, len(COUNTS)), none of which needs what is said later than its step:
    ``counted`` (steps, len(COUNTED)), and the ``minutes`` (steps,) of the half."""
    length = len(counted)
    column: dict[str, NDArray[Any]] = dict(zip(COUNTED, np.log1p(counted).T, strict=True))
    column["silence"] = np.convolve(counted[:, 0], np.ones(_SILENT_STEPS))[:length] == 0
    column["kick_off"], column["early"] = minutes < 1, minutes < 10
    column["late"], column["added"] = minutes > 35, minutes > 45
    column["minutes"] = minutes / 45
    column["second_half"] = np.full(length, half == 2)
    column["half_known"] = np.full(length, half is not None)
    return np.stack([column[name] for name in COUNTS], axis=1).astype(np.float32)


def told_by_words(said: Sequence[Word], memory: Memory) -> NDArray[np.float64]:
    """What each of the next words adds to the first of ``COUNTED``, shape (words, 5)."""
    rows: list[tuple[float, ...]] = []
    last_said = memory.last_said
    for word in said:
        known, text = normal(word.text), word.text
        since_s = word.t_s - last_said.get(known, -1e9)
        last_said[known] = word.t_s
        name = text[:1].isupper()
        inside = name and not word.first
        rows.append(
            (
                1.0,
                float(_is_stretched(text)),
                float(inside),
                float(inside and since_s > _NEW_NAME_S),
                float(name and 0.0 < since_s < _ECHO_S),
            )
        )
    return np.array(rows, dtype=np.float64).reshape(-1, len(_BY_WORD))


def told_by_segments(segments: Sequence[Segment], memory: Memory) -> NDArray[np.float64]:
    """What each of the next segments adds to the last of ``COUNTED``, shape (segments, 3)."""
    rows = np.zeros((len(segments), len(_BY_SEGMENT)))
    for row, segment in zip(rows, segments, strict=True):
        row[0] = segment.text.count("!")
        for score in said_scores(segment.text):
            row[1] += 1.0
            row[2] += score != memory.score
            memory.score = score
    return rows


@lru_cache(maxsize=200_000)
def _is_stretched(word: str) -> bool:
    return _STRETCHED.search(word) is not None


def said_scores(text: str) -> list[tuple[int, int]]:
    """The scores said in ``text``: ``1-0``, "two nil", "uno a cero", "zwei zu null"."""
    found = [(int(match[1]), int(match[2])) for match in _SCORE.finditer(text)]
    words = [normal(word) for word in _WORD.findall(text)]
    if _NUMBER_WORDS.isdisjoint(words):
        return found
    for place, word in enumerate(words[:-1]):
        if word in _NUMBERS:
            following = words[place + 1]
            if following in _BETWEEN and place + 2 < len(words):
                following = words[place + 2]
            if following in _NUMBERS:
                found.append((_NUMBERS[word], _NUMBERS[following]))
    return found
