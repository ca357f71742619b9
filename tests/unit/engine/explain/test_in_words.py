"""The sentence says what the numbers show and nothing else."""

import numpy as np
import pytest

from engine.core import grid
from engine.explain.attribution import Attribution
from engine.explain.explanation import Explanation
from engine.explain.in_words import area_of, band_bounds_hz, pitch, tell
from tests.unit.tui.monitor.made_up_explanation import made_up


def test_it_names_pitch_and_time_of_what_raised_the_index_and_of_what_held_it_down() -> None:
    told = tell(made_up(low=-0.3))
    assert told.sentence.startswith("mostly ")
    assert "Hz in the last 3 s" in told.sentence
    assert told.sentence.endswith("counted against it most")
    assert told.mostly is not None
    assert told.against is not None
    bounds = band_bounds_hz()
    assert bounds[22] <= told.mostly.low_hz < told.mostly.high_hz <= bounds[38]
    assert told.against.high_hz <= bounds[8]
    assert told.mostly.share > 0.5
    assert "of the rise" in told.sentence or "more than the whole rise" in told.sentence


def test_what_hardly_counted_is_not_named() -> None:
    assert tell(made_up(low=-0.02)).against is None


def test_an_index_at_its_background_was_moved_by_nothing() -> None:
    given = made_up()
    still = Attribution(0.012, 0.011, np.zeros((grid.HISTORY_FRAMES, grid.MEL_BANDS)), 9)
    told = tell(Explanation(74.0, 0.012, given.history, still, None))
    assert told.sentence.startswith("nothing moved it much")
    assert told.mostly is None


def test_an_index_below_its_background_was_lowered() -> None:
    given = made_up()
    lower = Attribution(0.01, 0.5, -given.attribution.parts, 9)
    assert "of the fall" in tell(Explanation(74.0, 0.01, given.history, lower, None)).sentence


def test_an_area_is_the_shortest_that_holds_most() -> None:
    parts = np.zeros((39, grid.MEL_BANDS))
    parts[2:4, 10:12] = 1.0
    parts[30, 60] = 0.5
    area = area_of(parts)
    assert area is not None
    assert (area.newer_s, area.older_s) == (2, 4)
    assert area.amount == pytest.approx(4.0)
    assert area_of(np.zeros_like(parts)) is None


@pytest.mark.parametrize(("hz", "shown"), [(77.4, "77"), (614.0, "610"), (1024.0, "1000"), (9.0, "9"), (0.0, "0")])
def test_pitches_are_rounded(hz: float, shown: str) -> None:
    assert pitch(hz) == shown
