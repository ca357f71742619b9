"""What the screen knows of the commentary beside its session: words and states, in the order they were known."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.core.said_events import GOAL, WITHIN_S
from engine.core.signals import Mark, OfCommentary, Words, WordsEvent, WordsState

_SENTENCES = 4
_PROPOSED_S = 120.0
"""A goal that was spoken of is proposed for so long."""
_TOGETHER_S = 3.0
"""What ended no longer before the newest sentence began is shown with it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a commentator said last at a moment: the newest words last, and how the hearing of them does."""

    words: tuple[Words, ...]
    state: WordsState | None


@dataclass
class Commentary:
    """Takes what comes of a commentary and answers what was said at any moment."""

    words: list[Words] = field(default_factory=list)
    states: list[WordsState] = field(default_factory=list)
    said: list[WordsEvent] = field(default_factory=list)
    """Events that were spoken of, by when they were told."""

    def take(self, event: OfCommentary) -> None:
        """Take the next words, the next state, or the next event that was spoken of."""
        match event:
            case Words():
                insort(self.words, event, key=lambda words: words.t)
            case WordsState():
                insort(self.states, event, key=lambda state: state.t)
            case WordsEvent():
                insort(self.said, event, key=lambda said: said.t)

    @property
    def expected(self) -> bool:
        """Whether somebody was asked to say what is said; he may have said nothing."""
        return bool(self.states)

    def goal_at(self, t: float, marks: Iterable[Mark]) -> WordsEvent | None:
        """The newest goal that was spoken of and may be meant at ``t``, unless it was marked already."""
        marked_s = [mark.t for mark in marks if mark.label == GOAL]
        meant = [
            event
            for event in self.said
            if event.kind == GOAL
            and t - _PROPOSED_S <= event.at <= t + WITHIN_S
            and not any(abs(event.at - at_s) <= 2 * WITHIN_S for at_s in marked_s)
        ]
        return max(meant, key=lambda event: event.at, default=None)

    def at(self, t: float) -> Spoken:
        """The last words at ``t``: those of the newest sentence, and what was said just before it."""
        upto = bisect_right(self.words, t, key=lambda words: words.t)
        last = self.words[max(0, upto - _SENTENCES) : upto]
        recent = tuple(words for words in last if words.end >= last[-1].start - _TOGETHER_S)
        state = bisect_right(self.states, t, key=lambda state: state.t) - 1
        return Spoken(recent, self.states[state] if state >= 0 else None)
