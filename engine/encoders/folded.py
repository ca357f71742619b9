"""Published tensors as ours: each normalisation folded into its convolution, axes and names as in
``network_description.py``.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import WeightsError
from engine.encoders.network_description import Conv, Net, Squeeze, flat, shapes

Tensor = NDArray[np.float32]

_KERAS_EPSILON: Final = {"resnet50": 1e-3, "resnet152": 1.001e-5}
"""Of Keras 2.2 and before, which called a convolution res2a_branch2a; and of those after."""
_TORCH_EPSILON: Final = 1e-5
_OTHERS_EPSILON: Final = 1e-3
_OLD_BRANCH: Final = {"0": "1", "1": "2a", "2": "2b", "3": "2c"}


class _Place(NamedTuple):
    """Names of a convolution's tensors and its normalisation's in the source; the latter are scale, shift, mean and
    variance, empty where there is none."""

    weight: str
    bias: str
    norm: tuple[str, ...]
    epsilon: float


def folded(name: str, net: Net, source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of ``net``, the encoder ``name``, from those of a source.

    Raises ``WeightsError`` where one is missing or has another shape.
    """
    place = _PLACES[name]
    keras = name.startswith("resnet") or (name == "vggish" and "vggish/conv1/weights" in source)
    found: dict[str, Tensor] = {}
    try:
        for layer in flat(net.layers):
            if isinstance(layer, Squeeze):
                found |= _squeeze(layer, source)
            else:
                weight, bias = _convolution(place(layer, net, source), source, keras)
                found[f"{layer.name}.weight"], found[f"{layer.name}.bias"] = weight, bias
    except KeyError as missing:
        raise WeightsError(f"these weights lack {missing}: they are not {name}'s.", _AGAIN) from None
    for tensor, shape in shapes(net).items():
        if found[tensor].shape != shape:
            raise WeightsError(f"{tensor} is {found[tensor].shape}, not {shape}: these are not {name}'s.", _AGAIN)
        if not np.isfinite(found[tensor]).all():
            raise WeightsError(f"{tensor} holds values that are not numbers.", _AGAIN)
    return found


_AGAIN: Final = "docs/features.md says which weights are known, and where they can be had."


def _convolution(place: _Place, source: Mapping[str, Tensor], keras: bool) -> tuple[Tensor, Tensor]:
    """Weight (outputs, kernel, kernel, inputs) and bias, in double precision until the end."""
    weight = source[place.weight].astype(np.float64).transpose((3, 0, 1, 2) if keras else (0, 2, 3, 1))
    bias = source[place.bias].astype(np.float64) if place.bias else np.zeros(len(weight))
    if place.norm:
        scale, shift, mean, variance = (source[name].astype(np.float64) for name in place.norm)
        factor = scale / np.sqrt(variance + place.epsilon)
        weight, bias = weight * factor[:, None, None, None], (bias - mean) * factor + shift
    return weight.astype(np.float32), bias.astype(np.float32)


