"""The spots in SoccerNet's documents of labels and predictions, as the package SoccerNet 0.2.0 takes them.

Published files write numbers as text; either is read. What lies in no first or second half is left out, as there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from engine.football.events import Side
from engine.football.json_document import Node
from engine.football.soccernet import GAME_TIME, HALVES, Spot

CLASSES_V2: Final = (
    "Penalty",
    "Kick-off",
    "Goal",
    "Substitution",
    "Offside",
    "Shots on target",
    "Shots off target",
    "Clearance",
    "Ball out of play",
    "Throw-in",
    "Foul",
    "Indirect free-kick",
    "Direct free-kick",
    "Corner",
    "Yellow card",
    "Red card",
    "Yellow->red card",
)
CLASSES_V1: Final = ("card", "subs", "soccer")
VISIBLE: Final = "visible"
NOT_SHOWN: Final = "not shown"

_ANNOTATIONS: Final = 500_000
_LONGEST_MS: Final = 24 * 3600 * 1000
_WHOLE: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LabelledSpots:
    """Spots of a game, and whether its document says of any whether the broadcast showed it."""

    spots: tuple[Spot, ...]
    says_visibility: bool = False


def labelled_spots(document: Node, version: int) -> LabelledSpots:
    """The annotations of a ``Labels-v2.json`` (version 2) or ``Labels.json`` (1), labels by the version's classes.

    Of an annotation without ``position`` the second of ``gameTime`` counts. Raises ``InputError`` naming the place.
    """
    spots: list[Spot] = []
    says = False
    for node in document.get("annotations").items(_ANNOTATIONS):
        half, at_ms = _game_time(node)
        label = node.get("label").text()
        visibility = node.find("visibility")
        says = says or visibility is not None
        position = node.find("position")
        if half in HALVES:
            at = at_ms if position is None else _milliseconds(position)
            shown = visibility is None or visibility.value != NOT_SHOWN
            team = node.find("team")
            side = next((one for one in Side if team is not None and team.value == one.value), None)
            spots.append(Spot(half, at, _class_v1(label) if version == 1 else label, 1.0, shown, side))
    return LabelledSpots(tuple(spots), says)


def predicted_spots(document: Node) -> tuple[Spot, ...]:
    """The predictions of a ``results_spotting.json``. Raises ``InputError`` naming the place."""
    spots: list[Spot] = []
    for node in document.get("predictions").items(_ANNOTATIONS):
        half = _half(node)
        if half in HALVES:
            confidence = _number(node.get("confidence"))
            spots.append(Spot(half, _milliseconds(node.get("position")), node.get("label").text(), confidence))
    return tuple(spots)


def version_of(spots: Mapping[str, tuple[Spot, ...]]) -> int | None:
    """Whose classes the predictions of these games are, SoccerNet-v1's or v2's; None where they are neither's."""
    labels = {spot.label for game in spots.values() for spot in game}
    if labels & set(CLASSES_V2):
        return 2
    return 1 if labels & set(CLASSES_V1) else None


def _class_v1(label: str) -> str:
    """``y-card``, ``subs-in``, ``soccer-ball``: the class is a part of the name."""
    return next((kind for kind in CLASSES_V1 if kind in label), label)


def _game_time(node: Node) -> tuple[int, int]:
    game_time = node.get("gameTime")
    match = GAME_TIME.fullmatch(game_time.text())
    if match is None:
        raise game_time.fault(f"expected a time like '1 - 12:34', found {game_time.text()[:20]!a}")
    return int(match[1]), 1000 * (60 * int(match[2]) + int(match[3]))


def _half(node: Node) -> int:
    half = node.find("half")
    if half is None:
        return _game_time(node)[0]
    return _whole(half)


def _milliseconds(node: Node) -> int:
    found = _whole(node)
    if found > _LONGEST_MS:
        raise node.fault("the position lies a day behind the kick-off or more")
    return found


def _whole(node: Node) -> int:
    if isinstance(node.value, str):
        if _WHOLE.fullmatch(node.value) is None:
            raise node.fault(f"expected a whole number, found {node.value[:20]!a}")
        return int(node.value)
    return node.whole(0, 10**12)


def _number(node: Node) -> float:
    if isinstance(node.value, str):
        if len(node.value) > 40 or _DECIMAL.fullmatch(node.value) is None:
            raise node.fault(f"expected a number, found {node.value[:20]!a}")
        return float(node.value)
    return node.number(-inf, inf)
