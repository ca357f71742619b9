"""The network as ONNX graphs, built from the tensors alone.

Four functions, each a graph of its own, because a graph is run as a whole and these are run at different moments:
``columns`` for every new stretch of sound, ``embed`` once a window, ``head`` once a reading, and ``window``, which is
the first two in one for whoever keeps no columns. Weights that tell tags have a fifth, ``tags``. All are float32; ``n``
(a batch) and the frames of ``columns`` may have any length.

ONNX wants channels before positions, so tensors are laid out anew here; nothing is computed with them. Over 300 lines,
since a graph is written down node by node.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.extras import installing
from engine.model.encoder import EncoderConfig
from engine.model.head import CLASSES
from engine.model.network import MlxNetwork, no_tags

OPSET: Final = 17
IR_VERSION: Final = 8
"""Old enough for every ONNX Runtime of the last years; nothing newer is needed."""
_KERNEL: Final = 3
_TO_THE_END: Final = 2**31 - 1
_ONNX_GATES: Final = (0, 3, 1, 2)
"""Ours are input, forget, cell, output; ONNX has input, output, forget, cell."""

Tensor: TypeAlias = NDArray[np.float32]


class OnnxMissing(UsageError):
    """A package of the extra is not installed, or can't be imported as it is."""

    def __init__(self, package: str, error: ImportError) -> None:
        missing = isinstance(error, ModuleNotFoundError)
        super().__init__(
            f"{package} is not installed" if missing else f"{package} can't be imported: {error}",
            installing("onnx"),
        )


def onnx_package() -> Any:
    """The package ``onnx``. Raises ``OnnxMissing`` where it is not installed."""
    try:
        import onnx
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise OnnxMissing("onnx", error) from None
    return onnx


class Graph:
    """Nodes in the order they are computed, and the constants they use. ``add`` returns the name of the result."""

    def __init__(self, name: str) -> None:
        self._onnx = onnx_package()
        self._name = name
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._named: dict[float, str] = {}
        self._integers: set[str] = set()

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A tensor of the weights, under its name."""
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def scalar(self, value: float) -> str:
        """A constant of shape ()."""
        if value not in self._named:
            self._named[value] = self.constant(f"constant_{value:g}", np.array(value, np.float32))
        return self._named[value]

    def integer(self, value: int) -> str:
        """A constant of shape (1,), for axes and places."""
        name = f"integer_{value}"
        if name not in self._integers:
            self._integers.add(self.constant(name, np.array([value])))
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", outputs: int = 1, **attributes: Any) -> str:
        """A node; ``output`` names its result where the name matters. Of several results the last is returned."""
        last = output or f"{kind.lower()}_{len(self._nodes)}"
        names = [""] * (outputs - 1) + [last]
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), names, **attributes))
        return last

    def relu6(self, x: str, output: str = "") -> str:
        return self.add("Clip", [x, self.scalar(0.0), self.scalar(6.0)], output)

    def model(
        self, given: tuple[str, Sequence[int | str]], found: tuple[str, Sequence[int | str]], description: str
    ) -> Any:
        """The checked ``ModelProto`` with one input and one output, each a name and a shape; made once.

        It holds copies of the constants, so those here are given up.
        """
        onnx = self._onnx
        graph = onnx.helper.make_graph(
            self._nodes,
            self._name,
            [onnx.helper.make_tensor_value_info(given[0], onnx.TensorProto.FLOAT, given[1])],
            [onnx.helper.make_tensor_value_info(found[0], onnx.TensorProto.FLOAT, found[1])],
            self._constants,
            doc_string=description,
        )
        self._constants = []
        return onnx.helper.make_model(
            graph,
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="acoustic-momentum",
        )


def columns_model(network: MlxNetwork) -> Any:
    """``frames`` (n, t, MEL_BANDS, channels) -> ``columns`` (n, k, column_width)."""
    graph = Graph("columns")
    _columns(graph, network, _features(graph, network, "frames"), "columns")
    return graph.model(
        ("frames", ["n", "t", grid.MEL_BANDS, network.front_end.channels]),
        ("columns", ["n", "k", network.encoder.column_width]),
        "Front-end frames to columns: column k is a function of receptive_field frames from k * time_stride on.",
    )


def embed_model(network: MlxNetwork) -> Any:
    """``pooled`` (n, pooled_width), what a window's columns are pooled to -> ``embeddings`` (n, embedding)."""
    graph = Graph("embed")
    _projected(graph, network, "pooled")
    return graph.model(
        ("pooled", ["n", network.encoder.pooled_width]),
        ("embeddings", ["n", network.encoder.embedding]),
        "The mean of a window's columns, and that of the newest of them, to its embedding.",
    )


