"""The classes of events that models tell, in the order of their outputs; background comes before them."""

from typing import Final

BACKGROUND: Final = "background"
SOCCERNET_V1: Final = ("card", "subs", "soccer")
"""As the figures of SoccerNet (2018) and its published checkpoints count: cards, substitutions, goals."""
SOCCERNET_V2: Final = (
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
OURS: Final = ("danger",)

V1: Final = "soccernet-v1"
V2: Final = "soccernet-v2"
DANGER: Final = "danger"
VOCABULARIES: Final = {V1: SOCCERNET_V1, V2: SOCCERNET_V2, DANGER: OURS}

_DANGEROUS: Final = frozenset({"Goal", "Penalty", "Shots on target"})
"""Without xG, what of SoccerNet-v2 comes nearest to the rule by which the index calls a moment dangerous."""


def class_of(label: str, vocabulary: str) -> str | None:
    """The class of ``vocabulary`` that SoccerNet's ``label`` counts as; None for none."""
    if vocabulary == V1:
        return next((name for name in SOCCERNET_V1 if name in label.lower().replace("substitution", "subs")), None)
    if vocabulary == DANGER:
        return OURS[0] if label in _DANGEROUS or label.startswith("soccer-ball") else None
    return label if label in SOCCERNET_V2 else None
