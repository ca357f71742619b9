"""Ball and players of a half, frame by frame, as the main camera sees them whether it is on the air or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.football.events import Side
from engine.simulator.broadcast.happenings import STOPS, Happening
from engine.simulator.broadcast.player_choreography import OVERLAY_S, Pin, ball_pins, formation, overlay

Track = NDArray[np.float64]

_WANDER_S: Final = (1.8, 3.4)
_REST_S: Final = 14.0
_VIEW_X: Final = 32.0


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """Positions in m of every frame: ``ball`` (frames, 2), ``players`` (frames, 22, 2), ``view_x`` (frames,), the
    middle of what the camera sees."""

    ball: Track
    players: Track
    view_x: Track


def play_half(happenings: Sequence[Happening], half: int, frames: int, fps: int, rng: np.random.Generator) -> Play:
    """Move ball and players through a half."""
    home_attack = 1 if half == 1 else -1
    times = np.arange(frames) / fps
    ball = _ball(happenings, home_attack, times, rng)
    players = _players(happenings, home_attack, ball, times, rng)
    width = int(1.6 * fps) | 1
    padded = np.pad(ball[:, 0], width // 2, mode="edge")
    view = np.convolve(padded, np.full(width, 1 / width), mode="valid")
    return Play(ball, players, np.clip(view, -_VIEW_X, _VIEW_X))


def attack_of(side: Side, home_attack: int) -> int:
    return home_attack if side is Side.HOME else -home_attack


def _ball(happenings: Sequence[Happening], home_attack: int, times: Track, rng: np.random.Generator) -> Track:
    pins: list[Pin] = []
    for n, one in enumerate(happenings):
        earlier = (happenings[n - 1].t_s + one.t_s) / 2 if n else -np.inf
        later = (happenings[n + 1].t_s + one.t_s) / 2 if n + 1 < len(happenings) else np.inf
        mine = [
            (one.t_s + dt, x, y)
            for dt, x, y in ball_pins(one.label, attack_of(one.side, home_attack), rng)
            if dt == 0.0 or earlier < one.t_s + dt < later
        ]
        _wander(pins, mine[0][0], rests=n > 0 and happenings[n - 1].label in STOPS, rng=rng)
        pins += mine
    _wander(pins, float(times[-1]) + 10.0 if len(times) else 10.0, rests=False, rng=rng)
    at, x, y = np.array(pins).T
    return np.column_stack([np.interp(times, at, x), np.interp(times, at, y)])


def _wander(pins: list[Pin], until_s: float, rests: bool, rng: np.random.Generator) -> None:
    """Passes from the last pin on until the next; where the ball rests, a while later."""
    if not pins:
        pins.append((0.0 if until_s > 0 else until_s - 1.0, 0.0, 0.0))
    t_s, x, y = pins[-1]
    if rests:
        t_s += _REST_S
        if t_s < until_s - 4.0:
            pins.append((t_s, x, y))
    while True:
        t_s += float(rng.uniform(*_WANDER_S))
        if t_s > until_s - 1.5:
            return
        x = float(np.clip(0.92 * x + rng.normal(0, 11), -44, 44))
        y = float(np.clip(0.8 * y + rng.normal(0, 11), -30, 30))
        pins.append((t_s, x, y))


def _players(
    happenings: Sequence[Happening], home_attack: int, ball: Track, times: Track, rng: np.random.Generator
) -> Track:
    base = formation(home_attack)
    follow = np.where(np.isin(np.arange(22), (0, 11)), 0.04, 0.5)[:, None] * [1.0, 0.4]
    players = base + ball[:, None, :] * follow
    phase, pace = rng.uniform(0, 2 * np.pi, (2, 22, 2)), rng.uniform(0.15, 0.6, (22, 2))
    players += 2.2 * np.sin(times[:, None, None] * pace + phase[0]) + np.sin(
        2.3 * times[:, None, None] * pace + phase[1]
    )
    for one in happenings:
        places = overlay(one.label, home_attack, attack_of(one.side, home_attack), rng)
        if places is None:
            continue
        before_s, after_s = OVERLAY_S[one.label]
        first, last = np.searchsorted(times, [one.t_s - before_s - 1.5, one.t_s + after_s + 1.5])
        span = times[first:last]
        weight = np.minimum(span - (one.t_s - before_s - 1.5), one.t_s + after_s + 1.5 - span) / 1.5
        weight = np.clip(weight, 0.0, 1.0)[:, None, None]
        players[first:last] = (1 - weight) * players[first:last] + weight * places
    outfield = np.setdiff1d(np.arange(22), (0, 11))
    nearest = outfield[np.argmin(((players[:, outfield] - ball[:, None]) ** 2).sum(axis=2), axis=1)]
    gap = ball - players[np.arange(len(times)), nearest]
    reach = np.clip(9.0 - np.abs(gap).max(axis=1), 0.0, 9.0)[:, None] / 9.0
    players[np.arange(len(times)), nearest] += gap * reach * 0.9
    return np.asarray(players)
