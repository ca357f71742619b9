"""How fast a match is simulated, in times real time of one core's processor time."""

import time
from statistics import median, quantiles

from engine.simulator.match import SimulatedMatch, plan_match
from tests.bench import Row

_MINUTES = 6.0
_SEEDS = range(6)


def run() -> list[Row]:
    """Whole simulations of six grounds, confusers as usual and far more of them."""
    rows = []
    for name, density in (("simulate, confusers as usual", 1.0), ("simulate, confusers five times as often", 5.0)):
        paces = []
        for seed in _SEEDS:
            started = time.process_time()
            for _ in SimulatedMatch(plan_match(seed, minutes=_MINUTES, density=density)).chunks():
                pass
            paces.append(60 * _MINUTES / (time.process_time() - started))
        lower, _, upper = quantiles(paces, n=4)
        rows.append(
            Row(name, median(paces), "x real time", (upper - lower) / 2, f"{_MINUTES:g} min, {len(_SEEDS)} seeds")
        )
    return rows
