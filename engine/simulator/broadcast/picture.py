"""The main camera's picture: a pitch before a stand, seen from the side, players and ball as small shapes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.simulator.broadcast.director import Script
from engine.simulator.broadcast.play import Play

Frame = NDArray[np.uint8]
"""A picture, shape (height, width, 3), RGB."""
Colour = tuple[int, int, int]

SEEN_M: Final = 64.0
_WORLD_M: Final = 140.0
_STAND: Final = 0.2
_DEPTH_M: Final = 78.0
_KITS: Final[tuple[Colour, ...]] = (
    (200, 30, 40),
    (30, 60, 200),
    (235, 235, 235),
    (240, 200, 20),
    (90, 20, 110),
    (20, 20, 25),
    (120, 200, 240),
    (230, 110, 20),
)
_WHITE: Final[Colour] = (235, 235, 235)
_FOUL_S: Final = 3.0
_FLAG_S: Final = 2.5


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a broadcast."""

    kits: tuple[Colour, Colour]
    grass: Colour
    stand: Colour
    graphics: Colour


def draw_look(rng: np.random.Generator) -> Look:
    """Colours that two teams, a ground and a broadcaster have for a whole match."""
    first, second = rng.choice(len(_KITS), 2, replace=False)
    green = (int(rng.integers(30, 70)), int(rng.integers(105, 150)), int(rng.integers(25, 60)))
    stand = int(rng.integers(50, 110))
    graphics = (int(rng.integers(0, 90)), int(rng.integers(0, 90)), int(rng.integers(60, 180)))
    return Look((_KITS[first], _KITS[second]), green, (stand, stand - 10, stand + 8), graphics)


