"""A half of a broadcast, planned once from a seed: its frames, its sound, and what is true of both."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from engine.core.errors import UsageError
from engine.football.events import EventKind, MatchEvent, RecordedEvent, RecordedPeriod
from engine.football.soccernet import KINDS
from engine.simulator.broadcast.director import Camera, Script, plan_script
from engine.simulator.broadcast.happenings import Happening
from engine.simulator.broadcast.other_cameras import OtherCameras
from engine.simulator.broadcast.picture import Frame, MainCamera, draw_look
from engine.simulator.broadcast.play import play_half
from engine.simulator.match import Score as SoundScore
from engine.simulator.match import draws_for, plan_match
from engine.simulator.real_timeline import outcome_of
from engine.simulator.timeline import Timeline
from engine.simulator.truth import truth_of
from engine.simulator.venue import draw_venue

SCHEMA: Final = 1
FPS: Final = 10
SIZE: Final = (160, 90)
_SLOWER: Final = 2
"""How much slower a replay is."""
_NOT_HEARD: Final = (EventKind.PENALTY, EventKind.KICK_OFF)
"""A penalty given is a foul already, and the simulator whistles every goal's restart itself."""
_SHOT_XG: Final = (1.2, 6.0)


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """What is drawn and heard of a half: ``start_s`` is where its excerpt begins in the half that it is taken from."""

    seed: int
    number: int
    start_s: float
    duration_s: float
    happenings: tuple[Happening, ...]
    before: tuple[int, int] = (0, 0)
    """The score when it begins."""


class SimulatedBroadcast:
    """Picture and sound of a half, deterministic by its seed.

    Args:
        half: what happens.
        fps: frames a second.
        size: width and height of the picture.

    Raises:
        UsageError: frames or size that make no picture.
    """

    def __init__(self, half: Half, fps: int = FPS, size: tuple[int, int] = SIZE) -> None:
        if not 1 <= fps <= 60 or not all(side % 2 == 0 and 48 <= side <= 1920 for side in size):
            raise UsageError(
                f"{size[0]}x{size[1]} at {fps} a second is no picture", "Sides are even, 48 to 1920; at most 60 fps."
            )
        self.half, self.fps, self.size = half, fps, size
        name = f"broadcast {half.number}"
        self.script: Script = plan_script(
            half.happenings, half.duration_s, fps, draws_for(half.seed, f"{name} script"), half.before
        )
        self.look = draw_look(draws_for(half.seed, "broadcast look"))
        play = play_half(half.happenings, half.number, self.script.frames, fps, draws_for(half.seed, f"{name} play"))
        self.main = MainCamera(self.look, play, self.script, size, draws_for(half.seed, "broadcast ground"))
        self._others = OtherCameras(self.look, fps, size, draws_for(half.seed, "broadcast crowd"))

    def frames(self) -> Iterator[Frame]:
        """The pictures in turn; frame ``n`` is the moment ``n / fps``."""
        for n in range(self.script.frames):
            yield self.frame(n)

    def frame(self, n: int) -> Frame:
        """The picture at frame ``n``, shape (height, width, 3), RGB."""
        shot = self.script.shot_at(n)
        if shot is not None and shot.camera is Camera.REPLAY:
            middle = (shot.last - shot.first) // 2
            again = round(shot.of_s * self.fps) + (n - shot.first - middle) // _SLOWER
            picture = self.main.frame(int(np.clip(again, 0, self.script.frames - 1)))
            self._others.replayed(picture, shot, n)
            return picture
        picture = self.main.frame(n) if shot is None else self._others.frame(shot, n)
        self._others.over(picture, self.script.score_at(n))
        return picture

    def sound(self) -> SoundScore:
        """The sound of the same half: what the simulator's crowd makes of what happens, shown or not."""
        half = self.half
        timeline = sound_timeline(half.happenings, half.number, half.start_s, half.duration_s, half.seed)
        venue = draw_venue(draws_for(half.seed, "venue"))  # one ground for both halves
        return plan_match(2 * half.seed + half.number, timeline, venue=venue)

    def truth(self) -> dict[str, Any]:
        """What is true of picture and sound, as plain JSON; times in seconds of the recording."""
        script = self.script
        return {
            "schema": SCHEMA,
            "simulated": True,
            "seed": self.half.seed,
            "half": self.half.number,
            "excerpt_start_s": self.half.start_s,
            "duration_s": self.half.duration_s,
            "fps": self.fps,
            "size": list(self.size),
            "happenings": [asdict(one) for one in script.happenings],
            "shots": [
                {
                    "camera": shot.camera.value,
                    "start_s": shot.first / self.fps,
                    "end_s": shot.last / self.fps,
                    "replays_s": shot.of_s if shot.camera is Camera.REPLAY else None,
                    "joy": shot.joy,
                    "misleading": shot.misleading,
                }
                for shot in script.shots
            ],
            "scoreboard": [
                {"t_s": score.first / self.fps, "home": score.home, "away": score.away, "goal_s": score.goal_s}
                for score in script.scores
            ],
            "sound": truth_of(self.sound()).to_json(),
        }


def sound_timeline(
    happenings: Sequence[Happening], number: int, start_s: float, duration_s: float, seed: int
) -> Timeline:
    """What the crowd answers, on the clock of the recording; chances get an xG drawn."""
    rng = draws_for(seed, f"broadcast {number} chances")
    events: list[RecordedEvent] = []
    if start_s == 0.0:
        events.append(RecordedEvent(0.0, EventKind.HALF_START, period=number))
    for one in happenings:
        kind = KINDS.get(one.label)
        xg = float(rng.beta(*_SHOT_XG))
        if kind is not None and kind not in _NOT_HEARD:
            said = outcome_of(MatchEvent(number, one.t_s, kind, one.side, outcome=one.label))
            chance = xg if kind in (EventKind.SHOT, EventKind.GOAL) else None
            events.append(RecordedEvent(one.t_s, kind, one.side, chance, said, number))
    return Timeline(tuple(events), (RecordedPeriod(number, 0.0, duration_s),), duration_s)
