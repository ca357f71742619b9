"""The demo: a match that gets dangerous two minutes after it is switched on."""

import numpy as np
import pytest

from engine.errors import UsageError
from engine.simulator.cues import ALARMS
from engine.simulator.match import SimulatedMatch
from engine.simulator.reel import plan_reel
from engine.simulator.source import LEAD_S, open_demo
from engine.simulator.truth import truth_of


@pytest.mark.parametrize("seed", [None, 0, 3, 11])
def test_something_dangerous_comes_after_two_minutes(seed: int | None) -> None:
    demo = open_demo(seed)
    assert isinstance(demo, SimulatedMatch) and not demo.live
    cries = [cry.onset_s for cry in truth_of(demo.score).alarms() if cry.cause in ("goal", "shot")]
    assert any(abs(onset_s - LEAD_S) < 1.0 for onset_s in cries)


def test_it_is_called_by_its_seed() -> None:
    assert open_demo(12).name == "demo:12"


def test_without_a_seed_it_is_always_the_same() -> None:
    one, other = (next(iter(open_demo(None).blocks())).samples for _ in range(2))
    assert np.array_equal(one, other)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(UsageError):
        open_demo(-2)


def test_a_reel_holds_only_what_was_asked_for() -> None:
    score = plan_reel(3, 5.0, ALARMS)
    assert {cue.kind for cue in score.cues} <= ALARMS and len(score.cues) >= 10
    assert all(6.0 <= cue.level_db <= 15.0 for cue in score.cues)


def test_a_reel_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        plan_reel(3, 5.0, frozenset())
