"""Match clock and sound clock: finds the kick-offs in a recording, or refuses when it can't be sure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.clock_text import minutes_time
from engine.core.errors import UsageError
from engine.football.alignment.evidence import measure
from engine.football.alignment.kick_off_search import search
from engine.football.alignment.result import Alignment, AlignmentRefused, by_hand
from engine.football.events import MatchEvents, Shots

CHANCE: Final = 1e-3
"""The largest probability of a shuffled match fitting as well with which an alignment is still taken."""
LEAST_MARGIN: Final = 3.0
"""How many nats the next best kick-off must be behind."""
_HINT: Final = (
    "Give the kick-offs as minutes:seconds of the sound, none for a half that was not recorded: "
    "--kickoff 12:34 --second-half 1:14:50, or --second-half none."
)


def align(
    mel: NDArray[np.float32],
    match: MatchEvents,
    known: Mapping[int, float] | None = None,
    seed: int = 0,
) -> Alignment:
    """Find the kick-offs of ``match`` in frames ``mel`` (n, MEL_BANDS) in dB.

    ``known`` fixes the kick-offs (second of sound) of some periods; ``seed`` decides the shuffled matches. Raises
    ``AlignmentRefused`` when the best place is no better than chance, or not clearly better than the next.
    """
    found = search(measure(mel), match, known or {}, np.random.default_rng(seed))
    if found.chance > CHANCE:
        raise AlignmentRefused(
            f"{match.title}: the sound does not fit these events "
            f"(a shuffled match fits as well in {100 * found.chance:.2g} % of tries)",
            f"Goals alone seldom settle it. {_HINT}"
            if match.shots is Shots.UNKNOWN
            else f"Is it the right match? {_HINT}",
        )
    for number, margin in found.margins.items():
        if margin < LEAST_MARGIN:
            raise AlignmentRefused(
                f"{match.title}: period {number} could kick off at {minutes_time(found.kick_off_s[number])} of the "
                f"sound or at {minutes_time(found.next_best_s[number])}",
                _HINT,
            )
    return Alignment(found.kick_off_s, "measured", found.lag_s, 1.0 - found.chance)


def resolve(mel: NDArray[np.float32], match: MatchEvents, given: Mapping[int, float | None]) -> Alignment:
    """An alignment from what a person gave, ``None`` for a period that was not recorded; the rest is searched for.

    Raises ``UsageError`` for impossible kick-offs and ``AlignmentRefused`` as ``align`` does.
    """
    said = {number: t_s for number, t_s in given.items() if t_s is not None}
    recorded = [period for period in match.periods if given.get(period.number, 0.0) is not None]
    if said and all(period.number in said for period in recorded):
        return by_hand({period.number: said[period.number] for period in recorded})
    if not recorded:
        raise UsageError("no period is left to align", "Give 'none' for the half that was not recorded, not for both.")
    if len(said) > 1:
        by_hand(said)
    numbers = {period.number for period in recorded}
    events = tuple(event for event in match.events if event.period in numbers)
    return align(mel, replace(match, periods=tuple(recorded), events=events), said)
