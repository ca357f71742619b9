"""The rows of the ablation table: one thing changed in each."""

import pickle
from dataclasses import replace

import mlx.core as mx
import pytest

from engine.simulator.venue import Texture
from train.data.simulation_plans import random_plan, reel_plan
from train.experiments.ablation.rows import ROWS, Row, settings_for
from train.fit.stages import new_network

PLANS = [random_plan(1, 4.0), reel_plan(1, 4.0), reel_plan(3, 4.0)]


def named(name: str) -> Row:
    (row,) = [row for row in ROWS if row.name == name]
    return row


def test_every_row_differs_from_the_shipped_one_in_something():
    shipped, *others = ROWS
    usual = settings_for(shipped, 0)
    for row in others:
        kept = [plan.name for plan in row.keep(PLANS)]
        sounds = (row.laid_over, row.recorded) != (shipped.laid_over, shipped.recorded)
        changed = (settings_for(row, 0) != usual, row.rule != shipped.rule, kept != [p.name for p in PLANS], sounds)
        assert any(changed), row.name
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_one_ground_is_one_ground_and_the_events_stay():
    plans = [random_plan(1, 4.0), random_plan(2, 4.0)]
    one, other = (plan.score() for plan in named("one simulated ground").keep(plans))
    assert one.venue.summary() == other.venue.summary()
    assert other.timeline == plans[1].score().timeline


def test_the_shape_it_began_with_hears_one_channel_and_keeps_neither_bands_nor_the_newest_moment():
    network = new_network(settings_for(named("the shape it began with"), 0))
    shapes = [network.cnn.stem.weight.shape, *(block.pointwise.shape for block in network.cnn.blocks)]
    assert shapes == [(9 * 1, 32), (32, 64), (64, 128), (128, 128)]
    assert network.cnn.stem.bias.shape == (32,)
    assert network.cnn.projection.shape == (128, 128)


def test_twice_the_channels_are_twice_as_many_in_every_layer():
    usual, twice = (new_network(settings_for(row, 0)) for row in (ROWS[0], named("twice the channels")))
    for before, after in zip((usual.cnn.stem, *usual.cnn.blocks), (twice.cnn.stem, *twice.cnn.blocks), strict=True):
        assert _outputs(after) == 2 * _outputs(before)
    assert twice.cnn.projection.shape[1] == usual.cnn.projection.shape[1]


def _outputs(layer) -> int:
    weight: mx.array = layer.weight if hasattr(layer, "weight") else layer.pointwise
    return weight.shape[1]


def test_half_of_the_simulated_reels_have_single_people_and_the_matches_stay():
    plans = [random_plan(1, 4.0), *(reel_plan(seed, 4.0) for seed in range(40))]
    match, *reels = named("crowds of single people in half of the reels").keep(plans)
    assert match == plans[0]
    people = [plan for plan in reels if plan.name.endswith("-people")]
    assert 10 < len(people) < 30
    assert people[0].score().venue.texture is Texture.PEOPLE
    assert set(reels) - set(people) < set(plans)


def test_a_quick_look_takes_less_of_everything_in_a_batch_and_the_rest_is_as_it_was():
    usual, small = settings_for(ROWS[0], 0), settings_for(ROWS[0], 0, segments=2)
    assert (small.segments, small.histories, small.crops.stretches, small.fine_tune.histories) == (2, 3, 10, 32)
    sizes = {"segments": 8, "histories": 12, "crops": usual.crops}
    assert replace(small, **sizes, fine_tune=usual.fine_tune) == usual


@pytest.mark.parametrize("name", ["one simulated ground", "crowds of single people in half of the reels"])
def test_what_a_row_draws_can_go_to_another_machine(name):
    for plan in named(name).keep(PLANS):
        copied = pickle.loads(pickle.dumps(plan))
        assert copied.score().venue.summary() == plan.score().venue.summary()
        assert copied.score().cues == plan.score().cues
