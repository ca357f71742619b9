"""Weak labels on the frame grid, as named rules.

A label speaks of a window by the times of its first and its last sample alone: the window that ends at frame ``end``
is heard from ``end_time_s(end) - WINDOW_S`` to ``end_time_s(end)``, and nothing after that is looked at. Events come
from the match's own record, so a label may know that a shot fell; the sound of the window can't.

Every rule says three things of a window: a ``target`` in [0, 1] to learn, a ``weight`` that is 0 where the window is
left out (ambiguous: neither positive nor negative), and ``truth``, the yes or no that the calibrated index stands for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, UsageError
from engine.core.grid import WINDOW_FRAMES, WINDOW_S, end_time_s
from engine.football.events import MatchEvents, Shots
from engine.football.match_clock import MatchOnSound

SAID: Final = "commentary"
"""The source of a match whose events were told from its own commentary (``train/data/intake/said_events.py``)."""
DANGER_XG: Final = 0.1
"""A shot of at least this xG is a danger event, as every goal is (``docs/architecture.md``, "What the index means")."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels of n windows, each array of shape (n,).

    ``ends`` are the windows' end frames, ``target`` float32 in [0, 1], ``weight`` float32, 0 for a window left out;
    ``truth`` bool. A window of the negative class has target 0, a weight above 0
    and is not within reach of anything.
    """

    rule: str
    ends: NDArray[np.int64]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]
    truth: NDArray[np.bool_]

    @property
    def negative(self) -> NDArray[np.bool_]:
        return np.asarray((self.target == 0) & (self.weight > 0) & ~self.truth)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """First and last moment of n windows in seconds of sound, float64 of shape (n,)."""

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]

    @classmethod
    def ending_at(cls, ends: NDArray[np.int64]) -> "Windows":
        """The windows that end at frames ``ends``. Raises ``ValueError`` for an end before the first whole window."""
        if ends.size and int(ends.min()) < WINDOW_FRAMES:
            raise ValueError(f"the first whole window ends at frame {WINDOW_FRAMES}")
        end_s = end_time_s(ends)
        return cls(end_s - WINDOW_S, end_s)

    def overlap(self, start_s: float, end_s: float) -> NDArray[np.bool_]:
        """Which windows hold sound of the stretch from ``start_s`` to ``end_s``, both included."""
        return (self.start_s <= end_s) & (self.end_s >= start_s)

    def end_within(self, start_s: float, end_s: float) -> NDArray[np.bool_]:
        return (self.end_s >= start_s) & (self.end_s <= end_s)


@dataclass(frozen=True, slots=True)
class LabelledEvent:
    """An event at ``t_s`` seconds of sound with the rule's reach around it."""

    t_s: float
    is_goal: bool
    from_s: float
    to_s: float


class Rule(Protocol):
    """A way to label windows. ``name`` goes into the weights' configuration."""

    @property
    def name(self) -> str: ...

    def check(self, match: MatchEvents) -> None:
        """Raise ``InputError`` when the match's data can't carry this rule."""
        ...

    def excluded(self, match: MatchOnSound) -> list[tuple[float, float]]:
        """Stretches of sound in seconds that no window of the negative class may hold any of."""
        ...

    def events(self, match: MatchOnSound) -> "list[LabelledEvent]":
        """The events that an alarm should be raised at."""
        ...

    def apply(self, match: MatchOnSound, ends: NDArray[np.int64]) -> Labels: ...


@dataclass(frozen=True, slots=True)
class GoalWindow:
    """Goals alone, foreseen: positive is a window that ENDS within ``before_s`` before a goal.

    A window that holds the goal, or any of the ``celebration_s`` after it, is left out: it would give the answer away.
    So is every window that ends outside play. All other windows are negative, whatever shots they hold.
    """

    before_s: float = 60.0
    celebration_s: float = 60.0
    name: str = "goal-window"

    def check(self, match: MatchEvents) -> None:
        """Every source names the goals."""

    def excluded(self, match: MatchOnSound) -> list[tuple[float, float]]:
        return [(shot.t_s, shot.t_s + self.celebration_s) for shot in match.shots if shot.is_goal]

    def events(self, match: MatchOnSound) -> list[LabelledEvent]:
        """The goals. The rule looks ahead of one and leaves out the celebration after it: an alarm counts in both."""
        return [
            LabelledEvent(shot.t_s, True, shot.t_s - self.before_s, shot.t_s + self.celebration_s)
            for shot in match.shots
            if shot.is_goal
        ]

    def apply(self, match: MatchOnSound, ends: NDArray[np.int64]) -> Labels:
        windows = Windows.ending_at(ends)
        positive = np.zeros(ends.shape, dtype=bool)
        for shot in match.shots:
            if shot.is_goal:
                positive |= (windows.end_s < shot.t_s) & (windows.end_s >= shot.t_s - self.before_s)
        kept = np.zeros(ends.shape, dtype=bool)
        for start_s, end_s in match.play:
            kept |= windows.end_within(start_s, end_s)
        for start_s, end_s in self.excluded(match):
            kept &= ~windows.overlap(start_s, end_s)
        positive &= kept
        return Labels(self.name, ends, positive.astype(np.float32), kept.astype(np.float32), positive)


