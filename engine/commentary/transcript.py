"""What was said and when: the one type that every reader of transcripts returns."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

ORIGINAL: Final = "original"
ENGLISH: Final = "english"
VIEWS: Final = (ORIGINAL, ENGLISH)
"""The words as they were spoken, and their translation."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Words said between two seconds of sound.

    ``language`` is a code such as ``es``; empty where nobody has said or found out. ``no_speech`` is the recogniser's
    own probability that nobody spoke, 0 where it gave none.
    """

    start_s: float
    end_s: float
    text: str
    language: str = ""
    no_speech: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s <= self.end_s < float("inf"):
            raise ValueError(f"a segment from {self.start_s} s to {self.end_s} s is none")


@dataclass(frozen=True, slots=True)
class Transcript:
    """The segments of one recording, in the order of their starts; seconds count from the recording's start.

    ``game`` and ``half`` (1 or 2) say what was commented on, where the file says so. ``view`` is ``original`` or
    ``english``.
    """

    segments: tuple[Segment, ...]
    game: str = ""
    half: int | None = None
    view: str = ORIGINAL

    def __post_init__(self) -> None:
        starts = [segment.start_s for segment in self.segments]
        if starts != sorted(starts):
            raise ValueError("segments must be in the order of their starts")

    @property
    def end_s(self) -> float:
        """When the last word was said, in seconds; 0 where nothing was."""
        return max((segment.end_s for segment in self.segments), default=0.0)

    @property
    def words(self) -> int:
        return sum(len(segment.text.split()) for segment in self.segments)

    def heard_by(self, now_s: float) -> "Transcript":
        """What a listener has by ``now_s``: a segment is there once it has ended."""
        return replace(self, segments=tuple(segment for segment in self.segments if segment.end_s <= now_s))


def in_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """``segments`` by their starts; those that start together stay as they came."""
    return tuple(sorted(segments, key=lambda segment: segment.start_s))
