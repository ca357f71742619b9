"""How each class of event looks from the main camera: where the ball goes, and where players stand.

The pitch lies with its centre at (0, 0): x from -52.5 m to 52.5 m, y from -34 m (far) to 34 m (near). Home attacks to
the right (+x) in the first half and to the left in the second.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pin = tuple[float, float, float]
"""Seconds after the event, and where the ball is then: x, y in m."""
Places = NDArray[np.float64]
"""Where 22 players stand, home first, their goalkeepers at 0 and 11: shape (22, 2) in m."""

_GOAL_X: Final = 52.5
_SIDE_Y: Final = 34.0


def ball_pins(label: str, attack: int, rng: np.random.Generator) -> list[Pin]:
    """Where the ball is around an event of a side that attacks towards ``attack`` (1 or -1) times x."""
    y, far_y = float(rng.uniform(-24, 24)), float(rng.uniform(-18, 18))
    x, edge = float(rng.uniform(-38, 38)), float(rng.choice([-1.0, 1.0]))
    mouth, wide = float(rng.uniform(-3, 3)), float(edge * rng.uniform(6, 13))
    shoot: list[Pin] = [(-3.0, attack * 28.0, far_y), (-0.7, attack * 39.0, far_y / 2)]
    side = edge * _SIDE_Y
    pins: dict[str, list[Pin]] = {
        "Goal": [*shoot, (0.0, attack * 53.6, mouth), (3.5, attack * 54.0, mouth), (9.0, 0.0, 0.0)],
        "Shots on target": [
            *shoot,
            (0.0, attack * 50.5, mouth),
            (1.0, attack * 45.0, 3 * mouth),
            (3.0, attack * 30.0, far_y),
        ],
        "Shots off target": [*shoot, (0.0, attack * 53.0, wide), (1.0, attack * 59.0, 1.3 * wide)],
        "Penalty": [(-8.0, attack * 41.5, 0.0), (0.0, attack * 41.5, 0.0), (0.6, attack * 53.0, mouth)],
        "Corner": [
            (-4.0, attack * 52.0, 0.98 * side),
            (0.0, attack * 52.0, 0.98 * side),
            (1.4, attack * 45.0, mouth * 2),
        ],
        "Kick-off": [(-6.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.5, -attack * 9.0, y / 3)],
        "Throw-in": [(-3.0, x, 1.02 * side), (0.0, x, 1.02 * side), (1.0, x + attack * 6, 0.75 * side)],
        "Ball out of play": [(-1.5, x, 0.8 * side), (0.0, x, 1.01 * side), (0.8, x, 1.1 * side)],
        "Clearance": [(-1.0, -attack * 44.0, y / 2), (0.0, -attack * 46.0, y / 2), (1.8, attack * 6.0, y)],
        "Offside": [(-1.5, attack * 12.0, y), (0.0, attack * 33.0, far_y), (1.5, attack * 35.0, far_y)],
        "Foul": [(-2.0, x - attack * 8, y), (0.0, x, y), (3.0, x, y)],
        "Direct free-kick": [
            (-5.0, attack * 27.0, far_y),
            (0.0, attack * 27.0, far_y),
            (1.0, attack * 50.0, mouth * 2),
        ],
        "Indirect free-kick": [(-4.0, x, y), (0.0, x, y), (1.2, x + attack * 14, y / 2)],
    }
    return pins.get(label, [(-3.0, x, y), (0.0, x, y), (4.0, x, y)])


def _two_rows(attack: int, xs: tuple[float, float]) -> Places:
    """Both teams, home left of ``xs[0]`` and away right of ``xs[1]`` where home attacks to the right."""
    rows = np.array([(-1.0, 0.0), *[(-0.72, y) for y in (-24, -8, 8, 24)], *[(-0.4, y) for y in (-24, -8, 8, 24)]])
    rows = np.vstack([rows, [(-0.12, -6.0), (-0.12, 6.0)]])
    left = rows * [48.0, 1.0] + [xs[0], 0.0]
    right = rows * [-48.0, 1.0] + [xs[1], 0.0]
    return np.vstack([left, right]) if attack > 0 else np.vstack([right, left])


def formation(home_attack: int) -> Places:
    """Where players stand when the ball is in the centre."""
    return _two_rows(home_attack, (0.0, 0.0)) * [0.9, 1.0]


def overlay(label: str, home_attack: int, attack: int, rng: np.random.Generator) -> Places | None:
    """Where players gather for an event of a side that attacks towards ``attack``; None where they play on."""
    crowded = rng.normal(size=(22, 2))
    keeper_home = (-home_attack * 51.0, 0.0)
    keeper_away = (home_attack * 51.0, 0.0)
    made: Mapping[str, Callable[[], Places]] = {
        "Kick-off": lambda: _two_rows(home_attack, (-1.0, 1.0)),
        "Corner": lambda: crowded * [4.0, 6.0] + [attack * 44.0, 0.0],
        "Penalty": lambda: crowded * [2.0, 12.0] + [attack * 32.0, 0.0],
        "Direct free-kick": lambda: crowded * [3.0, 9.0] + [attack * 40.0, 0.0],
        "Goal": lambda: _joy(home_attack, attack, rng),
    }
    if label not in made:
        return None
    places = made[label]()
    places[0], places[11] = keeper_home, keeper_away
    if label == "Direct free-kick":
        defenders = np.arange(12, 17) if attack == home_attack else np.arange(1, 6)
        places[defenders] = np.column_stack([np.full(5, attack * 36.0), np.linspace(-3.0, 3.0, 5)])
    return places


def _joy(home_attack: int, attack: int, rng: np.random.Generator) -> Places:
    """The side that scored runs to a corner, the other one stands about."""
    places = formation(home_attack)
    scorers = np.arange(1, 11) if attack == home_attack else np.arange(12, 22)
    places[scorers] = rng.normal(size=(10, 2)) * 1.6 + [attack * 46.0, float(rng.choice([-28.0, 28.0]))]
    return places


OVERLAY_S: Final[Mapping[str, tuple[float, float]]] = {
    "Kick-off": (6.0, 0.5),
    "Corner": (5.0, 2.0),
    "Penalty": (8.0, 0.8),
    "Direct free-kick": (6.0, 0.8),
    "Goal": (-1.5, 9.0),
}
"""From how long before the event until how long after it players stand there."""
