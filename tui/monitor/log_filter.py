"""Which lines of the spike log a person asked for: every word typed must be somewhere in what is known of a line."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from engine.core.clock_text import session_time
from engine.core.said_events import event_said
from engine.core.signals import Alarm, Mark, Rejected, Spike, WordsEvent
from engine.core.spotted import Spotted
from engine.football.match_clock import MatchClock
from tui.monitor.feed import SpikeLabel
from tui.monitor.model import Candidate
from tui.monitor.widgets.spike_log import REASONS

_MARK_BEFORE_S: Final = 10.0
_MARK_AFTER_S: Final = 30.0
"""A person marks what happened when it is over; what was marked up to here after a spike was meant for it."""


def marks_of(candidate: Candidate, marks: Iterable[Mark]) -> list[Mark]:
    """The marks that were set at a candidate, or soon after it."""
    match candidate:
        case Spike():
            end_s = candidate.end
        case Alarm():
            end_s = float("inf")
        case Rejected():
            end_s = candidate.decided_at
        case Spotted():
            end_s = candidate.t
    return [mark for mark in marks if candidate.onset - _MARK_BEFORE_S <= mark.t <= end_s + _MARK_AFTER_S]


def matches(
    candidate: Candidate, typed: str, label: SpikeLabel | None, clock: MatchClock, marks: Sequence[Mark]
) -> bool:
    """Whether every word of ``typed`` is in the candidate's kind, times, height, reason, review or marks.

    An alarm that goes on always matches: no filter may hide what is happening now.
    """
    if isinstance(candidate, Alarm):
        return True
    known = folded(_known_of(candidate, label, clock, marks))
    return all(word in known for word in folded(typed).split())


def has_words(event: WordsEvent, typed: str, clock: MatchClock) -> bool:
    """The same of an event that the commentator spoke of."""
    known = folded("\n".join([session_time(event.at), clock.minute(event.at), event_said(event), event.words]))
    return all(word in known for word in folded(typed).split())


def folded(text: str) -> str:
    """Text as it is looked for: neither capitals nor accents count, since not every keyboard has them."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")


def _known_of(
    candidate: Spike | Rejected | Spotted, label: SpikeLabel | None, clock: MatchClock, marks: Sequence[Mark]
) -> str:
    if isinstance(candidate, Spotted):
        at = [session_time(candidate.t), clock.minute(candidate.t), f"{candidate.confidence:.2f}"]
        marked = [part for mark in marks_of(candidate, marks) for part in (mark.label, mark.note)]
        return "\n".join(["spotted", *at, candidate.label, *candidate.shares, *marked])
    if isinstance(candidate, Spike):
        about = ["spike", session_time(candidate.peak), clock.minute(candidate.peak), candidate.what or ""]
    else:
        reason = REASONS.get(candidate.reason, candidate.reason)
        about = ["rejected", session_time(candidate.onset), clock.minute(candidate.onset), reason]
    about.append(f"{candidate.peak_pressure:.2f}")
    about += ["unreviewed"] if label is None else [label.verdict, label.what, label.note]
    about += [part for mark in marks_of(candidate, marks) for part in (mark.label, mark.note)]
    # With a line between them, so that no word is made of the end of one and the beginning of the next.
    return "\n".join(about)