def window_model(network: MlxNetwork) -> Any:
    """``windows`` (n, WINDOW_FRAMES, MEL_BANDS, channels) -> ``embeddings`` (n, embedding)."""
    graph = Graph("window")
    columns = _columns(graph, network, _features(graph, network, "windows"))
    means = []
    for first, count in network.encoder.pooled_spans:
        span = _newest(graph, columns, count) if first else columns
        means.append(graph.add("ReduceMean", [span], axes=[1], keepdims=0))
    _projected(graph, network, graph.add("Concat", means, axis=1) if len(means) > 1 else means[0])
    return graph.model(
        ("windows", ["n", grid.WINDOW_FRAMES, grid.MEL_BANDS, network.front_end.channels]),
        ("embeddings", ["n", network.encoder.embedding]),
        "Whole windows of front-end frames to their embeddings.",
    )


def head_model(network: MlxNetwork) -> Any:
    """``histories`` (n, WINDOWS, embedding), oldest first -> ``logits`` (n, CLASSES): calm, danger."""
    graph = Graph("head")
    x = graph.add("Transpose", ["histories"], perm=[1, 0, 2])
    last = len(network.pressure.layers) - 1
    for i in range(last):
        both = graph.add(
            "LSTM",
            [x, *_lstm(graph, network, i, (0, 1))],
            f"layer_{i}",
            direction="bidirectional",
            hidden_size=network.head.hidden,
        )
        x = _steps(graph, both, 2 * network.head.hidden)
    read = _readout(graph, network, x)
    fc = graph.constant("fc", np.asarray(network.pressure.fc))
    fc_bias = graph.constant("fc_bias", np.asarray(network.pressure.fc_bias))
    out = graph.constant("out", np.asarray(network.pressure.out))
    out_bias = graph.constant("out_bias", np.asarray(network.pressure.out_bias))
    graph.add("Gemm", [graph.relu6(graph.add("Gemm", [read, fc, fc_bias])), out, out_bias], "logits")
    return graph.model(
        ("histories", ["n", grid.WINDOWS, network.encoder.embedding]),
        ("logits", ["n", CLASSES]),
        "A history of embeddings, oldest first, to the logits of calm and danger.",
    )


def tags_model(network: MlxNetwork) -> Any:
    """``pooled`` (n, pooled_width), what a window's columns are pooled to -> ``log_odds`` (n, tags).

    Raises ``ValueError`` where the network tells no tags.
    """
    if network.tags is None:
        raise no_tags()
    graph = Graph("tags")
    tensors = {name: np.asarray(getattr(network.tags, name)) for name in ("hidden", "hidden_bias", "out", "out_bias")}
    hidden, hidden_bias, out, out_bias = (graph.constant(name, value) for name, value in tensors.items())
    graph.add("Gemm", [graph.relu6(graph.add("Gemm", ["pooled", hidden, hidden_bias])), out, out_bias], "log_odds")
    return graph.model(
        ("pooled", ["n", network.encoder.pooled_width]),
        ("log_odds", ["n", len(network.tags.config.names)]),
        "The mean of a window's columns, and that of the newest of them, to the log-odds of what is heard.",
    )


def models(network: MlxNetwork) -> Mapping[str, Any]:
    """All functions by name: four, and ``tags`` where the network tells any. Raises ``OnnxMissing``."""
    tags = {} if network.tags is None else {"tags": tags_model(network)}
    return {
        "columns": columns_model(network),
        "embed": embed_model(network),
        "window": window_model(network),
        "head": head_model(network),
        **tags,
    }


def _features(graph: Graph, network: MlxNetwork, frames: str) -> str:
    """(n, t, bands, channels) -> the last feature map (n, channels[-1], k, bands left)."""
    config: EncoderConfig = network.encoder
    x = graph.add("Transpose", [frames], perm=[0, 3, 1, 2])
    inputs = network.cnn.stem.inputs
    stem = np.asarray(network.cnn.stem.weight).reshape(_KERNEL, _KERNEL, inputs, -1).transpose(3, 2, 0, 1)
    x = _convolved(graph, "stem", x, stem, network.cnn.stem.bias, config.strides[0])
    for i, (block, stride) in enumerate(zip(network.cnn.blocks, config.strides[1:], strict=True)):
        inputs = block.depthwise.shape[1]
        depthwise = np.asarray(block.depthwise).reshape(_KERNEL, _KERNEL, inputs, 1).transpose(2, 3, 0, 1)
        x = _convolved(graph, f"depthwise_{i}", x, depthwise, block.depthwise_bias, stride, groups=inputs)
        pointwise = np.asarray(block.pointwise).T[:, :, None, None]
        x = _convolved(graph, f"pointwise_{i}", x, pointwise, block.pointwise_bias, (1, 1))
    return x


def _newest(graph: Graph, columns: str, count: int) -> str:
    """The last ``count`` of (n, k, column_width)."""
    return graph.add("Slice", [columns, *(graph.integer(value) for value in (-count, _TO_THE_END, 1))])


