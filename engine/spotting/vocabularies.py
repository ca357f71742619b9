"""The classes of events that models tell, in the order of their outputs; background comes before them."""

from typing import Final

from engine.football.soccernet_spots import CLASSES_V1, CLASSES_V2

BACKGROUND: Final = "background"
OURS: Final = ("danger",)

V1: Final = "soccernet-v1"
V2: Final = "soccernet-v2"
DANGER: Final = "danger"
VOCABULARIES: Final = {V1: CLASSES_V1, V2: CLASSES_V2, DANGER: OURS}

_DANGEROUS: Final = frozenset({"Goal", "Penalty", "Shots on target", "soccer"})
"""Without xG, what of SoccerNet-v2 comes nearest to the rule by which the index calls a moment dangerous."""


def class_of(label: str, vocabulary: str) -> str | None:
    """The class of ``vocabulary`` that a label, as ``labelled_spots`` gives it, counts as; None for none."""
    if vocabulary == DANGER:
        return OURS[0] if label in _DANGEROUS else None
    return label if label in VOCABULARIES[vocabulary] else None