class MainCamera:
    """Draws any frame of a half from its play, whether that is when it happens or when it is shown again."""

    def __init__(self, look: Look, play: Play, script: Script, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.width, self.height = size
        self._look, self._play, self._script = look, play, script
        self._per_m = self.width / SEEN_M
        self._top = round(_STAND * self.height)
        self._per_m_deep = (self.height - self._top) / _DEPTH_M
        self._world = self._ground(rng)
        self._player = max(2, round(0.013 * self.width)), max(3, round(0.045 * self.height))
        self._dot = max(2, round(0.013 * self.width))
        fps = script.fps
        self._fouls = [one for one in script.happenings if one.label == "Foul"]
        self._flags = [one for one in script.happenings if one.label == "Offside"]
        self._foul_frames, self._flag_frames = round(_FOUL_S * fps), round(_FLAG_S * fps)

    def frame(self, n: int) -> Frame:
        """The picture at frame ``n``, shape (height, width, 3)."""
        play, look = self._play, self._look
        left_m = float(play.view_x[n]) - SEEN_M / 2
        left = round((left_m + _WORLD_M / 2) * self._per_m)
        picture = self._world[:, left : left + self.width].copy()
        wide, high = self._player
        places = np.empty((23, 2), dtype=np.int64)
        places[:22, 0] = (play.players[n, :, 0] - left_m) * self._per_m
        places[:22, 1] = self._top + (play.players[n, :, 1] + _DEPTH_M / 2) * self._per_m_deep
        places[22, 0] = (play.ball[n, 0] - left_m) * self._per_m
        places[22, 1] = self._top + (play.ball[n, 1] + _DEPTH_M / 2) * self._per_m_deep
        for k, (x, y) in enumerate(places[:22].tolist()):
            paint(picture, x - wide // 2, y - high, wide, high, look.kits[k // 11])
        ball_x, ball_y = places[22].tolist()
        self._extras(picture, n, ball_x, ball_y)
        paint(picture, ball_x - self._dot // 2, ball_y - self._dot, self._dot, self._dot, (255, 255, 255))
        return picture

    def ball_at(self, n: int) -> tuple[int, int]:
        """Column and row of the ball in frame ``n``."""
        left_m = float(self._play.view_x[n]) - SEEN_M / 2
        x, y = self._play.ball[n]
        return int((x - left_m) * self._per_m), int(self._top + (y + _DEPTH_M / 2) * self._per_m_deep)

    def _extras(self, picture: Frame, n: int, ball_x: int, ball_y: int) -> None:
        """A fouled player lies on the ground; an assistant at the near line raises the flag."""
        wide, high = self._player
        for one in self._fouls:
            if 0 <= n - round(one.t_s * self._script.fps) < self._foul_frames:
                paint(picture, ball_x + wide, ball_y - wide, 2 * high, wide, self._look.kits[0])
                paint(picture, ball_x - 2 * wide, ball_y - high, wide, high, (10, 10, 10))
        for one in self._flags:
            if 0 <= n - round(one.t_s * self._script.fps) < self._flag_frames:
                bottom = self.height - high
                paint(picture, ball_x, bottom, wide, high, (10, 10, 10))
                paint(picture, ball_x, bottom - high, 2 * wide, high, (250, 220, 0))

    def _ground(self, rng: np.random.Generator) -> Frame:
        """Stand and pitch from end to end, shape (height, columns, 3)."""
        look, columns = self._look, round(_WORLD_M * self._per_m)
        world = np.empty((self.height, columns, 3), dtype=np.uint8)
        world[: self._top] = people(rng, self._top, columns, look.stand)
        stripes = (np.arange(columns) / self._per_m // 6 % 2 * 9 - 4).astype(np.int64)
        world[self._top :] = np.clip(np.array(look.grass) + stripes[None, :, None], 0, 255)
        for x in (-52.5, 0.0, 52.5):
            self._line(world, (x, x), (-34, 34))
        for y in (-34.0, 34.0):
            self._line(world, (-52.5, 52.5), (y, y))
        for end in (-1, 1):
            for deep, wide in ((16.5, 20.15), (5.5, 9.16)):
                self._line(world, (end * (52.5 - deep), end * (52.5 - deep)), (-wide, wide))
                for y in (-wide, wide):
                    self._line(world, (end * (52.5 - deep), end * 52.5), (y, y))
            self._line(world, (end * 52.5, end * 55.0), (-4, 4), filled=True)
        angle = np.linspace(0, 2 * np.pi, 200)
        rows = self._row(9.15 * np.sin(angle))
        world[rows, self._column(9.15 * np.cos(angle))] = _WHITE
        return world

    def _column(self, x_m: NDArray[np.float64]) -> NDArray[np.int64]:
        return ((np.asarray(x_m) + _WORLD_M / 2) * self._per_m).astype(np.int64)

    def _row(self, y_m: NDArray[np.float64]) -> NDArray[np.int64]:
        return (self._top + (np.asarray(y_m) + _DEPTH_M / 2) * self._per_m_deep).astype(np.int64)

    def _line(self, world: Frame, x_m: tuple[float, float], y_m: tuple[float, float], filled: bool = False) -> None:
        left, right = sorted(self._column(np.array(x_m)).tolist())
        top, bottom = sorted(self._row(np.array(y_m)).tolist())
        world[top : bottom + 1, left : right + 1] = (170, 170, 175) if filled else _WHITE


def paint(picture: Frame, x: int, y: int, wide: int, high: int, colour: Colour) -> None:
    """A filled rectangle from column ``x`` and row ``y`` on, as far as it lies in the picture."""
    picture[max(y, 0) : max(y + high, 0), max(x, 0) : max(x + wide, 0)] = colour


def people(rng: np.random.Generator, rows: int, columns: int, colour: Colour) -> Frame:
    """A crowd from afar, shape (rows, columns, 3): specks of two by two, brighter and darker than ``colour``."""
    shape = ((rows + 1) // 2, (columns + 1) // 2)
    specks = rng.integers(-35, 60, (*shape, 1)) + rng.integers(-12, 12, (*shape, 3)) + np.array(colour)
    drawn = np.clip(specks, 0, 255).astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    return np.asarray(drawn[:rows, :columns])
