"""Plans of reels in which recorded sounds stand beside simulated cries, all equally loud."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from engine.simulator.equal_loudness_reel import plan_reel
from engine.simulator.match import Score, draws_for, in_order
from engine.simulator.sound_cues import ALARMS, Confuser, Cue, Place, Reaction

Kind = Reaction | Confuser
SHARES: Final[Mapping[Kind, float]] = {
    Confuser.PA_MUSIC: 0.28,
    Reaction.CHANT: 0.22,
    Confuser.PA_SPEECH: 0.08,
    Confuser.COMMENTATOR: 0.06,
    Confuser.CHATTER: 0.06,
    Reaction.APPLAUSE: 0.06,
    Confuser.WHISTLE: 0.06,
    Confuser.DRUMS: 0.05,
    Confuser.HORNS: 0.05,
}
"""Of the recorded sounds of a reel; what is left is for the surroundings, evenly."""
CRY_SHARE: Final = 0.35
"""Of all sounds of a reel: simulated cries."""
GAP_S: Final = (10.0, 22.0)
LEVEL_DB: Final = (5.0, 16.0)
LENGTH_S: Final[Mapping[Kind, tuple[float, float]]] = {
    Confuser.PA_MUSIC: (2.5, 16.0),
    Reaction.CHANT: (3.0, 16.0),
    Reaction.APPLAUSE: (3.0, 10.0),
    Confuser.WHISTLE: (0.3, 2.5),
    Confuser.HORNS: (0.8, 6.0),
    Confuser.DRUMS: (2.5, 12.0),
}
_USUAL_LENGTH_S: Final = (1.5, 9.0)
UNDER: Final = 0.35
"""Share of the time with a long song or chant under everything, so that there are cries over songs."""
_UNDER_S: Final = (25.0, 60.0)
_UNDER_DB: Final = (-2.0, 8.0)
_PLACES: Final = (Place.LOUDSPEAKERS, Place.STANDS, Place.NEAR)


def plan_recorded_reel(seed: int, minutes: float, kinds: frozenset[Kind]) -> Score:
    """A reel of simulated cries and ``kinds`` of recorded sounds, all equally loud, in the ground that ``seed`` draws.

    For ``UNDER`` of the time a long song or chant goes on under all that.
    """
    cries = plan_reel(seed, minutes, ALARMS)  # for the ground, its bed and how cries are shaped
    rng = draws_for(seed, "recorded reel")
    shares = _shares(kinds - ALARMS)
    names = sorted(shares)
    weights = np.array([shares[name] for name in names])
    cues: list[Cue] = []
    cry = 0
    at_s = float(rng.uniform(*GAP_S))
    while at_s < cries.duration_s - 1.0:
        level_db = float(rng.uniform(*LEVEL_DB))
        if rng.random() < CRY_SHARE and cries.cues:
            model = cries.cues[cry % len(cries.cues)]
            moved_s = at_s - model.onset_s
            cues.append(
                replace(
                    model, onset_s=at_s, peak_s=model.peak_s + moved_s, end_s=model.end_s + moved_s,
                    level_db=level_db, seed=int(rng.integers(2**32)),
                )
            )  # fmt: skip
            cry += 1
        else:
            kind = names[int(rng.choice(len(names), p=weights / weights.sum()))]
            cues.append(
                _cue(
                    rng,
                    kind,
                    at_s,
                    float(rng.uniform(*LENGTH_S.get(kind, _USUAL_LENGTH_S))),
                    level_db,
                    cries.duration_s,
                )
            )
        at_s += float(rng.uniform(*GAP_S))
    songs = [kind for kind in (Confuser.PA_MUSIC, Reaction.CHANT) if kind in kinds]
    at_s = 0.0
    while songs and at_s < cries.duration_s - _UNDER_S[1]:
        seconds = float(rng.uniform(*_UNDER_S))
        if rng.random() < UNDER:
            kind = songs[int(rng.integers(len(songs)))]
            cues.append(_cue(rng, kind, at_s, seconds, float(rng.uniform(*_UNDER_DB)), cries.duration_s))
        at_s += seconds
    return replace(cries, cues=in_order(cues))


def _shares(kinds: frozenset[Kind]) -> dict[Kind, float]:
    rest = [kind for kind in kinds if kind not in SHARES]
    left = 1.0 - sum(SHARES.values())
    return {kind: SHARES[kind] for kind in kinds & set(SHARES)} | {kind: left / len(rest) for kind in rest}


def _cue(rng: np.random.Generator, kind: Kind, at_s: float, seconds: float, level_db: float, duration_s: float) -> Cue:
    place = Place.STANDS if kind is Reaction.APPLAUSE else _PLACES[int(rng.integers(len(_PLACES)))]
    end_s = min(at_s + seconds, duration_s)
    return Cue(kind, place, at_s, (at_s + end_s) / 2, end_s, level_db, int(rng.integers(2**32)))