def _convolved(
    graph: Graph, name: str, x: str, weight: Tensor, bias: Any, stride: tuple[int, int], groups: int = 1
) -> str:
    """Convolution and ReLU6; zeros beyond the frequency edges of a 3x3 kernel, never in time.

    ``bias`` is one for each channel, or (bands, channels).
    """
    size = weight.shape[2]
    margin = size // 2
    shift = np.asarray(bias)
    by_band = shift.ndim == 2
    inputs = [x, graph.constant(name, weight)] + ([] if by_band else [graph.constant(f"{name}_bias", shift)])
    found = graph.add(
        "Conv", inputs, kernel_shape=[size, size], pads=[0, margin, 0, margin], strides=list(stride), group=groups
    )
    if by_band:
        found = graph.add("Add", [found, graph.constant(f"{name}_bias", shift.T[None, :, None, :])])
    return graph.relu6(found)


def _columns(graph: Graph, network: MlxNetwork, features: str, name: str = "") -> str:
    """(n, channels, k, bands) -> columns (n, k, column_width), called ``name``."""
    if network.encoder.pool == "mean":
        means = graph.add("ReduceMean", [features], axes=[3], keepdims=0)
        return graph.add("Transpose", [means], name, perm=[0, 2, 1])
    by_column = graph.add("Transpose", [features], perm=[0, 2, 3, 1])
    shape = graph.constant("column_shape", np.array([0, 0, network.encoder.column_width]))
    return graph.add("Reshape", [by_column, shape], name)


def _projected(graph: Graph, network: MlxNetwork, pooled: str) -> None:
    projection = graph.constant("projection", np.asarray(network.cnn.projection))
    bias = graph.constant("projection_bias", np.asarray(network.cnn.projection_bias))
    graph.relu6(graph.add("Gemm", [pooled, projection, bias]), "embeddings")


def _readout(graph: Graph, network: MlxNetwork, x: str) -> str:
    """The last layer and what is read of it: (steps, n, width) -> (n, 2 * hidden)."""
    last, width = len(network.pressure.layers) - 1, 2 * network.head.hidden
    size = {"hidden_size": network.head.hidden}
    if network.head.readout == "last":
        # Only the newest step is read, and there the backward direction has seen one step.
        forward = graph.add("LSTM", [x, *_lstm(graph, network, last, (0,))], "forward", outputs=2, **size)
        newest = graph.add(
            "Slice",
            [
                x,
                graph.constant("first", np.array([grid.WINDOWS - 1])),
                graph.constant("last", np.array([grid.WINDOWS])),
                graph.constant("axis", np.array([0])),
            ],
        )
        backward = graph.add("LSTM", [newest, *_lstm(graph, network, last, (1,))], "backward", outputs=2, **size)
        both = graph.add("Concat", [forward, backward], axis=2)
        return graph.add("Squeeze", [both, graph.constant("directions", np.array([0]))])
    both = graph.add(
        "LSTM", [x, *_lstm(graph, network, last, (0, 1))], f"layer_{last}", direction="bidirectional", **size
    )
    steps = _steps(graph, both, width)
    if network.head.readout == "mean":
        return graph.add("ReduceMean", [steps], axes=[0], keepdims=0)
    attention = graph.constant("attention", np.asarray(network.pressure.attention))
    shares = graph.add("Softmax", [graph.add("MatMul", [steps, attention])], axis=0)
    return graph.add(
        "ReduceSum",
        [graph.add("Mul", [shares, steps]), graph.constant("steps", np.array([0]))],
        keepdims=0,
    )


def _steps(graph: Graph, outputs: str, width: int) -> str:
    """An LSTM's outputs (steps, directions, n, hidden) -> (steps, n, width), forward direction first."""
    together = graph.add("Transpose", [outputs], perm=[0, 2, 1, 3])
    return graph.add("Reshape", [together, graph.constant(f"{outputs}_shape", np.array([grid.WINDOWS, -1, width]))])


def _lstm(graph: Graph, network: MlxNetwork, number: int, directions: Sequence[int]) -> list[str]:
    """The weights of a layer's directions as ONNX has them: (directions, 4 * hidden, inputs), then recurrent, bias."""
    layer, hidden = network.pressure.layers[number], network.head.hidden
    weight = np.asarray(layer.input).reshape(-1, 2, 4, hidden)
    recurrent = np.asarray(layer.recurrent).reshape(2, hidden, 4, hidden)
    bias = np.asarray(layer.bias).reshape(2, 4, hidden)
    w = np.stack([weight[:, d][:, _ONNX_GATES].reshape(-1, 4 * hidden).T for d in directions])
    r = np.stack([recurrent[d][:, _ONNX_GATES].reshape(hidden, 4 * hidden).T for d in directions])
    b = np.stack([bias[d][list(_ONNX_GATES)].reshape(-1) for d in directions])
    suffix = "".join("fb"[d] for d in directions)
    return [
        graph.constant(f"input_{number}{suffix}", w),
        graph.constant(f"recurrent_{number}{suffix}", r),
        graph.constant(f"bias_{number}{suffix}", np.concatenate([b, np.zeros_like(b)], axis=1)),
    ]
