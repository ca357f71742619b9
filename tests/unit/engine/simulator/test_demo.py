"""The demo: a match that gets dangerous two minutes after it is switched on."""

import numpy as np
import pytest

from engine.core.errors import UsageError
from engine.simulator.demo import LEAD_S, open_demo
from engine.simulator.equal_loudness_reel import EVERYTHING, plan_reel
from engine.simulator.match import SimulatedMatch
from engine.simulator.sound_cues import ALARMS, Confuser, Reaction
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


def test_a_third_of_a_reel_is_alarms_and_as_much_what_else_a_crowd_does() -> None:
    first_parts = [cue for seed in range(4) for cue in plan_reel(seed, 60.0).cues if cue.part == 0]
    crowd = [cue.kind for cue in first_parts if isinstance(cue.kind, Reaction)]
    alarms = sum(kind in ALARMS for kind in crowd)
    assert 0.28 < alarms / len(first_parts) < 0.40
    assert 0.25 < (len(crowd) - alarms) / len(first_parts) < 0.40


def test_drums_go_with_chants_and_whistles_with_boos() -> None:
    cues = [cue for seed in range(4) for cue in plan_reel(seed, 60.0).cues if cue.part == 0]
    starts = {kind: {cue.onset_s for cue in cues if cue.kind is kind} for kind in EVERYTHING}
    assert 0.3 < len(starts[Reaction.CHANT] & starts[Confuser.DRUMS]) / len(starts[Reaction.CHANT]) < 0.7
    assert starts[Reaction.BOO] & starts[Reaction.WHISTLING]
    assert not starts[Reaction.APPLAUSE] & starts[Confuser.DRUMS]


def test_a_crowd_can_keep_on_booing_in_a_reel_but_no_cry_is_drawn_out() -> None:
    boos = [cue.end_s - cue.onset_s for cue in plan_reel(3, 60.0, frozenset({Reaction.BOO})).cues]
    groans = [cue.end_s - cue.onset_s for cue in plan_reel(3, 60.0, frozenset({Reaction.GROAN})).cues]
    assert min(boos) > 4.0 and np.median(boos) > 8.0
    assert np.median(groans) < 4.0


def test_a_reel_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        plan_reel(3, 5.0, frozenset())
