"""A network in ONNX Runtime, its graphs built in memory from the same data.

While a session is made its tensors are there several times over, so a large network is cut into some that follow each
other, and what one was made of is given up before the next.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.encoders.encoder import Values
from engine.encoders.network_description import (
    LARGE_BYTES,
    Activation,
    Conv,
    Layer,
    MaxPool,
    Net,
    Residual,
    Squeeze,
    Tensors,
    bytes_of,
    shapes_of,
)
from engine.encoders.network_interface import FEW_AT_ONCE
from engine.model.onnx_graph import Graph
from engine.model.onnx_runtime import runtime_package


class OnnxNet:
    """``net`` with its tensors, which it takes, on the processor.

    Raises ``OnnxMissing`` where a package is not installed.
    """

    at_once = FEW_AT_ONCE

    def __init__(self, net: Net, tensors: Tensors, threads: int = 1) -> None:
        quick = bytes_of(net.layers) < LARGE_BYTES
        self._sessions = [session_of(model, threads, quick) for model in _models(net, tensors)]

    def __call__(self, inputs: NDArray[np.float32]) -> Values:
        """(n, height, width, channels) -> (n, width)."""
        values: Values = inputs
        for session in self._sessions:
            values = session.run(None, {"inputs": values})[0]
        return values


def session_of(model: bytes, threads: int = 1, quick: bool = True) -> Any:
    """A session of ONNX Runtime for a model's bytes; where it is not to be ``quick``, it keeps no memory between runs.

    Raises ``OnnxMissing`` where it is not installed.
    """
    runtime = runtime_package()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = quick
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _models(net: Net, tensors: Tensors) -> Iterator[bytes]:
    """Graphs to be run one after the other: ``inputs`` (n, height, width, channels) of the first, ``features`` (n,
    width) of the last, and (n, channels, height, width) in between. ``tensors`` are taken as they are built in."""
    parts = _parts(net.layers)
    for number, layers in enumerate(parts, start=1):
        graph, x = Graph("encoder"), "inputs"
        given: list[int | str] = ["n", "channels", "height", "width"]
        found: list[int | str] = ["n", "features", "high", "wide"]
        if number == 1:
            given, x = ["n", "height", "width", net.channels], graph.add("Transpose", [x], perm=[0, 3, 1, 2])
        x = _all(graph, tensors, layers, x)
        if number == len(parts):
            found = ["n", net.width]
            graph.add("ReduceMean", [x], "features", axes=[2, 3], keepdims=0)
        else:
            graph.add("Identity", [x], "features")
        for name in shapes_of(layers):
            del tensors[name]
        model = graph.model(("inputs", given), ("features", found), "Pictures or log-mel to features.")
        del graph
        content: bytes = model.SerializeToString()
        del model
        yield content


_PART_BYTES: Final = 24_000_000
"""Of tensors in a session; a block of the largest network has 18 million."""


def _parts(layers: Sequence[Layer]) -> list[tuple[Layer, ...]]:
    """Layers that follow each other, with tensors of about so many bytes."""
    parts: list[tuple[Layer, ...]] = [()]
    held = 0
    for layer in layers:
        own = bytes_of((layer,))
        if parts[-1] and held + own > _PART_BYTES:
            parts.append(())
            held = 0
        parts[-1] += (layer,)
        held += own
    return parts


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
