"""What a speech recogniser invents, taken out: loops, credits of films, words over silence, words faster than a mouth.

Whisper repeats itself where it loses the thread, within a segment and over many, and fills silence with what stood at
the ends of its training videos (Koenecke et al., "Careless Whisper", 2024). A commentator's own threefold "gol" stays.
"""

import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.commentary.transcript import Segment, Transcript

KEPT_REPEATS: Final = 3
"""How often in a row the same words may stand before they are a loop."""
LONGEST_LOOP: Final = 8
"""Words of a loop inside a segment."""
_RECENT: Final = 12
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A transcript without what was invented: ``dropped`` segments by reason, ``shortened`` ones with a loop inside."""

    transcript: Transcript
    dropped: Mapping[str, int]
    shortened: int

    @property
    def dropped_share(self) -> float:
        """The share of all segments that was dropped, in [0, 1]; 0 where there were none."""
        gone = sum(self.dropped.values())
        return gone / (gone + len(self.transcript.segments)) if gone else 0.0


def clean(transcript: Transcript) -> Cleaned:
    """Take out what nobody said."""
    dropped: Counter[str] = Counter()
    kept: list[Segment] = []
    recent: deque[tuple[str, ...]] = deque(maxlen=_RECENT)
    shortened = 0
    for segment in transcript.segments:
        words = tuple(map(str.casefold, _WORD.findall(segment.text)))
        reason = _reason(segment, words, recent)
        recent.append(words)
        if reason:
            dropped[reason] += 1
            continue
        text = without_loops(segment.text)
        shortened += text != segment.text
        kept.append(replace(segment, text=text))
    return Cleaned(replace(transcript, segments=tuple(kept)), dict(dropped), shortened)


_RECENT_REPEATS: Final = 3
"""Words that stand as often among the ``_RECENT`` segments before are a loop over many."""
_FASTEST: Final = 40.0
"""Letters a second; the fastest commentators stay below 30."""
_NOBODY_SPOKE: Final = 0.8
_CREDITS: Final = re.compile(
    r"thank(s| you) for watching|amara\.org|subtitles? (by|made)|subtítulos|sottotitoli|sous-titr|legendas|"
    r"untertitel(ung)? (im|der|von)|субтитр|редактор.{0,40}корректор|продолжение следует|please subscribe|"
    r"don't forget to subscribe|www\.\S+\.(com|org|net)|copyright|字幕",
    re.IGNORECASE,
)


def _reason(segment: Segment, words: tuple[str, ...], recent: deque[tuple[str, ...]]) -> str:
    if not words:
        return "no words"
    if segment.no_speech > _NOBODY_SPOKE:
        return "nobody spoke"
    if _CREDITS.search(segment.text):
        return "credits"
    if recent.count(words) >= _RECENT_REPEATS:
        return "loop"
    unlooped = without_loops(segment.text)
    if len(unlooped) > _FASTEST * max(1.0, segment.end_s - segment.start_s):
        return "too fast"
    return ""


def without_loops(text: str) -> str:
    """``text`` in which no ``LONGEST_LOOP`` words or fewer stand more than ``KEPT_REPEATS`` times in a row."""
    words = text.split()
    said = [word.casefold().strip(".,!?¡¿…-") for word in words]
    if len(said) <= KEPT_REPEATS:
        return text
    for length in range(1, LONGEST_LOOP + 1):
        if len(said) <= KEPT_REPEATS * length:
            break
        keep = _keep(said, length)
        if not all(keep):
            words = [word for word, stays in zip(words, keep, strict=True) if stays]
            said = [word for word, stays in zip(said, keep, strict=True) if stays]
    return " ".join(words)


def _keep(said: list[str], length: int) -> list[bool]:
    """Which words stay: those that equal the ones ``length`` before them, for so long, are a loop."""
    keep, run = [True] * len(said), 0
    for place in range(length, len(said)):
        run = run + 1 if said[place] == said[place - length] else 0
        keep[place] = run <= (KEPT_REPEATS - 1) * length
    return keep
