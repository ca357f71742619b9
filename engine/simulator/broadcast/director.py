"""What the director does: which camera is on the air from frame to frame, and what the scoreboard says.

Everything that is shown has the main camera, or the camera that shows it best; what is not shown is covered by another.
After events come close-ups, the crowd and replays; and at times the same comes after nothing at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.football.events import Side
from engine.simulator.broadcast.happenings import Happening

CARDS: Final = ("Yellow card", "Red card", "Yellow->red card")


class Camera(StrEnum):
    MAIN = "main"
    CLOSE_UP = "close-up"
    CROWD = "crowd"
    BENCH = "bench"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera on the air in the frames ``first`` to ``last - 1``.

    ``of_s`` is the moment that it replays, or the moment at which a card goes up or a substitution is shown. ``joy``:
    as after a goal. ``misleading``: nothing of the kind has just happened.
    """

    camera: Camera
    first: int
    last: int
    side: Side
    of_s: float = 0.0
    label: str = ""
    joy: bool = False
    misleading: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What the scoreboard says from frame ``first`` on, and which goal made it so, in seconds; None for the first."""

    first: int
    home: int
    away: int
    goal_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """Everything about the picture of a half that is decided before the first frame."""

    fps: int
    frames: int
    happenings: tuple[Happening, ...]
    shots: tuple[Shot, ...]
    """All but the main camera's, in order of time; they do not overlap."""
    scores: tuple[Score, ...]

    def shot_at(self, frame: int) -> Shot | None:
        """The shot on the air, None where it is the main camera's."""
        return next((shot for shot in self.shots if shot.first <= frame < shot.last), None)

    def score_at(self, frame: int) -> Score:
        return [score for score in self.scores if score.first <= frame][-1]


def plan_script(
    happenings: Sequence[Happening],
    duration_s: float,
    fps: int,
    rng: np.random.Generator,
    before: tuple[int, int] = (0, 0),
) -> Script:
    """Decide on cameras and scoreboard; ``before`` is the score when the recording starts."""
    director = _Director(happenings, round(duration_s * fps), fps, rng)
    for n, happening in enumerate(happenings):
        director.cover(n, happening)
    for happening in happenings:
        director.follow(happening)
    director.mislead(duration_s)
    shots = tuple(sorted(director.shots, key=lambda shot: shot.first))
    return Script(fps, director.frames, tuple(happenings), shots, director.scores(before))


_PROTECTED_S: Final = 1.5
_MISLEADING_A_MINUTE: Final = 0.35


