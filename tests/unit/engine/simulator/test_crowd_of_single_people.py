"""Crowds made of single people: another way to play the same cues, which no seed gets unasked."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from engine.core.grid import SAMPLE_RATE_HZ
from engine.simulator import crowd_behaviour as crowd
from engine.simulator.crowd_of_single_people import clapping_people
from engine.simulator.match import SimulatedMatch, draws_for, plan_match, play_cue
from engine.simulator.sound_cues import Reaction
from engine.simulator.venue import Texture, draw_venue
from train.data.simulation_plans import random_plan, with_people


def played(score):
    return np.concatenate(list(SimulatedMatch(score).chunks()))


def test_every_ground_is_drawn_with_a_crowd_of_noise_and_says_nothing_of_it():
    venue = draw_venue(draws_for(3, "venue"))
    assert venue.texture is Texture.NOISE
    assert "texture" not in venue.summary()


def test_the_same_match_with_people_is_another_sound_with_the_same_truth():
    score = plan_match(5, minutes=1.0)
    people = score.made_of(Texture.PEOPLE)
    assert people.cues == score.cues
    assert people.timeline == score.timeline
    one, other = played(score), played(people)
    assert len(one) == len(other)
    assert not np.allclose(one, other)
    assert np.array_equal(other, played(people))
    assert np.isfinite(other).all()


def test_a_bed_of_people_is_as_loud_as_one_of_noise():
    score = plan_match(8, minutes=1.0)
    quiet = replace(score, cues=())
    noise, people = (20 * np.log10(np.std(played(quiet.made_of(texture)))) for texture in Texture)
    assert people == pytest.approx(noise, abs=4.0)


@pytest.mark.parametrize("kind", [Reaction.APPLAUSE, Reaction.CHANT])
def test_a_cue_of_people_stands_as_far_above_the_bed_as_it_says(kind):
    venue = replace(draw_venue(draws_for(2, "venue")), texture=Texture.PEOPLE)
    rng = np.random.default_rng(1)
    if kind is Reaction.CHANT:
        cue = crowd.make_chant(rng, venue, 0.0, 6.0, 9.0)[0]
    else:
        cue = crowd.make_reaction(rng, kind, 0.0, 9.0)
    sound = play_cue(cue, venue)
    window = round(0.4 * SAMPLE_RATE_HZ)
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    power = (sums[window:] - sums[:-window]) / window
    assert 10 * np.log10(power.max()) == pytest.approx(cue.level_db, abs=0.1)
    assert len(sound) == round(cue.duration_s * SAMPLE_RATE_HZ)


def test_few_people_clap_one_by_one_and_many_run_together():
    def unevenness(people):
        sound = clapping_people(np.random.default_rng(4), 3 * SAMPLE_RATE_HZ, people)
        power = np.square(sound).reshape(-1, 45).mean(axis=1)
        return float(power.std() / power.mean())

    assert unevenness(4) > 1.5 * unevenness(400)


def test_a_share_of_plans_gets_people_and_the_others_stay_as_they_are():
    plans = [random_plan(seed, 2.0) for seed in range(200)]
    changed = [with_people(plan, 0.3) for plan in plans]
    people = [plan for plan in changed if plan.name.endswith("-people")]
    assert 40 < len(people) < 80
    assert all(plan in plans for plan in changed if plan not in people)
    assert people[0].score().venue.texture is Texture.PEOPLE
    assert with_people(plans[0], 0.0) is plans[0]


def test_a_plan_with_people_can_be_handed_to_another_process():
    there = pickle.loads(pickle.dumps(with_people(random_plan(1, 2.0), 1.0)))
    assert there.score().venue.texture is Texture.PEOPLE
