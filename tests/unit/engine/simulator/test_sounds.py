"""Every kind of sound by itself: audible, of its own length, different from draw to draw."""

from dataclasses import replace

import numpy as np
import pytest

from engine.simulator.equal_loudness_reel import plan_reel
from engine.simulator.match import draws_for, play_cue
from engine.simulator.sound_cues import Confuser, Reaction
from engine.simulator.synthesis_primitives import rms, samples
from engine.simulator.truth import truth_of
from engine.simulator.venue import draw_venue
from tests.unit.engine.simulator.listening import level_db, sound_of

KINDS = [*Reaction, *Confuser]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_has_its_length_and_no_holes_in_its_numbers(kind: Reaction | Confuser) -> None:
    venue = draw_venue(draws_for(1, "venue"))
    for cue in plan_reel(11, 0.7, frozenset({kind}), gap_s=(8.0, 12.0)).cues:
        sound = play_cue(cue, venue)
        assert sound.dtype == np.float32 and np.isfinite(sound).all()
        assert abs(len(sound) - samples(cue.duration_s)) <= 1
        assert rms(sound) > 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_two_draws_of_a_kind_differ(kind: Reaction | Confuser) -> None:
    venue = draw_venue(draws_for(1, "venue"))
    cue = plan_reel(12, 0.7, frozenset({kind}), gap_s=(8.0, 12.0)).cues[0]
    one, other = play_cue(cue, venue), play_cue(replace(cue, seed=cue.seed + 1), venue)
    assert not np.allclose(one, other, atol=0.05 * rms(one))


@pytest.mark.parametrize("kind", [Reaction.ROAR, Reaction.GROAN, Reaction.OOH])
def test_the_level_rises_where_the_truth_says_that_a_cry_begins(kind: Reaction) -> None:
    score = plan_reel(21, 1.5, frozenset({kind}), level_db=(10.0, 15.0))
    score = replace(score, venue=replace(score.venue, agc=0.0, noise_floor_dbfs=-90.0))
    sound = sound_of(score)
    for cry in truth_of(score).reactions:
        before = level_db(sound, cry.onset_s - 2.0, cry.onset_s)
        at_peak = level_db(sound, cry.peak_s - 0.1, cry.peak_s + 0.3)
        assert at_peak - before > 5.0, cry
