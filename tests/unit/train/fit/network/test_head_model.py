"""Copies that are fitted on, and the network they are made of."""

import mlx.core as mx

from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from engine.model.tags import TagsConfig
from train.fit.network.head_model import copy_of, flat_parameters, nested


def test_a_head_fitted_to_a_ground_lost_the_tags_of_the_weights_it_came_from():
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), seed=3, tags=TagsConfig())
    copy = copy_of(network)
    assert copy.tags_config == network.tags_config
    for one, other in ((network.cnn, copy.cnn), (network.pressure, copy.pressure), (network.tags, copy.tags)):
        theirs = flat_parameters(other)
        assert all(mx.array_equal(value, theirs[name]) for name, value in flat_parameters(one).items())


def test_fitting_a_copy_leaves_the_network_as_it_was():
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), seed=3)
    before = {name: mx.array(value) for name, value in flat_parameters(network.pressure).items()}
    copy = copy_of(network)
    copy.pressure.update(nested({name: value + 1 for name, value in before.items()}))
    assert copy.tags is None
    assert all(mx.array_equal(value, before[name]) for name, value in flat_parameters(network.pressure).items())
