"""The network as Core ML programs (MIL), built from the tensors alone.

Four functions, each a program of its own with shapes that never change, as the Neural Engine wants them: tensors of
four dimensions with channels first and the mel bands last, products as 1x1 convolutions, ReLU6 throughout. The encoder
computes in half precision, which ReLU6 keeps within [0, 6]. The head is a small LSTM that no Neural Engine runs; it
stays in single precision. Weights that tell tags have a fifth function, in single precision too.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.extras import installing
from engine.model.head import CLASSES
from engine.model.network import MlxNetwork, no_tags

_KERNEL: Final = 3
_NO_WHEEL_FROM: Final = (3, 14)
_OLDER_PYTHON: Final = "it has no package for this Python yet: export with Python 3.13 or older"
_MIL_GATES: Final = (0, 1, 3, 2)
"""Ours are input, forget, cell, output; MIL has input, forget, output, cell."""

Shape: TypeAlias = tuple[int, ...]
Tensor: TypeAlias = NDArray[np.float32]


class CoremlMissing(UsageError):
    """The package of the extra is not installed, or can't be imported as it is."""

    def __init__(self, error: ImportError) -> None:
        missing = isinstance(error, ModuleNotFoundError)
        super().__init__(
            "coremltools is not installed" if missing else f"coremltools can't be imported: {error}",
            installing("coreml") if sys.version_info < _NO_WHEEL_FROM else _OLDER_PYTHON,
        )


@dataclass(frozen=True, slots=True)
class Function:
    """A program with one input and one output, each a name and a shape."""

    program: Any
    given: tuple[str, Shape]
    found: tuple[str, Shape]
    half: bool
    """Whether it computes in half precision."""
    description: str


def coreml_package() -> Any:
    """The package ``coremltools``. Raises ``CoremlMissing`` where it is not installed."""
    # On Linux it complains, once a class, that nothing can be run here.
    logging.getLogger("coremltools").setLevel(logging.CRITICAL)
    try:
        import coremltools
    except ImportError as error:
        raise CoremlMissing(error) from None
    return coremltools


def functions(network: MlxNetwork) -> dict[str, Function]:
    """All by name: four, and ``tags`` where the network tells any. Raises ``CoremlMissing``.

    ``column``: the ``receptive_field`` frames of one column (1, channels, receptive_field, MEL_BANDS) -> the column
    (1, column_width, 1, 1). ``embed``: what a window's columns are pooled to, the means of the encoder's
    ``pooled_spans`` one after the other (1, pooled_width, 1, 1), -> its embedding (1, embedding, 1, 1).
    ``window``: the frames of a whole window (1, channels, WINDOW_FRAMES, MEL_BANDS) -> its embedding. ``head``: a
    history of embeddings, oldest first (1, embedding, 1, WINDOWS) -> logits (1, CLASSES). ``tags``: what ``embed``
    is given -> the log-odds of what is heard (1, tags).
    """
    tools = coreml_package()
    encoder, inputs = network.encoder, network.front_end.channels
    embedded = ("embedding", (1, encoder.embedding, 1, 1))
    builder = _Builder(tools, network)
    tags: dict[str, Function] = {}
    if network.tags is not None:
        tags["tags"] = builder.function(
            ("pooled", (1, encoder.pooled_width, 1, 1)),
            ("log_odds", (1, len(network.tags.config.names))),
            builder.tags,
            False,
            "The mean of a window's columns, and that of the newest of them, to the log-odds of what is heard.",
        )
    return {
        "column": builder.function(
            ("frames", (1, inputs, encoder.receptive_field, grid.MEL_BANDS)),
            ("column", (1, encoder.column_width, 1, 1)),
            builder.column,
            True,
            f"The front end's frames [4-D, channels first] to one column: {encoder.receptive_field} frames, and "
            f"{encoder.time_stride} frames on the next.",
        ),
        "embed": builder.function(
            ("pooled", (1, encoder.pooled_width, 1, 1)),
            embedded,
            builder.embed,
            True,
            "The mean of a window's columns, and that of the newest of them, to its embedding.",
        ),
        "window": builder.function(
            ("frames", (1, inputs, grid.WINDOW_FRAMES, grid.MEL_BANDS)),
            embedded,
            builder.window,
            True,
            "A whole window of the front end's frames to its embedding, for whoever keeps no columns.",
        ),
        "head": builder.function(
            ("history", (1, encoder.embedding, 1, grid.WINDOWS)),
            ("logits", (1, CLASSES)),
            builder.head,
            False,
            "A history of embeddings, oldest first, to the logits of calm and danger.",
        ),
        **tags,
    }


