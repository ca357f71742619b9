"""What happens in one half of a broadcast: SoccerNet's labels with whose they are and whether they are shown.

Labels that say neither get both drawn. Times are seconds of the half's recording.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.football.events import EventKind, Side
from engine.football.soccernet import Spot
from engine.simulator.timeline import Timeline

FREE_KICKS: Final = ("Direct free-kick", "Indirect free-kick")
STOPS: Final = frozenset(
    {"Goal", "Substitution", "Offside", "Ball out of play", "Foul", "Yellow card", "Red card", "Yellow->red card"}
)
"""After these the ball rests until the next event."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that is drawn, heard and labelled, ``t_s`` seconds into the recording of its half."""

    t_s: float
    label: str
    side: Side
    shown: bool = True


LEAST_APART_S: Final = 0.4


def happenings_of(spots: Sequence[Spot], half: int, rng: np.random.Generator, says_visibility: bool) -> list[Happening]:
    """The labels of a half in order of time. Free kicks of no kind, sides and, unless said, visibility are drawn.

    What happens within three seconds of each other is shown, or not, together; what happens at once, one by one.
    """
    found: list[Happening] = []
    of_half = [spot for spot in spots if spot.half == half]
    for spot in sorted(of_half, key=lambda spot: (spot.position_ms, spot.label == "Goal")):  # the shot comes first
        side = spot.side or (Side.HOME if rng.random() < 0.55 else Side.AWAY)
        label = spot.label
        direct = rng.random() < 0.35
        if label.startswith("Free-kick"):
            label = FREE_KICKS[0] if direct else FREE_KICKS[1]
        t_s = max(spot.position_ms / 1000, found[-1].t_s + LEAST_APART_S if found else 0.0)
        found.append(Happening(t_s, label, side, spot.shown))
    return found if says_visibility else _with_visibility(found, rng)


UNSHOWN_SHARE: Final[Mapping[str, float]] = {
    "Goal": 0.3,
    "Penalty": 0.0,
    "Kick-off": 0.3,
    "Substitution": 0.3,
    "Throw-in": 0.25,
    "Indirect free-kick": 0.25,
    "Yellow card": 0.1,
}
"""How often a broadcast shows something else instead. Of goals far more than in real broadcasts, so that it can be
measured who finds them; other labels ``OTHERS_UNSHOWN``."""
OTHERS_UNSHOWN: Final = 0.12
_TOGETHER_S: Final = 3.0


def _with_visibility(happenings: Sequence[Happening], rng: np.random.Generator) -> list[Happening]:
    """Show or hide what happens together: as often as goals are hidden where there is one among it."""
    together: list[list[Happening]] = []
    for one in happenings:
        if together and one.t_s - together[-1][-1].t_s < _TOGETHER_S:
            together[-1].append(one)
        else:
            together.append([one])
    found = []
    for group in together:
        labels = [one.label for one in group]
        hidden = rng.random() < UNSHOWN_SHARE.get("Goal" if "Goal" in labels else labels[0], OTHERS_UNSHOWN)
        found += [replace(one, shown=not hidden) for one in group]
    return found


def excerpt(
    happenings: Sequence[Happening], length_s: float, around: str, rng: np.random.Generator
) -> tuple[float, list[Happening]]:
    """A stretch of ``length_s`` with a happening called ``around`` somewhere in it, where there is one: its start in
    the half, and what happens in it by its own clock."""
    last_s = max([happening.t_s for happening in happenings], default=0.0)
    latest_s = max(0.0, last_s + 20.0 - length_s)
    wanted = [happening.t_s for happening in happenings if happening.label == around]
    start_s = float(rng.uniform(0.0, latest_s))
    if wanted:
        chosen_s = wanted[int(rng.integers(len(wanted)))]
        start_s = float(np.clip(chosen_s - rng.uniform(0.15, 0.75) * length_s, 0.0, latest_s))
    start_s = round(start_s)
    inside = [replace(one, t_s=one.t_s - start_s) for one in happenings if 0 <= one.t_s - start_s < length_s - 1.0]
    return start_s, inside


_RESTART_S: Final = 45.0


def drawn_spots(timeline: Timeline, period: int, rng: np.random.Generator) -> list[Spot]:
    """A half of a drawn match as labels, with the restarts and throw-ins that its events do not name."""
    half = next(one for one in timeline.periods if one.number == period)
    spots = [Spot(period, 1000, "Kick-off", side=Side.HOME)]

    def add(t_s: float, label: str, side: Side | None) -> None:
        if 0.0 <= t_s < half.length_s:
            spots.append(Spot(period, round(1000 * t_s), label, side=side))

    for event in timeline.events:
        t_s = event.t_s - half.start_s
        if event.period != period or event.kind not in _LABELS:
            continue
        label = _LABELS[event.kind]
        if event.kind is EventKind.SHOT:
            label = "Shots on target" if event.outcome == "saved" else "Shots off target"
        if event.kind is EventKind.CARD:
            label = "Red card" if event.outcome == "red" else "Yellow card"
        add(t_s, label, event.side)
        if label == "Goal":
            add(t_s + _RESTART_S, "Kick-off", Side.AWAY if event.side is Side.HOME else Side.HOME)
        elif label == "Shots off target":
            add(t_s + 1.5, "Ball out of play", event.side)
        elif label == "Foul":
            add(t_s + float(rng.uniform(12.0, 25.0)), FREE_KICKS[int(rng.random() < 0.65)], event.side)
    t_s = 30.0
    while t_s < half.length_s:
        if all(abs(1000 * t_s - spot.position_ms) > 12_000 for spot in spots):
            side = Side.HOME if rng.random() < 0.5 else Side.AWAY
            add(t_s, "Ball out of play", side)
            add(t_s + float(rng.uniform(5.0, 9.0)), "Throw-in", side)
        t_s += float(rng.uniform(40.0, 90.0))
    return sorted(spots, key=lambda spot: spot.position_ms)


_LABELS: Final = {
    EventKind.GOAL: "Goal",
    EventKind.SHOT: "Shots on target",
    EventKind.CORNER: "Corner",
    EventKind.FOUL: "Foul",
    EventKind.CARD: "Yellow card",
    EventKind.OFFSIDE: "Offside",
    EventKind.SUBSTITUTION: "Substitution",
}