@dataclass(frozen=True, slots=True)
class Danger:
    """Positive around goals and shots, graded by xG: what the crowd is alarmed by, while it is.

    **Reach.** A moment is within reach of a danger event (a goal, or a shot of at least ``least_xg``) from ``before_s``
    before it to ``after_s`` after it, ``goal_after_s`` after a goal. Before: the crowd sees the chance form and event
    times are true to about a second. After: reactions start 0.2 to 2.4 s late and decay by 2 to 4.5 dB a second from
    about 12 dB; a goal is celebrated for longer. ``truth`` is exactly this reach, judged at the window's end.

    **Grade.** 1 for a goal; for a shot 0.5 at ``least_xg``, rising linearly to 1 at three times as much and falling
    linearly to 0 at xG 0. The target climbs linearly to this grade during ``before_s`` and stays to the end of the
    reach; where shots follow each other the highest counts.

    **Left out.** Windows that end after the reach but still hold sound of it, as the alarm dying away is neither; and
    everything around a shot that nobody graded. Play or not makes no difference: half time has no danger events.
    """

    before_s: float = 5.0
    after_s: float = 10.0
    goal_after_s: float = 30.0
    least_xg: float = DANGER_XG
    name: str = "danger"

    def __post_init__(self) -> None:
        if min(self.before_s, self.after_s, self.goal_after_s, self.least_xg) <= 0:
            raise ValueError("reach and least xG must be above 0")

    def check(self, match: MatchEvents) -> None:
        if match.source == SAID:
            raise InputError(
                f"{match.title}: its events were told from words, which are true to a quarter of a minute",
                "Use '--labels said-danger' for this match.",
            )
        if match.shots is Shots.UNKNOWN:
            raise InputError(
                f"{match.title}: only its goals are known, and the '{self.name}' rule needs the shots as well",
                "Use '--labels goal-window', or StatsBomb events for this match.",
            )

    def grade(self, xg: float) -> float:
        if xg < self.least_xg:
            return 0.5 * xg / self.least_xg
        return min(1.0, 0.5 + 0.5 * (xg - self.least_xg) / (2 * self.least_xg))

    def reach_s(self, goal: bool) -> tuple[float, float]:
        """Seconds before and after a danger event within which a moment counts as danger."""
        return self.before_s, self.goal_after_s if goal else self.after_s

    def events(self, match: MatchOnSound) -> list[LabelledEvent]:
        """Goals, and shots of at least ``least_xg``."""
        found = []
        for shot in match.shots:
            if shot.is_goal or (shot.xg is not None and shot.xg >= self.least_xg):
                before_s, after_s = self.reach_s(shot.is_goal)
                found.append(LabelledEvent(shot.t_s, shot.is_goal, shot.t_s - before_s, shot.t_s + after_s))
        return found

    def excluded(self, match: MatchOnSound) -> list[tuple[float, float]]:
        unknown = [shot.t_s for shot in match.shots if not shot.is_goal and shot.xg is None]
        return [(event.t_s, event.to_s) for event in self.events(match)] + [
            (t_s - self.before_s, t_s + self.after_s) for t_s in unknown
        ]

    def apply(self, match: MatchOnSound, ends: NDArray[np.int64]) -> Labels:
        windows = Windows.ending_at(ends)
        target = np.zeros(ends.shape)
        for shot in match.shots:
            if shot.is_goal or shot.xg is not None:
                grade = 1.0 if shot.is_goal or shot.xg is None else self.grade(shot.xg)
                before_s, after_s = self.reach_s(shot.is_goal)
                climb = np.clip(1.0 + (windows.end_s - shot.t_s) / before_s, 0.0, 1.0)
                reached = windows.end_within(shot.t_s - before_s, shot.t_s + after_s)
                target = np.maximum(target, np.where(reached, grade * climb, 0.0))
        truth = np.zeros(ends.shape, dtype=bool)
        for event in self.events(match):
            truth |= windows.end_within(event.from_s, event.to_s)
        kept = np.ones(ends.shape, dtype=bool)
        for start_s, end_s in self.excluded(match):
            kept &= ~windows.overlap(start_s, end_s)
        kept |= truth
        return Labels(self.name, ends, target.astype(np.float32), kept.astype(np.float32), truth)


@dataclass(frozen=True, slots=True)
class SaidDanger(Danger):
    """As ``Danger``, for events that nobody wrote down: they are told from the match's own commentary.

    A goal that is likelier than not is positive. Its moment is true to a quarter of a minute and a commentator is late,
    so the reach begins earlier; everything else that was told near a chance is left out, as shots that nobody graded.
    """

    before_s: float = 15.0
    after_s: float = 20.0
    goal_after_s: float = 30.0
    name: str = "said-danger"

    def check(self, match: MatchEvents) -> None:
        if match.source != SAID:
            raise InputError(
                f"{match.title}: its events were written down, and the '{self.name}' rule is for told ones",
                "Use '--labels danger' for this match.",
            )


RULES: Final[Mapping[str, Callable[[], Rule]]] = {
    "danger": Danger,
    "goal-window": GoalWindow,
    "said-danger": SaidDanger,
}


def find_rule(name: str) -> Rule:
    """The rule of that name with its default reach. Raises ``UsageError`` naming those there are."""
    if name not in RULES:
        raise UsageError(f"there is no label rule {name!a}", f"The rules are: {', '.join(RULES)}.")
    return RULES[name]()
