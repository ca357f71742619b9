"""Units beside a trained network that say how much likelier a cry is than what sounds like one.

The head learns from matches, in which songs are rare, and so it uses little of what columns tell about them. Linear
read-outs of what windows are pooled to, a cry against one other kind of sound each, tell more. Here two of them become
units of the very network: two values more in an embedding, a unit more in each layer for each, which hand the newest
window's on, and two in the last layer but one. Nothing of what was there is read by them or reads them (a network is
widened without changing what it computes: Chen, Goodfellow and Shlens, 2016), so where a cry is no likelier than either
of the others, the logits stay what they were; elsewhere the log-odds gain ``strength`` times the smaller of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import UsageError
from engine.model.encoder import EncoderConfig
from engine.model.head import CLASSES
from engine.model.network import MlxNetwork
from train.fit.network.head_model import flat_parameters, nested

Array: TypeAlias = NDArray[np.float32]

UNITS: Final = 2
_MOST_LOG_ODDS: Final = 30.0
"""Log-odds from which on a unit says no more: ReLU6 ends there."""
_MOST: Final = 6.0
_SMALL: Final = 1.0 / 24.0
"""A unit is so much smaller inside the LSTM than in the embedding: there its tanh is a straight line to 4 %."""
_OPEN: Final = 12.0
"""The log-odds of an open gate, and minus that of a shut one."""
_DIRECTIONS: Final = 2
_INPUT, _FORGET, _CELL, _OUTPUT = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class ReadOut:
    """Log-odds of a cry against one other kind of sound: ``weights`` (pooled_width,) times what a window is pooled to,
    plus ``bias``."""

    weights: Array
    bias: float

    def log_odds(self, pooled: Array) -> Array:
        """What windows are pooled to (n, pooled_width) -> log-odds (n,)."""
        return np.asarray(pooled @ self.weights + np.float32(self.bias), np.float32)


def with_cry_units(network: MlxNetwork, read_outs: Sequence[ReadOut], strength: float) -> MlxNetwork:
    """A network whose log-odds gain ``strength`` times the smaller of two read-outs' where both are above 0.

    Raises ``UsageError`` where the head reads more than its newest step: the units would be heard long after.
    """
    if network.head.readout != "last":
        raise UsageError(f"a head that reads {network.head.readout!r}", "Cry units stand beside one that reads 'last'.")
    assert len(read_outs) == UNITS
    before, config = network.encoder, network.head
    encoder: EncoderConfig = replace(before, embedding=before.embedding + UNITS)
    head = replace(config, hidden=config.hidden + UNITS, fc=config.fc + UNITS)
    wide = MlxNetwork(network.front_end, encoder, head, tags=network.tags_config)
    per_log_odd = _MOST / _MOST_LOG_ODDS

    cnn = flat_parameters(network.cnn)
    mine = np.stack([read_out.weights for read_out in read_outs], axis=1) * per_log_odd
    bias = np.array([read_out.bias for read_out in read_outs], np.float32) * per_log_odd
    cnn["projection"] = mx.array(np.concatenate([np.array(cnn["projection"]), mine], axis=1).astype(np.float32))
    cnn["projection_bias"] = mx.array(np.concatenate([np.array(cnn["projection_bias"]), bias]).astype(np.float32))
    wide.cnn.update(nested(cnn))
    if network.tags is not None and wide.tags is not None:
        wide.tags.update(nested(flat_parameters(network.tags)))

    pressure = {name: np.zeros(value.shape, np.float32) for name, value in flat_parameters(wide.pressure).items()}
    there = {name: np.array(value) for name, value in flat_parameters(network.pressure).items()}
    for layer in range(config.layers):
        _layer(pressure, there, layer, config.hidden, before.embedding)
    _readout(pressure, there, config.hidden, config.fc, strength / per_log_odd)
    wide.pressure.update(nested({name: mx.array(value) for name, value in pressure.items()}))
    return wide


def has_cry_units(network: MlxNetwork) -> bool:
    """Whether the head's newest units are such as ``with_cry_units`` adds: shut to what they said before."""
    forget = np.array(flat_parameters(network.pressure)["layers.0.bias"]).reshape(-1, network.head.hidden)[_FORGET]
    return bool((forget[-UNITS:] == -_OPEN).all())


def _layer(wide: dict[str, Array], there: dict[str, Array], layer: int, hidden: int, embedding: int) -> None:
    """One bidirectional layer: what was there in its old places, and new units that hand on the newest step's input."""
    old_inputs, new_inputs = (
        (np.arange(embedding), np.arange(embedding, embedding + UNITS)) if layer == 0 else _both_directions(hidden)
    )
    names = {part: f"layers.{layer}.{part}" for part in ("input", "recurrent", "bias")}
    by_gate = {name: wide[names[name]].reshape(*wide[names[name]].shape[:-1], -1, hidden + UNITS) for name in names}
    old = {name: there[names[name]].reshape(*there[names[name]].shape[:-1], -1, hidden) for name in names}
    by_gate["input"][old_inputs, :, :hidden] = old["input"]
    by_gate["recurrent"][:, :hidden, :, :hidden] = old["recurrent"]
    by_gate["bias"][:, :hidden] = old["bias"]
    forward = by_gate["bias"][:4]  # a new unit is one of the forward direction; its twin of the backward one stays 0
    forward[_INPUT, hidden:] = forward[_OUTPUT, hidden:] = _OPEN
    forward[_FORGET, hidden:] = -_OPEN
    for unit in range(UNITS):
        by_gate["input"][new_inputs[unit], _CELL, hidden + unit] = _SMALL if layer == 0 else 1.0


def _readout(wide: dict[str, Array], there: dict[str, Array], hidden: int, fc: int, per_value: float) -> None:
    """The two last layers: one new unit is the first value, the other what it is above the second; their difference is
    the smaller of the two."""
    old, new = _both_directions(hidden)
    wide["fc"][old, :fc] = there["fc"]
    wide["fc_bias"][:fc] = there["fc_bias"]
    wide["fc"][new[0], fc:] = 1.0 / _SMALL
    wide["fc"][new[1], fc + 1] = -1.0 / _SMALL
    wide["out"][:fc] = there["out"]
    wide["out_bias"][:] = there["out_bias"]
    wide["out"][fc:] = np.outer([1.0, -1.0], np.linspace(-0.5, 0.5, CLASSES)) * per_value


def _both_directions(hidden: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where a wider layer's output has what was there before, of both directions, and where the forward one's units."""
    width = hidden + UNITS
    old = np.concatenate([direction * width + np.arange(hidden) for direction in range(_DIRECTIONS)])
    return old, np.arange(hidden, width)
