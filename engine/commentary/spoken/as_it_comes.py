"""What was said as it comes, without what a recogniser invents and with its language: by what was said before alone."""

from collections import deque
from typing import Final

from engine.commentary.hallucinations import clean
from engine.commentary.language import languages_of
from engine.commentary.transcript import Segment, Transcript, in_order

_REMEMBERED: Final = 12
"""Segments before that can show a loop, and the language."""


class AsItComes:
    """Takes segments in the order of their ends. Used by one thread."""

    def __init__(self) -> None:
        self._before: deque[Segment] = deque(maxlen=_REMEMBERED)

    def take(self, segment: Segment) -> Segment | None:
        """``segment`` without loops and with its language; None where nobody has said it."""
        before = [one for one in self._before if one.start_s <= segment.start_s]
        cleaned = clean(Transcript(in_order([*before, segment]))).transcript.segments
        self._before.append(segment)
        kept = next((one for one in reversed(cleaned) if _same_time(one, segment)), None)
        if kept is None or kept.language:
            return kept
        language = languages_of([*before, kept])[-1]
        return Segment(kept.start_s, kept.end_s, kept.text, language, kept.no_speech)


def _same_time(one: Segment, other: Segment) -> bool:
    return (one.start_s, one.end_s) == (other.start_s, other.end_s)