class _Builder:
    """Puts the network's tensors into MIL operations."""

    def __init__(self, tools: Any, network: MlxNetwork) -> None:
        from coremltools.converters.mil import mil

        self._mil: Any = mil
        self._mb: Any = mil.Builder
        self._target = tools.target.iOS16
        self._network = network

    def function(
        self,
        given: tuple[str, Shape],
        found: tuple[str, Shape],
        body: Callable[[Any], Any],
        half: bool,
        description: str,
    ) -> Function:
        """The program of ``body``, which turns the variable ``given`` into the variable ``found``."""
        name, shape = given
        spec = self._mb.TensorSpec(shape=shape, dtype=self._mil.types.fp32)
        with self._mil.Function({name: spec}, self._target) as main:
            main.set_outputs([self._mb.identity(x=body(main.inputs[name]), name=found[0])])
        program = self._mil.Program()
        program.add_function("main", main)
        return Function(program, given, found, half, description)

    def column(self, frames: Any) -> Any:
        """One column, its bands' channels one band after the other."""
        return self._mb.reshape(x=self._columns(frames), shape=[1, self._network.encoder.column_width, 1, 1])

    def embed(self, pooled: Any) -> Any:
        """The projection, as a 1x1 convolution."""
        cnn = self._network.cnn
        weight = np.asarray(cnn.projection).T[:, :, None, None]
        return self._convolved("projection", pooled, weight, cnn.projection_bias, (1, 1))

    def window(self, frames: Any) -> Any:
        """The means of all columns and of the newest, embedded."""
        mb, encoder = self._mb, self._network.encoder
        columns = self._columns(frames)
        parts = []
        for first, count in encoder.pooled_spans:
            begin, end = [0, first, 0], [1, first + count, encoder.column_width]
            span = mb.slice_by_index(x=columns, begin=begin, end=end) if first else columns
            parts.append(mb.reduce_mean(x=span, axes=[1], keep_dims=True))
        pooled = parts[0] if len(parts) == 1 else mb.concat(values=parts, axis=2)
        return self.embed(mb.reshape(x=pooled, shape=[1, encoder.pooled_width, 1, 1]))

    def head(self, history: Any) -> Any:
        """LSTM layers, readout and two layers; see ``engine.model.head``."""
        mb, pressure = self._mb, self._network.pressure
        x = mb.transpose(x=mb.squeeze(x=history, axes=[2]), perm=[2, 0, 1])
        last = len(pressure.layers) - 1
        for i in range(last):
            x = self._lstm(i, x)
        read = self._read(last, x)
        hidden = mb.relu6(x=self._linear("fc", read, pressure.fc, pressure.fc_bias))
        return self._linear("out", hidden, pressure.out, pressure.out_bias)

    def tags(self, pooled: Any) -> Any:
        """The two layers of the tag read-out."""
        mb, read = self._mb, self._network.tags
        if read is None:
            raise no_tags()
        x = mb.reshape(x=pooled, shape=[1, self._network.encoder.pooled_width])
        hidden = mb.relu6(x=self._linear("tags_hidden", x, read.hidden, read.hidden_bias))
        return self._linear("tags_out", hidden, read.out, read.out_bias)

    def _features(self, frames: Any) -> Any:
        network = self._network
        strides = network.encoder.strides
        stem = np.asarray(network.cnn.stem.weight).reshape(_KERNEL, _KERNEL, network.cnn.stem.inputs, -1)
        x = self._convolved("stem", frames, stem.transpose(3, 2, 0, 1), network.cnn.stem.bias, strides[0])
        for i, (block, stride) in enumerate(zip(network.cnn.blocks, strides[1:], strict=True)):
            inputs = block.depthwise.shape[1]
            depthwise = np.asarray(block.depthwise).reshape(_KERNEL, _KERNEL, inputs, 1).transpose(2, 3, 0, 1)
            x = self._convolved(f"depthwise_{i}", x, depthwise, block.depthwise_bias, stride, groups=inputs)
            pointwise = np.asarray(block.pointwise).T[:, :, None, None]
            x = self._convolved(f"pointwise_{i}", x, pointwise, block.pointwise_bias, (1, 1))
        return x

    def _columns(self, frames: Any) -> Any:
        """The last feature map as columns (1, columns, column_width)."""
        mb, encoder = self._mb, self._network.encoder
        features = self._features(frames)
        if encoder.pool == "mean":
            return mb.transpose(x=mb.reduce_mean(x=features, axes=[3], keep_dims=False), perm=[0, 2, 1])
        by_column = mb.transpose(x=features, perm=[0, 2, 3, 1])
        return mb.reshape(x=by_column, shape=[1, int(features.shape[2]), encoder.column_width])

    def _convolved(self, name: str, x: Any, weight: Tensor, bias: Any, stride: tuple[int, int], groups: int = 1) -> Any:
        """Convolution and ReLU6; zeros beyond the frequency edges of a 3x3 kernel, never in time.

        ``bias`` is one for each channel, or (bands, channels).
        """
        margin = weight.shape[2] // 2
        shift = np.asarray(bias)
        by_band = shift.ndim == 2
        found = self._mb.conv(
            x=x,
            weight=np.ascontiguousarray(weight),
            bias=np.zeros(len(weight), np.float32) if by_band else shift,
            strides=list(stride),
            pad_type="custom",
            pad=[0, 0, margin, margin],
            groups=groups,
            name=name,
        )
        if by_band:
            found = self._mb.add(x=found, y=np.ascontiguousarray(shift.T[None, :, None, :]))
        return self._mb.relu6(x=found)

    def _linear(self, name: str, x: Any, weight: Any, bias: Any) -> Any:
        return self._mb.linear(x=x, weight=np.ascontiguousarray(np.asarray(weight).T), bias=np.asarray(bias), name=name)

    def _read(self, number: int, x: Any) -> Any:
        """The last layer and what is read of it: (steps, 1, width) -> (1, 2 * hidden)."""
        mb, steps = self._mb, grid.WINDOWS
        if self._network.head.readout == "last":
            # Only the newest step is read, and there the backward direction has seen one step.
            forward = self._lstm(number, x, (0,))
            newest = mb.slice_by_index(x=x, begin=[steps - 1, 0, 0], end=[steps, 1, int(x.shape[2])])
            ahead = mb.slice_by_index(x=forward, begin=[steps - 1, 0, 0], end=[steps, 1, self._network.head.hidden])
            both = mb.concat(values=[ahead, self._lstm(number, newest, (1,))], axis=2)
            return mb.squeeze(x=both, axes=[0])
        found = self._lstm(number, x)
        if self._network.head.readout == "mean":
            return mb.reduce_mean(x=found, axes=[0], keep_dims=False)
        scores = mb.matmul(x=found, y=np.asarray(self._network.pressure.attention))
        return mb.reduce_sum(x=mb.mul(x=mb.softmax(x=scores, axis=0), y=found), axes=[0], keep_dims=False)

    def _lstm(self, number: int, x: Any, directions: Sequence[int] = (0, 1)) -> Any:
        """A layer, or one direction of it over the steps in their order: (steps, 1, inputs) -> (steps, 1, outputs)."""
        hidden = self._network.head.hidden
        nothing = np.zeros((1, hidden * len(directions)), np.float32)
        weights: dict[str, Any] = {}
        for d in directions:
            suffix = "_back" if len(weights) else ""
            weights |= {f"{name}{suffix}": value for name, value in self._gates(number, d).items()}
        return self._mb.lstm(
            x=x,
            initial_h=nothing,
            initial_c=nothing,
            direction="bidirectional" if len(directions) > 1 else "forward",
            output_sequence=True,
            recurrent_activation="sigmoid",
            cell_activation="tanh",
            activation="tanh",
            name=f"layer_{number}_{''.join('fb'[d] for d in directions)}",
            **weights,
        )[0]

    def _gates(self, number: int, direction: int) -> dict[str, Tensor]:
        """One direction's weights in MIL's order of gates: (4 * hidden, inputs), (4 * hidden, hidden), and the bias."""
        layer, hidden = self._network.pressure.layers[number], self._network.head.hidden
        order = list(_MIL_GATES)
        weight = np.asarray(layer.input).reshape(-1, 2, 4, hidden)[:, direction][:, order]
        recurrent = np.asarray(layer.recurrent).reshape(2, hidden, 4, hidden)[direction][:, order]
        bias = np.asarray(layer.bias).reshape(2, 4, hidden)[direction][order]
        return {
            "weight_ih": np.ascontiguousarray(weight.reshape(-1, 4 * hidden).T),
            "weight_hh": np.ascontiguousarray(recurrent.reshape(hidden, 4 * hidden).T),
            "bias": np.ascontiguousarray(bias.reshape(-1)),
        }