def _squeeze(layer: Squeeze, source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    features, place, _ = layer.name.rsplit(".", 2)
    prefix = next(
        name.removesuffix(".fc1.weight")
        for name in source
        if name.startswith(f"{features}.{place}.block.") and name.endswith(".fc1.weight")
    )
    parts = {"first": "fc1", "second": "fc2"}
    return {
        f"{layer.name}.{ours}.{kind}": source[f"{prefix}.{theirs}.{kind}"]
        for ours, theirs in parts.items()
        for kind in ("weight", "bias")
    }


def _keras(layer: Conv, net: Net, source: Mapping[str, Tensor]) -> _Place:
    if "conv1/kernel" not in source:
        names = [f"{layer.name}_conv", f"{layer.name}_bn"]
        epsilon = _KERAS_EPSILON["resnet152"]
    else:
        epsilon = _KERAS_EPSILON["resnet50"]
        if layer.name == "conv1":
            names = ["conv1", "bn_conv1"]
        else:
            stage, block, branch = layer.name.split("_")
            tail = f"{stage[-1]}{_old_letter(int(block[5:]), int(stage[-1]), net)}_branch{_OLD_BRANCH[branch]}"
            names = [f"res{tail}", f"bn{tail}"]
    norm = tuple(f"{names[1]}/{part}" for part in ("gamma", "beta", "moving_mean", "moving_variance"))
    bias = f"{names[0]}/bias"
    return _Place(f"{names[0]}/kernel", bias if bias in source else "", norm, epsilon)


def _old_letter(block: int, stage: int, net: Net) -> str:
    """Old Keras wrote a, b, c; in long stages of ResNet-152 a, b1, b2, …"""
    count = sum(layer.name.startswith(f"conv{stage}_") and layer.name.endswith("_1") for layer in flat(net.layers))
    if block == 1:
        return "a"
    return f"b{block - 1}" if count > 6 else "abcdef"[block - 1]


def _torch(conv: str, norm: str, epsilon: float) -> _Place:
    parts = ("weight", "bias", "running_mean", "running_var")
    return _Place(f"{conv}.weight", "", tuple(f"{norm}.{part}" for part in parts), epsilon)


def _torchvision(layer: Conv, net: Net, source: Mapping[str, Tensor]) -> _Place:
    *block, part = layer.name.split(".")
    if len(block) == 1:
        return _torch(f"{layer.name}.0", f"{layer.name}.1", _TORCH_EPSILON)
    prefix = f"{'.'.join(block)}.conv"
    wider = f"{prefix}.1.0.weight" in source  # where there is nothing to widen, the places move up
    if part == "narrower":
        at = 2 if wider else 1
        return _torch(f"{prefix}.{at}", f"{prefix}.{at + 1}", _TORCH_EPSILON)
    at = 1 if part == "each" and wider else 0
    return _torch(f"{prefix}.{at}.0", f"{prefix}.{at}.1", _TORCH_EPSILON)


def _lite(layer: Conv, net: Net, source: Mapping[str, Tensor]) -> _Place:
    if layer.name == "stem":
        return _torch("_conv_stem", "_bn0", _OTHERS_EPSILON)
    if layer.name == "head":
        return _torch("_conv_head", "_bn1", _OTHERS_EPSILON)
    _, block, part = layer.name.split(".")
    names = {
        "wider": ("_expand_conv", "_bn0"),
        "each": ("_depthwise_conv", "_bn1"),
        "narrower": ("_project_conv", "_bn2"),
    }
    conv, norm = names[part]
    return _torch(f"_blocks.{block}.{conv}", f"_blocks.{block}.{norm}", _OTHERS_EPSILON)


def _efficient_at(layer: Conv, net: Net, source: Mapping[str, Tensor]) -> _Place:
    *block, part = layer.name.split(".")
    if len(block) == 1:
        return _torch(f"{layer.name}.0", f"{layer.name}.1", _OTHERS_EPSILON)
    prefix = f"{'.'.join(block)}.block."
    places = sorted(
        {int(n.removeprefix(prefix).split(".")[0]) for n in source if n.startswith(prefix) and ".0.weight" in n}
    )
    at = prefix + str(places[{"wider": 0, "each": -2, "narrower": -1}[part]])
    return _torch(f"{at}.0", f"{at}.1", _OTHERS_EPSILON)


def _vggish(layer: Conv, net: Net, source: Mapping[str, Tensor]) -> _Place:
    """TensorFlow's names, or the places in torchvggish's sequence."""
    if "vggish/conv1/weights" in source:
        stage = layer.name.split("_")[0]
        name = f"vggish/{stage}/{layer.name}" if stage != layer.name else f"vggish/{layer.name}"
        return _Place(f"{name}/weights", f"{name}/biases", (), 0.0)
    at = {"conv1": 0, "conv2": 3, "conv3_1": 6, "conv3_2": 8, "conv4_1": 11, "conv4_2": 13}[layer.name]
    return _Place(f"features.{at}.weight", f"features.{at}.bias", (), 0.0)


_PLACES: Final[Mapping[str, Callable[[Conv, Net, Mapping[str, Tensor]], _Place]]] = {
    "resnet50": _keras,
    "resnet152": _keras,
    "mobilenet": _torchvision,
    "efficientnet-lite": _lite,
    "mn04": _efficient_at,
    "vggish": _vggish,
}
