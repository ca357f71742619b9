"""An explanation as text with plots for a terminal."""

from typing import Final

import numpy as np

from engine.explain.attribution import BAND_GROUP, by_bands, by_second
from engine.explain.explanation import Explanation
from engine.explain.explanation_json import agreement
from engine.explain.in_words import band_bounds_hz, doubts, heard_then, pitch, tell
from tui.cli.output import print_lines, print_plot

_HEIGHT: Final = 11
_GROUPS: Final = 16
_FAINTEST: Final = 0.02
"""Of the longest bar; plotext would draw shorter ones as long as this."""


def show(explanation: Explanation, title: str) -> None:
    """Print it to stdout: the sentence, the seconds, the pitches, and how far to trust it."""
    done = explanation.attribution
    parts = by_second(done.parts)
    print_lines(title)
    print_lines(
        f"index {done.index:.3f}; with every pitch at its own background {done.baseline:.3f}; "
        f"what follows makes up the {done.difference:+.3f} between"
    )
    print_lines(tell(explanation).sentence)
    if heard := heard_then(explanation):
        print_lines(heard)
    print_lines("\nmoved the index by, second by second (seconds before the moment)")
    _bars([-(back + 0.5) for back in range(len(parts))], parts.sum(axis=1).tolist(), None)
    groups = np.array_split(np.arange(parts.shape[1]), _GROUPS)
    bounds = band_bounds_hz()
    print_lines("\nmoved the index by, pitch by pitch (Hz)")
    _bars(
        [float(i) for i in range(_GROUPS)],
        [float(parts[:, group].sum()) for group in groups],
        [pitch(float(bounds[group[len(group) // 2]])) for group in groups],
    )
    print_lines(f"\nthe parts sum to the difference but for {abs(done.gap):.5f}, after {done.nodes} gradients")
    if explanation.occlusion is not None:
        by_time = agreement(parts.sum(axis=1), explanation.occlusion.by_second)
        by_pitch = agreement(by_bands(parts), explanation.occlusion.by_bands)
        if by_time is not None and by_pitch is not None:
            print_lines(
                f"taking a second, or {BAND_GROUP} bands, away and asking again: r = {by_time:.2f} by second, "
                f"{by_pitch:.2f} by pitch"
            )
    for line in doubts(explanation):
        print_lines(line)


def _bars(places: list[float], values: list[float], names: list[str] | None) -> None:
    import plotext

    least = _FAINTEST * max(map(abs, values))
    drawn = [(place, value) for place, value in zip(places, values, strict=True) if abs(value) > least]
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(None, _HEIGHT)
    if drawn:
        plotext.bar([place for place, _ in drawn], [value for _, value in drawn], width=0.9)
    plotext.xlim(min(places) - 0.5, max(places) + 0.5)
    if names is not None:
        plotext.xticks(places, names)
    else:
        plotext.xticks([-30, -20, -10, 0])
    print_plot()
