"""A network in MLX. On a processor convolutions are products in numpy, which are many times faster on Linux."""

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.encoders.encoder import Values
from engine.encoders.network_description import Activation, Conv, Layer, MaxPool, Net, Residual, Squeeze, Tensors
from engine.encoders.network_interface import FEW_AT_ONCE, MANY_AT_ONCE
from engine.model.matrix_products import host_dense, mlx_dense, relu6
from engine.model.network import default_device


class MlxNet:
    """``net`` with its tensors, which it takes, on MLX's default device."""

    def __init__(self, net: Net, tensors: Tensors) -> None:
        self._net = net
        self._tensors = {name: mx.array(tensors.pop(name)) for name in list(tensors)}
        on_cpu = default_device() == "cpu"
        self._dense = host_dense if on_cpu else mlx_dense
        self.at_once = FEW_AT_ONCE if on_cpu else MANY_AT_ONCE

    def __call__(self, inputs: NDArray[np.float32]) -> Values:
        """(n, height, width, channels) -> (n, width)."""
        return np.asarray(self._all(self._net.layers, mx.array(inputs)).mean(axis=(1, 2)))

    def _all(self, layers: tuple[Layer, ...], x: mx.array) -> mx.array:
        for layer in layers:
            x = self._one(layer, x)
        return x

    def _one(self, layer: Layer, x: mx.array) -> mx.array:
        match layer:
            case Conv():
                return _activated(self._convolved(layer, x), layer.activation)
            case MaxPool():
                return _largest(_padded(x, layer.pads), layer.kernel, layer.stride)
            case Squeeze():
                means = x.mean(axis=(1, 2))
                shares = mx.sigmoid(
                    self._product(f"{layer.name}.second", mx.maximum(self._product(f"{layer.name}.first", means), 0.0))
                )
                return x * shares[:, None, None, :]
            case Residual():
                return _activated(self._all(layer.body, x) + self._all(layer.shortcut, x), layer.activation)

    def _convolved(self, layer: Conv, x: mx.array) -> mx.array:
        weight, bias = self._tensors[f"{layer.name}.weight"], self._tensors[f"{layer.name}.bias"]
        if layer.kernel == 1 and layer.groups == 1:
            x = x[:, :: layer.stride, :: layer.stride]
            flat = self._dense(x.reshape(-1, layer.inputs), weight.reshape(layer.outputs, -1).T, bias)
            return flat.reshape(*x.shape[:-1], layer.outputs)
        if layer.groups == layer.inputs:
            return _each(_padded(x, layer.pads), weight, layer.stride) + bias
        padded = _padded(x, layer.pads)
        if self._dense is mlx_dense or layer.groups > 1:
            return mx.conv2d(padded, weight, layer.stride, groups=layer.groups) + bias
        views = mx.concatenate(_views(padded, layer.kernel, layer.stride), axis=-1)
        flat = self._dense(views.reshape(-1, views.shape[-1]), weight.reshape(layer.outputs, -1).T, bias)
        return flat.reshape(*views.shape[:-1], layer.outputs)

    def _product(self, name: str, x: mx.array) -> mx.array:
        return mlx_dense(x, self._tensors[f"{name}.weight"].T, self._tensors[f"{name}.bias"])


def _activated(x: mx.array, activation: Activation) -> mx.array:
    match activation:
        case "none":
            return x
        case "relu":
            return mx.maximum(x, 0.0)
        case "relu6":
            return relu6(x)
        case "hard_swish":
            return x * relu6(x + 3.0) * (1.0 / 6.0)


def _padded(x: mx.array, pads: tuple[int, int]) -> mx.array:
    return mx.pad(x, [(0, 0), pads, pads, (0, 0)]) if any(pads) else x


def _views(x: mx.array, kernel: int, stride: int) -> list[mx.array]:
    """The shifted views of ``x`` that a kernel sees, row by row."""
    down, right = ((side - kernel) // stride + 1 for side in x.shape[1:3])
    return [
        x[:, i : i + (down - 1) * stride + 1 : stride, j : j + (right - 1) * stride + 1 : stride]
        for i in range(kernel)
        for j in range(kernel)
    ]


def _largest(x: mx.array, kernel: int, stride: int) -> mx.array:
    first, *others = _views(x, kernel, stride)
    for view in others:
        first = mx.maximum(first, view)
    return first


def _each(x: mx.array, weight: mx.array, stride: int) -> mx.array:
    """A convolution of each channel by itself, as shift and add: MLX's grouped one is several times slower."""
    kernel = weight.shape[1]
    taps = weight.reshape(weight.shape[0], -1).T
    first, *others = _views(x, kernel, stride)
    total = first * taps[0]
    for view, tap in zip(others, taps[1:], strict=True):
        total = total + view * tap
    return total
