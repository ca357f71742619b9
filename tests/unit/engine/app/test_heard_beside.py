"""The crowd's index of a recording as a channel: where it stands in time, and which moments it names."""

import numpy as np
import pytest

from engine.app.heard_beside import CROWD_RULE, CrowdCurve
from engine.core.log_odds_fusion import log_odds_of
from engine.core.run_protocols import Stop
from engine.core.signals import Health, Reading
from engine.spotting.vocabularies import V2, VOCABULARIES

STARTS_S = 2.0


def heard(*readings: tuple[float, float | None]) -> CrowdCurve:
    """The curve of a recording whose sound begins two seconds after its picture."""
    curve = CrowdCurve(STARTS_S, 100.0, lambda *_: None, "match.mp4", Stop())
    for t_s, pressure in readings:
        curve.write(Reading(t_s, pressure, -20.0, -6.0, next(iter(Health))))
    return curve


def test_the_index_stands_where_it_was_in_the_recording_and_not_in_its_sound():
    curve = heard((0.2, 0.1), (10.1, 0.9), (10.4, 0.3), (12.0, None)).log_odds
    assert len(curve) == 25 and np.flatnonzero(np.isfinite(curve)).tolist() == [4, 24]
    assert curve[24] == pytest.approx(float(log_odds_of(np.array(0.9)))), "the highest of the half second"


def test_a_cry_names_the_middle_of_its_half_second_and_speaks_of_goals_alone():
    of_classes = heard((0.2, 0.1), (10.1, 0.9), (40.3, 0.4), (41.0, 0.8)).beside(VOCABULARIES[V2])
    assert list(of_classes) == ["Goal"]
    assert of_classes["Goal"].named_s.tolist() == [12.25, 43.25] and of_classes["Goal"].rule is CROWD_RULE


def test_a_recording_without_an_index_has_no_such_channel():
    assert heard((0.2, None)).beside(VOCABULARIES[V2]) == {}