class _Director:
    def __init__(self, happenings: Sequence[Happening], frames: int, fps: int, rng: np.random.Generator) -> None:
        self.happenings, self.frames, self.fps, self.rng = happenings, frames, fps, rng
        self.shots: list[Shot] = []
        self._taken: NDArray[np.bool_] = np.zeros(frames, dtype=np.bool_)
        self._protected: NDArray[np.bool_] = np.zeros(frames, dtype=np.bool_)
        for one in happenings:
            if one.shown:
                self._protected[self._frame(one.t_s - 2 * _PROTECTED_S) : self._frame(one.t_s + _PROTECTED_S) + 1] = (
                    True
                )

    def _frame(self, t_s: float) -> int:
        return int(np.clip(round(t_s * self.fps), 0, self.frames))

    def _uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def cover(self, n: int, happening: Happening) -> None:
        """Another camera where something is not shown, and the right one for cards and substitutions."""
        own = happening.label in CARDS or happening.label == "Substitution"
        before_s, after_s = self._uniform(1.2, 3.0), self._uniform(2.5, 5.0)
        which = Camera(str(self.rng.choice([Camera.CLOSE_UP, Camera.CROWD, Camera.REPLAY])))
        if happening.shown and not own:
            return
        earlier = [(one.t_s + happening.t_s) / 2 for one in self.happenings[:n]]
        later = [(one.t_s + happening.t_s) / 2 for one in self.happenings[n + 1 :]]
        first = self._frame(max([happening.t_s - before_s, *earlier[-1:]]))
        last = self._frame(min([happening.t_s + after_s, *later[:1]]))
        at = self._frame(happening.t_s)
        first, last = min(first, at), min(max(last, at + 1), self.frames)
        if self._taken[first:last].any():
            first = at if not self._taken[at] else last
        if happening.shown:
            camera = Camera.CLOSE_UP if happening.label in CARDS else Camera.BENCH
            self._add(Shot(camera, first, last, happening.side, happening.t_s, happening.label))
        else:
            of_s = self._older(happening.t_s)
            which = Camera.CROWD if which is Camera.REPLAY and of_s is None else which
            self._add(Shot(which, first, last, happening.side, of_s or 0.0))

    def follow(self, happening: Happening) -> None:
        """Close-up, crowd and replays after what was shown; of a goal that was not, the joy alone."""
        t_s, side = happening.t_s, happening.side
        wanted: list[tuple[Camera, float, bool]] = []
        chance = self.rng.random()
        if happening.label == "Goal":
            wanted = [(Camera.CLOSE_UP, self._uniform(3, 6), True), (Camera.CROWD, self._uniform(2, 4), True)]
            if happening.shown:
                wanted += [(Camera.REPLAY, self._uniform(5, 8), False)] * (1 + int(chance < 0.5))
            elif chance < 0.6:
                wanted = []
        elif not happening.shown:
            return
        elif happening.label.startswith("Shots"):
            wanted = [(Camera.CLOSE_UP, self._uniform(2, 4), False)] if chance < 0.4 else []
            wanted += [(Camera.REPLAY, self._uniform(4, 6), False)] if chance < 0.7 else []
        elif happening.label in ("Foul", "Offside") and chance < 0.6:
            wanted = [(Camera.REPLAY if chance < 0.35 else Camera.CLOSE_UP, self._uniform(3, 6), False)]
        start = self._frame(t_s + self._uniform(1.6, 3.0))
        for camera, seconds, joy in wanted:
            start = self._fill(Shot(camera, start, self._frame(start / self.fps + seconds), side, t_s, "", joy))

    def mislead(self, duration_s: float) -> None:
        """Joy without a goal, replays of old goals, faces and crowds at any time."""
        for _ in range(int(self.rng.poisson(_MISLEADING_A_MINUTE * duration_s / 60))):
            start_s, kind, seconds = self._uniform(5.0, duration_s), self.rng.random(), self._uniform(2.5, 6.0)
            side = Side.HOME if self.rng.random() < 0.5 else Side.AWAY
            of_s = self._older(start_s, "Goal")
            cameras = [Camera.CLOSE_UP if kind < 0.5 else Camera.CROWD]
            if kind < 0.35:
                cameras = [Camera.CLOSE_UP, Camera.CROWD]
            elif kind > 0.7 and of_s is not None:
                cameras = [Camera.REPLAY]
            start = self._frame(start_s)
            for camera in cameras:
                end = self._frame(start / self.fps + seconds)
                start = self._fill(Shot(camera, start, end, side, of_s or 0.0, "", kind < 0.5, True))

    def scores(self, before: tuple[int, int]) -> tuple[Score, ...]:
        """The scoreboard follows a goal after a moment, and a quarter of the goals late."""
        home, away = before
        found = [Score(0, home, away)]
        for goal in (one for one in self.happenings if one.label == "Goal"):
            late_s = self._uniform(8.0, 25.0) if self.rng.random() < 0.25 else self._uniform(0.5, 3.0)
            home, away = home + (goal.side is Side.HOME), away + (goal.side is Side.AWAY)
            first = max(self._frame(goal.t_s + late_s), found[-1].first + 1)
            if first < self.frames:
                found.append(Score(first, home, away, goal.t_s))
        return tuple(found)

    def _older(self, t_s: float, label: str = "") -> float | None:
        """A moment at least 20 s ago that a replay can show."""
        older = [one.t_s for one in self.happenings if one.t_s < t_s - 20 and label in one.label]
        return older[int(self.rng.integers(len(older)))] if older else None

    def _fill(self, shot: Shot) -> int:
        """Put a shot on the air as far as nothing stands in its way. Returns the frame behind it."""
        busy = np.flatnonzero(self._taken[shot.first : shot.last] | self._protected[shot.first : shot.last])
        last = shot.first + int(busy[0]) if len(busy) else shot.last
        if last - shot.first >= self.fps:
            self._add(Shot(shot.camera, shot.first, last, shot.side, shot.of_s, shot.label, shot.joy, shot.misleading))
            return last
        return shot.first

    def _add(self, shot: Shot) -> None:
        if shot.last > shot.first:
            self._taken[shot.first : shot.last] = True
            self.shots.append(shot)
