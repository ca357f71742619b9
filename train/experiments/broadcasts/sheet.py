"""A sheet of frames for the documentation: what each camera shows of a few events."""

from typing import Final

import numpy as np

from engine.football.events import Side
from engine.simulator.broadcast.broadcast import Half, SimulatedBroadcast
from engine.simulator.broadcast.director import Camera
from engine.simulator.broadcast.happenings import Happening
from engine.simulator.broadcast.picture import Frame

_EVENTS: Final = ("Kick-off", "Corner", "Penalty", "Foul", "Offside", "Goal", "Yellow card", "Substitution")
_APART_S: Final = 40.0
_COLUMNS: Final = 4
_GAP: Final = 4
_SCALE: Final = 2


def sheet(seed: int = 6) -> Frame:
    """Twelve frames in three rows: eight events at their moment, then joy, crowd and replay after the goal, and joy
    after nothing."""
    events = tuple(Happening(_APART_S * (n + 1), label, Side.HOME) for n, label in enumerate(_EVENTS))
    drawn = SimulatedBroadcast(Half(seed, 1, 0.0, _APART_S * (len(events) + 12), events))
    goal_s = next(one.t_s for one in events if one.label == "Goal")
    moments = [round(one.t_s * drawn.fps) + 3 for one in events]
    after = [shot for shot in drawn.script.shots if shot.of_s == goal_s and not shot.misleading]
    for camera in (Camera.CLOSE_UP, Camera.CROWD, Camera.REPLAY):
        moments += [(shot.first + shot.last) // 2 for shot in after if shot.camera is camera][:1]
    moments += [(shot.first + shot.last) // 2 for shot in drawn.script.shots if shot.misleading and shot.joy][:1]
    width, height = drawn.size
    rows = -(-len(moments) // _COLUMNS)
    page = np.full((rows * (height + _GAP), _COLUMNS * (width + _GAP), 3), 255, dtype=np.uint8)
    for n, moment in enumerate(moments):
        top, left = n // _COLUMNS * (height + _GAP), n % _COLUMNS * (width + _GAP)
        page[top : top + height, left : left + width] = drawn.frame(moment)
    return page.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
