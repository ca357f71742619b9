"""A network in ONNX Runtime, its graph built in memory from the same data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.encoders.computed_net import FEW_AT_ONCE
from engine.encoders.encoder import Values
from engine.encoders.layers import Activation, Conv, Layer, MaxPool, Net, Residual, Squeeze, Tensors
from engine.model.onnx_graph import Graph
from engine.model.onnx_runtime import runtime_package


class OnnxNet:
    """``net`` with its tensors, on the processor. Raises ``OnnxMissing`` where a package is not installed."""

    at_once = FEW_AT_ONCE

    def __init__(self, net: Net, tensors: Tensors, threads: int = 1) -> None:
        self._session = session_of(onnx_model(net, tensors).SerializeToString(), threads)

    def __call__(self, inputs: NDArray[np.float32]) -> Values:
        """(n, height, width, channels) -> (n, width)."""
        values: Values = self._session.run(None, {"inputs": inputs})[0]
        return values


def session_of(model: bytes, threads: int = 1) -> Any:
    """A session of ONNX Runtime for a model's bytes. Raises ``OnnxMissing`` where it is not installed."""
    runtime = runtime_package()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def onnx_model(net: Net, tensors: Tensors) -> Any:
    """``inputs`` (n, height, width, channels) -> ``features`` (n, width)."""
    graph = Graph("encoder")
    last = _all(graph, tensors, net.layers, graph.add("Transpose", ["inputs"], perm=[0, 3, 1, 2]))
    graph.add("ReduceMean", [last], "features", axes=[2, 3], keepdims=0)
    shape: list[int | str] = ["n", "height", "width", net.channels]
    return graph.model(("inputs", shape), ("features", ["n", net.width]), "Pictures or log-mel to features.")


def _all(graph: Graph, tensors: Tensors, layers: tuple[Layer, ...], x: str) -> str:
    for layer in layers:
        x = _one(graph, tensors, layer, x)
    return x


def _one(graph: Graph, tensors: Tensors, layer: Layer, x: str) -> str:
    match layer:
        case Conv():
            weight = graph.constant(f"{layer.name}.weight", tensors[f"{layer.name}.weight"].transpose(0, 3, 1, 2))
            bias = graph.constant(f"{layer.name}.bias", tensors[f"{layer.name}.bias"])
            sides = _sides(layer)
            return _activated(
                graph, graph.add("Conv", [x, weight, bias], group=layer.groups, **sides), layer.activation
            )
        case MaxPool():
            return graph.add("MaxPool", [x], **_sides(layer))
        case Squeeze():
            means = graph.add("ReduceMean", [x], axes=[2, 3], keepdims=0)
            first = graph.add("Relu", [_product(graph, tensors, f"{layer.name}.first", means)])
            shares = graph.add("Sigmoid", [_product(graph, tensors, f"{layer.name}.second", first)])
            shares = graph.add("Unsqueeze", [graph.add("Unsqueeze", [shares, graph.integer(2)]), graph.integer(3)])
            return graph.add("Mul", [x, shares])
        case Residual():
            both = [_all(graph, tensors, layer.body, x), _all(graph, tensors, layer.shortcut, x)]
            return _activated(graph, graph.add("Add", both), layer.activation)


def _sides(layer: Conv | MaxPool) -> dict[str, Any]:
    before, after = layer.pads
    return {
        "kernel_shape": [layer.kernel, layer.kernel],
        "strides": [layer.stride, layer.stride],
        "pads": [before, before, after, after],
    }


def _activated(graph: Graph, x: str, activation: Activation) -> str:
    match activation:
        case "none":
            return x
        case "relu":
            return graph.add("Relu", [x])
        case "relu6":
            return graph.relu6(x)
        case "hard_swish":
            return graph.add("HardSwish", [x])


def _product(graph: Graph, tensors: Tensors, name: str, x: str) -> str:
    weight = graph.constant(f"{name}.weight", tensors[f"{name}.weight"])
    return graph.add("Gemm", [x, weight, graph.constant(f"{name}.bias", tensors[f"{name}.bias"])], transB=1)
