"""The networks of the stems in ONNX Runtime, some fifty times as fast on a processor as MLX's build for Linux."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.onnx_graph import IR_VERSION, OPSET, onnx_package
from engine.model.onnx_runtime import runtime_package
from engine.separation.u_net import CHANNELS, LEVELS, SLOPE, STEMS, Tensors


class OnnxStems:
    """See ``StemNetwork``; the graphs are built in memory, of the same tensors as ``MlxStems``.

    Raises ``OnnxMissing`` where ``onnx`` or ``onnxruntime`` is not installed.
    """

    def __init__(self, tensors: Tensors, threads: int = 1) -> None:
        runtime = runtime_package()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._sessions = [
            runtime.InferenceSession(_graph_of(tensors, stem), options, providers=["CPUExecutionProvider"])
            for stem in STEMS
        ]

    def estimates(self, magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
        given = {"magnitudes": np.ascontiguousarray(magnitudes.transpose(2, 0, 1)[None])}
        return np.stack([session.run(None, given)[0][0].transpose(1, 2, 0) for session in self._sessions])


class _Layers:
    """Nodes in the order they are computed; ``add`` returns the name of the result."""

    def __init__(self, tensors: Tensors, stem: str) -> None:
        self._onnx = onnx_package()
        self._tensors = tensors
        self._stem = stem
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[np.float32] | None = None) -> str:
        """A tensor of the stem, kernels with their channels before their places."""
        if value is None:
            value = self._tensors[f"{self._stem}.{name}"]
        if name.endswith(".kernel"):
            value = value.transpose((3, 0, 1, 2) if name.startswith("up") else (0, 3, 1, 2))
        self.constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def convolved(self, kind: str, x: str, layer: str, **attributes: Any) -> str:
        return self.add(kind, [x, self.constant(f"{layer}.kernel"), self.constant(f"{layer}.bias")], "", **attributes)

    def scaled(self, x: str, layer: str) -> str:
        """Times the scale, and the shift: in one pass over memory as a normalisation by nothing."""
        width = len(self._tensors[f"{self._stem}.{layer}.scale"])
        none = self.constant(f"{layer}.mean", np.zeros(width, np.float32))
        one = self.constant(f"{layer}.variance", np.ones(width, np.float32))
        parts = [self.constant(f"{layer}.scale"), self.constant(f"{layer}.shift"), none, one]
        return self.add("BatchNormalization", [x, *parts], epsilon=0.0)


def _graph_of(tensors: Tensors, stem: str) -> bytes:
    onnx = onnx_package()
    layers = _Layers(tensors, stem)
    seen: list[str] = []
    x = "magnitudes"
    for level in range(1, LEVELS + 1):
        seen.append(layers.convolved("Conv", x, f"down{level}", strides=[2, 2], pads=[1, 1, 2, 2]))
        if level < LEVELS:
            x = layers.add("LeakyRelu", [layers.scaled(seen[-1], f"down{level}")], alpha=SLOPE)
    x = seen.pop()
    for level in range(1, LEVELS + 1):
        x = layers.add("Concat", [seen.pop(), x], axis=1) if level > 1 else x
        x = layers.convolved("ConvTranspose", x, f"up{level}", strides=[2, 2], pads=[1, 1, 2, 2])
        x = layers.scaled(layers.add("Relu", [x]), f"up{level}")
    x = layers.convolved("Conv", x, "last", dilations=[2, 2], pads=[3, 3, 3, 3])
    layers.add("Mul", [layers.add("Sigmoid", [x]), "magnitudes"], "estimate")
    shape = [1, CHANNELS, "t", "f"]
    graph = onnx.helper.make_graph(
        layers.nodes,
        stem,
        [onnx.helper.make_tensor_value_info("magnitudes", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info("estimate", onnx.TensorProto.FLOAT, shape)],
        layers.constants,
    )
    opset = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    serialised: bytes = model.SerializeToString()
    return serialised
