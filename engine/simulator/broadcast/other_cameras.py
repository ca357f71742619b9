"""The other cameras, and what a broadcaster lays over the picture: close-ups, crowd, bench, scoreboard, wipes."""

from typing import Final

import numpy as np

from engine.football.events import Side
from engine.simulator.broadcast.director import Camera, Score, Shot
from engine.simulator.broadcast.picture import Colour, Frame, Look, paint, people

_SKIN: Final[Colour] = (205, 160, 130)
_BLACK: Final[Colour] = (12, 12, 14)
_YELLOW: Final[Colour] = (250, 225, 0)
_RED: Final[Colour] = (225, 10, 20)
_DIGITS: Final = (
    "111101101101111",
    "010110010010111",
    "111001111100111",
    "111001111001111",
    "101101111001001",
    "111100111001111",
    "111100111101111",
    "111001001001001",
    "111101111101111",
    "111101111001111",
)
"""Three columns by five rows each, row by row."""


def scoreboard(look: Look, score: Score, scale: int) -> Frame:
    """The box in the corner, shape (9 scale, 31 scale, 3): a colour for each side, its goals (99 at most) beside it."""
    board = np.full((9, 31, 3), look.graphics, dtype=np.uint8)
    board[1:8, 1:5], board[1:8, 26:30] = look.kits
    for goals, first in ((score.home, 7), (score.away, 17)):
        for n, digit in enumerate(f"{min(goals, 99):02}"):
            cells = np.array([cell == "1" for cell in _DIGITS[int(digit)]]).reshape(5, 3)
            board[2:7, first + 4 * n : first + 4 * n + 3][cells] = (255, 255, 255)
    return board.repeat(scale, axis=0).repeat(scale, axis=1)


class OtherCameras:
    """Draws every shot but the main camera's; what moves in it is a function of the frame's number alone."""

    def __init__(self, look: Look, fps: int, size: tuple[int, int], rng: np.random.Generator) -> None:
        self._look, self._fps = look, fps
        self.width, self.height = size
        self._crowd = people(rng, self.height, 2 * self.width, look.stand)
        fans = rng.random(self._crowd.shape[:2]) < 0.2
        self._crowd[fans] = look.kits[0]
        self._scale = max(1, round(self.width / 160))
        rows = np.linspace(0.55, 1.1, self.height)[:, None, None]
        self._blur = np.broadcast_to(np.clip(rows * look.grass, 0, 255).astype(np.uint8), (self.height, self.width, 3))

    def frame(self, shot: Shot, n: int) -> Frame:
        """The picture of ``shot`` at frame ``n``, without the scoreboard."""
        if shot.camera is Camera.CROWD:
            return self._people(shot, n)
        return self._bench(shot, n) if shot.camera is Camera.BENCH else self._close_up(shot, n)

    def over(self, picture: Frame, score: Score) -> None:
        """Lay the scoreboard over a picture."""
        board = scoreboard(self._look, score, self._scale)
        margin = 4 * self._scale
        picture[margin : margin + board.shape[0], margin : margin + board.shape[1]] = board

    def replayed(self, picture: Frame, shot: Shot, n: int) -> None:
        """Make a picture one of a replay: bars, a mark, and a wipe at either end."""
        bar = self.height // 12
        picture[:bar] = self._look.graphics
        picture[-bar:] = self._look.graphics
        mark = self.width // 12
        paint(picture, self.width - 2 * mark, bar + 2, mark, mark // 2, (255, 255, 255))
        ends = min(n - shot.first, shot.last - 1 - n)
        if ends < 3:
            wide = self.width * (3 - ends) // 3
            paint(picture, 0 if n - shot.first < 3 else self.width - wide, 0, wide, self.height, self._look.graphics)

    def _people(self, shot: Shot, n: int) -> Frame:
        """Rows of people; in joy they jump and are brighter."""
        step = n - shot.first
        shift = (7 * shot.first) % self.width
        picture = self._crowd[:, shift : shift + self.width].copy()
        if shot.joy:
            half = self.height // 2
            picture[:half] = np.roll(picture[:half], 3 * (step % 3), axis=0)
            picture[half:] = np.roll(picture[half:], 3 * ((step + 1) % 3), axis=0)
            return np.minimum(picture.astype(np.uint16) * 5 // 4, 255).astype(np.uint8)
        return np.roll(picture, step // 4 % 2, axis=1)

    def _close_up(self, shot: Shot, n: int) -> Frame:
        """A person from the waist up: a player, or the referee with a card."""
        picture = self._blur.copy()
        referee = bool(shot.label)
        step = n - shot.first
        shirt = _BLACK if referee else self._look.kits[0 if shot.side is Side.HOME else 1]
        sway = round(self.height * (0.05 if shot.joy else 0.012) * np.sin(2 * np.pi * step / self._fps * 1.3))
        body, head = self.width // 4, self.height // 4
        x, y = self.width // 2 - body // 2 + 2 * sway, self.height // 3 + sway
        paint(picture, x, y + head, body, self.height, shirt)
        paint(picture, x + body // 2 - head // 2, y, head, head, _SKIN)
        arm = max(2, body // 6)
        if shot.joy:
            for side_x in (x - arm, x + body):
                paint(picture, side_x, y - head // 2, arm, 2 * head, shirt)
        if referee and n >= round(shot.of_s * self._fps):
            paint(picture, x + body, y - head // 2, arm, 2 * head, shirt)
            first_second = n - round(shot.of_s * self._fps) < self._fps
            yellow = shot.label == "Yellow card" or (shot.label == "Yellow->red card" and first_second)
            paint(picture, x + body, y - head, head // 2, head // 2 + 2, _YELLOW if yellow else _RED)
        return picture

    def _bench(self, shot: Shot, n: int) -> Frame:
        """Two players at the line and the board with two numbers, from the moment on."""
        picture = np.full((self.height, self.width, 3), (38, 42, 58), dtype=np.uint8)
        paint(picture, 0, 3 * self.height // 4, self.width, self.height, self._look.grass)
        kit = self._look.kits[0 if shot.side is Side.HOME else 1]
        gap = max(0, n - round(shot.of_s * self._fps)) * self.width // (8 * self._fps)
        wide, high = self.width // 12, self.height // 2
        for x in (self.width // 3 + gap, 2 * self.width // 3 - gap):
            paint(picture, x, self.height // 3, wide, high, kit)
        if n >= round(shot.of_s * self._fps):
            side = self.height // 5
            paint(picture, self.width // 2 - side, self.height // 12, side, side, _RED)
            paint(picture, self.width // 2, self.height // 12, side, side, (20, 200, 60))
        return picture
