"""Several networks as one: its log-odds are the mean of theirs.

Networks that were trained from other beginnings are wrong about different sounds, and their mean is wrong less often
than any of them (Hansen and Salamon, 1990; Lakshminarayanan, Pritzel and Blundell, 2017). Side by side in wider layers,
with zeros between them, they are one network like any other: saved, served, explained, exported and fitted on as such.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from numpy.typing import NDArray

from engine.core.errors import UsageError
from engine.model.network import MlxNetwork
from train.fit.network.head_model import flat_parameters, nested

Array: TypeAlias = NDArray[np.float32]
Axis: TypeAlias = tuple[str, int]
"""What stands along an axis of a tensor and how many there are; -1: as many as are left."""

_SHARED: Final = ""
"""An axis that all networks have alike, such as taps, bands and gates; along every other each has its own places."""
_DIRECTIONS, _GATES, _CLASSES = (_SHARED, 2), (_SHARED, 4), (_SHARED, 2)
_REST: Final[Axis] = (_SHARED, -1)
_OUT: Final = ("out", "out_bias")


def ensemble(networks: Sequence[MlxNetwork]) -> MlxNetwork:
    """One network whose log-odds are the mean of those of ``networks``, one at least.

    Raises ``UsageError`` where they differ in more than their widths, or read with attention or tell tags: attention
    has one weight for all values, and probabilities of tags are calibrated for one network.
    """
    first = networks[0]
    if any(len(one.encoder.channels) != len(first.encoder.channels) for one in networks):
        raise UsageError("the networks differ in their depth", "Train them with the same settings.")
    encoder = replace(
        first.encoder,
        channels=tuple(sum(widths) for widths in zip(*(one.encoder.channels for one in networks), strict=True)),
        embedding=sum(one.encoder.embedding for one in networks),
    )
    head = replace(first.head, hidden=sum(one.head.hidden for one in networks), fc=sum(one.head.fc for one in networks))
    for one in networks:
        alike = replace(one.encoder, channels=encoder.channels, embedding=encoder.embedding) == encoder
        if not alike or replace(one.head, hidden=head.hidden, fc=head.fc) != head or one.front_end != first.front_end:
            raise UsageError("the networks differ in more than their widths", "Train them with the same settings.")
        if one.head.readout == "attention" or one.tags_config is not None:
            raise UsageError("networks that read with attention or tell tags have no mean", "Train them without.")
    wide = MlxNetwork(first.front_end, encoder, head)
    wide.cnn.update(nested(_side_by_side([one.cnn for one in networks], networks, wide.cnn, wide)))
    wide.pressure.update(nested(_side_by_side([one.pressure for one in networks], networks, wide.pressure, wide)))
    return wide


def _side_by_side(
    parts: Sequence[Module], networks: Sequence[MlxNetwork], whole: Module, wide: MlxNetwork
) -> dict[str, mx.array]:
    """The tensors of ``parts``, one of each network, in those of the ``whole``, that part of the wide one; by name."""
    found = {name: np.zeros(tensor.shape, np.float32) for name, tensor in flat_parameters(whole).items()}
    begins: dict[str, int] = {}
    for part, network in zip(parts, networks, strict=True):
        sizes: dict[str, int] = {}
        for name, tensor in flat_parameters(part).items():
            mine, all_ = _axes(name, network), _axes(name, wide)
            values = np.array(tensor).reshape([size for _, size in mine])
            if name in _OUT:
                values = values / np.float32(len(networks))
            places = tuple(
                slice(None) if what == _SHARED else slice(begins.get(what, 0), begins.get(what, 0) + size)
                for what, size in mine
            )
            there = found[name].reshape([size for _, size in all_])  # a view
            there[places] += values
            sizes.update((what, size) for what, size in mine if what != _SHARED)
        for what, size in sizes.items():
            begins[what] = begins.get(what, 0) + size
    return {name: mx.array(tensor) for name, tensor in found.items()}


def _axes(name: str, network: MlxNetwork) -> tuple[Axis, ...]:
    """What stands where in a tensor of ``network``, slowest first."""
    channels = [(f"channels {i}", width) for i, width in enumerate(network.encoder.channels)]
    embedding, hidden, fc = (
        ("embedding", network.encoder.embedding),
        ("hidden", network.head.hidden),
        ("fc", network.head.fc),
    )
    match name.split("."):
        case ["stem", _]:
            return _REST, channels[0]
        case ["blocks", number, "depthwise" | "depthwise_bias"]:
            return _REST, channels[int(number)]
        case ["blocks", number, "pointwise"]:
            return channels[int(number)], channels[int(number) + 1]
        case ["blocks", number, "pointwise_bias"]:
            return (channels[int(number) + 1],)
        case ["projection"]:
            return _REST, channels[-1], embedding
        case ["projection_bias"]:
            return (embedding,)
        case ["layers", number, "input"]:
            read = (embedding,) if number == "0" else (_DIRECTIONS, hidden)
            return *read, _DIRECTIONS, _GATES, hidden
        case ["layers", _, "recurrent"]:
            return _DIRECTIONS, hidden, _GATES, hidden
        case ["layers", _, "bias"]:
            return _DIRECTIONS, _GATES, hidden
        case ["fc"]:
            return _DIRECTIONS, hidden, fc
        case ["fc_bias"]:
            return (fc,)
        case ["out"]:
            return fc, _CLASSES
        case ["out_bias"]:
            return (_CLASSES,)
    raise AssertionError(name)
