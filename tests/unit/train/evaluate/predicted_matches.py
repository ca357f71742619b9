"""Matches heard by scorers whose worth is known."""

import numpy as np

from train.evaluate.predictions import MatchPredictions
from train.metrics.alarms import DangerEvent, Stretch

T_S = np.arange(40.0, 1240.0, 0.5)
EVENTS_S = (200.0, 500.0, 900.0)
OTHER_S = 700.0


def bump(*at_s, height=0.9, lag_s=2.0):
    """Rises to ``height`` for eight seconds ``lag_s`` after each moment."""
    scores = np.full(len(T_S), 0.02)
    for t in at_s:
        scores[(t + lag_s <= T_S) & (t + lag_s + 8 >= T_S)] = height
    return scores


def match(number, **scores):
    """One match with three danger events, a reaction to something else, and these scorers."""
    events = tuple(
        DangerEvent(t + number, t + number - 5, t + number + 10, i == 0, t + number + 1) for i, t in enumerate(EVENTS_S)
    )
    truth = np.zeros(len(T_S), dtype=bool)
    for event in events:
        truth |= (event.from_s <= T_S) & (event.to_s >= T_S)
    return MatchPredictions(
        f"match-{number}",
        len(T_S) * 0.5 / 3600,
        T_S,
        truth,
        events,
        (Stretch(OTHER_S, OTHER_S + 20, "roar"),),
        True,
        scores,
    )


def good(number):
    return bump(*(t + number for t in EVENTS_S))


def matches(count=4, first=0):
    """A scorer that is always right, one that answers any cry, and one that is wrong."""
    rng = np.random.default_rng(first)
    return [
        match(
            n,
            index=good(n) + 0.01 * rng.random(len(T_S)),
            boosting=np.maximum(good(n), bump(OTHER_S)),
            loudness=bump(300.0, 1100.0, height=0.6),
        )
        for n in range(first, first + count)
    ]
