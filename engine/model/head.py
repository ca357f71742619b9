"""PressureHead: two bidirectional LSTM layers over a history of window embeddings, a readout, two layers to logits.

Bidirectional within a history of windows that are all past: nothing later than the newest window is seen. LSTM after
Hochreiter and Schmidhuber (1997), gates in the order input, forget, cell, output.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal, get_args

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.model.matrix_products import Dense, mlx_dense, relu6

Readout = Literal["last", "mean", "attention"]
READOUTS: Final = get_args(Readout)
CLASSES: Final = 2
_DIRECTIONS: Final = 2


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """Shape of the head.

    ``readout``: ``last`` takes the newest step (there the backward direction of layer 2 has seen one input only),
    ``mean`` all steps alike, ``attention`` all steps by learned weights.
    """

    hidden: int = 64
    layers: int = 2
    readout: Readout = "last"
    fc: int = 64


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> mx.array:
    bound = 1.0 / sqrt(fan_in)
    return mx.array(rng.uniform(-bound, bound, shape).astype(np.float32))


class BiLSTM(Module):
    """One bidirectional layer, both directions as one batch.

    The input's share of the gates is one product for all steps; only the recurrent share is a loop.
    """

    def __init__(self, inputs: int, hidden: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.input = _uniform(rng, (inputs, _DIRECTIONS * 4 * hidden), hidden)
        self.recurrent = _uniform(rng, (_DIRECTIONS, hidden, 4 * hidden), hidden)
        bias = np.zeros((_DIRECTIONS, 4, hidden), np.float32)
        bias[:, 1] = 1.0  # an LSTM that starts by remembering learns faster (Jozefowicz et al., 2015)
        self.bias = mx.array(bias.reshape(-1))

    def _gates(self, x: mx.array, dense: Dense) -> mx.array:
        """(n, steps, inputs) -> the input's share of the gates (steps, directions, n, 4 * hidden)."""
        n, steps, _ = x.shape
        gates = dense(x, self.input, self.bias).reshape(n, steps, _DIRECTIONS, -1)
        return gates.transpose(1, 2, 0, 3)

    def __call__(self, x: mx.array, dense: Dense) -> mx.array:
        """(n, steps, inputs) -> (n, steps, 2 * hidden), forward direction first."""
        gates = self._gates(x, dense)
        steps = gates.shape[0]
        both = [mx.stack([gates[t, 0], gates[steps - 1 - t, 1]]) for t in range(steps)]
        hidden = _run(both, self.recurrent, dense)
        return mx.stack(
            [mx.concatenate([hidden[t][0, :], hidden[steps - 1 - t][1, :]], axis=-1) for t in range(steps)], axis=1
        )

    def newest(self, x: mx.array, dense: Dense) -> mx.array:
        """The last step of ``__call__`` alone, (n, 2 * hidden): there the backward direction has run one step."""
        gates = self._gates(x, dense)
        forward = _run(list(gates[:, :1]), self.recurrent[:1], dense)[-1][0, :]
        backward = _run([gates[-1, 1:]], self.recurrent[1:], dense)[0][0, :]
        return mx.concatenate([forward, backward], axis=-1)


def _run(gates: list[mx.array], recurrent: mx.array, dense: Dense) -> list[mx.array]:
    """Run the recurrence from a zero state over the steps' input gates, each (directions, n, 4 * hidden).

    What it returns is taken apart with ``[0, :]``: that is a slice, where MLX makes a look-up of a lone ``[0]``, which
    costs more, and whose gradient adds by index.
    """
    outputs: list[mx.array] = []
    hidden = cell = None
    for step in gates:
        total = step if hidden is None else dense(hidden, recurrent, step)
        i, f, g, o = mx.split(total, 4, axis=-1)
        new = mx.sigmoid(i) * mx.tanh(g)
        cell = new if cell is None else mx.sigmoid(f) * cell + new
        hidden = mx.sigmoid(o) * mx.tanh(cell)
        outputs.append(hidden)
    return outputs


class PressureHead(Module):
    """Histories of embeddings in, logits out."""

    def __init__(self, inputs: int, config: HeadConfig, rng: np.random.Generator) -> None:
        super().__init__()
        width = _DIRECTIONS * config.hidden
        self.layers = [BiLSTM(inputs if i == 0 else width, config.hidden, rng) for i in range(config.layers)]
        if config.readout == "attention":
            self.attention = _uniform(rng, (width, 1), width)
        self.fc = _uniform(rng, (width, config.fc), width)
        self.fc_bias = mx.zeros((config.fc,))
        self.out = _uniform(rng, (config.fc, CLASSES), config.fc)
        self.out_bias = mx.zeros((CLASSES,))
        self.readout: Readout = config.readout
        self._dense: Dense = mlx_dense

    def use(self, dense: Dense) -> None:
        """Choose how products are computed."""
        self._dense = dense

    def __call__(self, histories: mx.array) -> mx.array:
        """(n, steps, inputs), oldest first -> logits (n, CLASSES): calm, danger."""
        x = histories
        for layer in self.layers[:-1]:
            x = layer(x, self._dense)
        if self.readout == "last":
            read = self.layers[-1].newest(x, self._dense)
        else:
            steps = self.layers[-1](x, self._dense)
            if self.readout == "mean":
                read = steps.mean(axis=1)
            else:
                read = (mx.softmax(steps @ self.attention, axis=1) * steps).sum(axis=1)
        hidden = relu6(self._dense(read, self.fc, self.fc_bias))
        return self._dense(hidden, self.out, self.out_bias)
