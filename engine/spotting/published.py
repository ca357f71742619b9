"""Published checkpoints as spotting weights: SoccerNet's pooling baselines, NetVLAD++ and CALF, from PyTorch or Keras.

Which network a checkpoint is, is told by the names and the shapes of its tensors. The order of what is flattened
differs from network to network; here it is one.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
import numpy as np
from mlx.utils import tree_unflatten
from numpy.typing import NDArray

from engine.core.errors import InputError, UsageError
from engine.core.extras import installing
from engine.core.text import plain
from engine.core.torch_checkpoint import read_torch_checkpoint
from engine.spotting.config import (
    NMS,
    CalfConfig,
    ChannelConfig,
    EventSettings,
    SpottingConfig,
    WindowConfig,
    fault_of,
)
from engine.spotting.pooling import PoolConfig
from engine.spotting.vocabularies import V1, V2
from engine.spotting.weights import ALL, SpottingWeights, new_model, tensors_of

Tensors = Mapping[str, NDArray[Any]]
_VOCABULARIES: Final = {3: V1, 17: V2}
_FEATURES: Final = "ResNET_TF2_PCA512"
_UNKNOWN: Final = "Known are SoccerNet's Pooling, TemporallyAwarePooling and CALF, and the weights of CALF's authors."


def read_published(path: Path, window_s: float | None = None) -> SpottingWeights:
    """The weights in a checkpoint: ``.pth.tar`` and such of PyTorch, ``.h5`` of Keras (which needs h5py).

    Args:
        path: the file.
        window_s: length of a window in seconds; a checkpoint does not say. Without: as its authors had it.

    Raises:
        InputError: the file can't be read, or is no network that is known.
    """
    of_keras = path.suffix in (".h5", ".hdf5")
    found = _read_keras(path) if of_keras else read_torch_checkpoint(path)
    try:
        tensors = keras_calf(found) if of_keras else {n.removeprefix("state_dict."): v for n, v in found.items()}
        return from_tensors(tensors, plain(path.parent.name or path.stem, 60), window_s)
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as fault:
        raise InputError(
            f"{plain(path, 200)} is no spotting network that is known: {plain(fault, 120)}", _UNKNOWN
        ) from None


def from_tensors(tensors: Tensors, name: str, window_s: float | None = None) -> SpottingWeights:
    """The same from tensors by their names in the published PyTorch code. Raises ``KeyError`` or ``ValueError``."""
    if "conv_seg.weight" in tensors:
        config, placed = _calf(tensors, name)
    else:
        config, placed = _pooling(tensors, name, window_s)
    fault = fault_of(config)
    if fault:
        raise ValueError(fault)
    model = new_model(config)
    expected = tensors_of(model)
    if set(placed) != set(expected):
        raise ValueError(f"other tensors than a network has: {sorted(set(placed) ^ set(expected))[:3]}")
    for key, value in placed.items():
        if value.shape != expected[key].shape or not np.isfinite(value).all():
            raise ValueError(f"{key} is {value.shape}, not {expected[key].shape}, or not all numbers")
    model.update(tree_unflatten([(key, mx.array(np.ascontiguousarray(v, np.float32))) for key, v in placed.items()]))
    return SpottingWeights(config, {ALL: model})


def _pooling(tensors: Tensors, name: str, window_s: float | None) -> tuple[SpottingConfig, dict[str, NDArray[Any]]]:
    head, bias = tensors["fc.weight"], tensors["fc.bias"]
    placed = {"heads.0.bias": bias}
    project = tensors.get("feature_extractor.weight")
    parts = [part for part in ("pool_layer", "pool_layer_before", "pool_layer_after") if _clusters(tensors, part)]
    if project is not None:
        placed["projections.video.weight"] = project
        placed["projections.video.bias"] = tensors["feature_extractor.bias"]
    if not parts:
        width = head.shape[1]
        config, ordered = PoolConfig("max", normalise=False), head
    else:
        each = [_clusters(tensors, part) for part in parts]
        width, count = each[0]["clusters"].shape
        kind = "netvlad" if "centres" in each[0] else "netrvlad"
        config = PoolConfig(kind, count * len(parts), apart=len(parts) == 2)
        for number, tensors_of_part in enumerate(each):
            placed |= {f"pools.0.parts.{number}.{key}": value for key, value in tensors_of_part.items()}
        if "pool_layer.conv.weight" in tensors:
            ordered = head  # clusters first already
        else:
            by_part = head.reshape(len(head), len(parts), width, count)
            ordered = by_part.swapaxes(2, 3).reshape(len(head), -1)
    placed["heads.0.weight"] = ordered
    rows = round(2 * (window_s or (15.0 if config.apart else 20.0)))
    channel = ChannelConfig("video", width, _FEATURES)
    if project is not None:
        channel = ChannelConfig("video", project.shape[1], "ResNET_TF2", project=width)
    least = 0.0 if config.kind == "max" or config.apart else 0.5
    return (
        SpottingConfig(
            name,
            (channel,),
            _vocabulary(len(bias) - 1),
            pool=config,
            window=WindowConfig(rows, rows // 2),
            events=EventSettings(NMS, 30.0 if config.apart else 20.0, least),
            trained_on="SoccerNet's training games, by the authors of the checkpoint",
        ),
        placed,
    )


def _clusters(tensors: Tensors, part: str) -> dict[str, NDArray[Any]]:
    """What assigns rows in one pool; empty where there is none."""
    if f"{part}.conv.weight" in tensors:
        weight = tensors[f"{part}.conv.weight"]
        return {"clusters": weight.reshape(weight.shape[:2]).T, "centres": tensors[f"{part}.centroids"]}
    if f"{part}.clusters" not in tensors:
        return {}
    found = {"clusters": tensors[f"{part}.clusters"]}
    if f"{part}.clusters2" in tensors:
        found["centres"] = tensors[f"{part}.clusters2"][0].T
    return found


_CALF_LAYERS: Final = {
    "base.0": "conv_1",
    "base.1": "conv_2",
    "pyramid.0": "conv_p_1",
    "pyramid.1": "conv_p_2",
    "pyramid.2": "conv_p_3",
    "pyramid.3": "conv_p_4",
    "segmentation": "conv_seg",
    "spotting.0": "conv_spot_1",
    "spotting.1": "conv_spot_2",
    "moments": "conv_conf",
    "classes": "conv_class",
}


def _calf(tensors: Tensors, name: str) -> tuple[SpottingConfig, dict[str, NDArray[Any]]]:
    chunk = len(tensors["batch_seg.weight"])
    width = tensors["conv_1.weight"].shape[3]
    flat = tensors["conv_conf.weight"].shape[1]
    field = tensors["conv_p_4.weight"].shape[2]
    detections = len(tensors["conv_conf.bias"]) // 2
    classes = len(tensors["conv_class.bias"]) // max(1, detections)
    capsules = len(tensors["conv_seg.bias"]) // max(1, classes)
    placed: dict[str, NDArray[Any]] = {}
    for ours, theirs in _CALF_LAYERS.items():
        weight = tensors[f"{theirs}.weight"]
        if theirs == "conv_1":
            weight = weight[:, 0, 0, :]
        elif theirs in ("conv_conf", "conv_class"):  # flattened channels first there, rows first here
            channels = tensors["conv_spot_2.weight"].shape[0]
            weight = weight.reshape(-1, channels, flat // channels).swapaxes(1, 2).reshape(-1, flat)
        elif theirs == "conv_2":
            weight = weight[:, :, 0, 0]
        else:
            weight = weight[..., 0].swapaxes(1, 2)
        placed[f"{ours}.weight"], placed[f"{ours}.bias"] = weight, tensors[f"{theirs}.bias"]
    statistics = {"weight": "weight", "bias": "bias", "mean": "running_mean", "variance": "running_var"}
    placed |= {f"norm.{ours}": tensors[f"batch_seg.{theirs}"] for ours, theirs in statistics.items()}
    config = SpottingConfig(
        name,
        (ChannelConfig("video", width, _FEATURES),),
        _vocabulary(classes),
        window=WindowConfig(chunk, chunk // 2),
        events=EventSettings(NMS, 20.0, 0.0),
        calf=CalfConfig(chunk, field, capsules, detections),
        trained_on="SoccerNet's training games, by the authors of the checkpoint",
    )
    return config, placed


def _vocabulary(classes: int) -> str:
    if classes not in _VOCABULARIES:
        raise ValueError(f"{classes} classes, and 3 or 17 are known")
    return _VOCABULARIES[classes]


def keras_calf(layers: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """CALF's tensors by their names in PyTorch, from its authors' Keras layers: ``kernel`` and ``bias`` by layer.

    Raises ``KeyError`` or ``ValueError`` where the layers are others. Its classes come as goal, card, substitution and
    are brought into SoccerNet's order.
    """
    names = sorted({name.rpartition("/")[0] for name in layers if name.endswith("kernel")}, key=_layer_number)
    order = ["conv_1", "conv_2", "conv_p_1", "conv_p_2", "conv_p_3", "conv_p_4", "conv_seg", "conv_spot_1"]
    order += ["conv_spot_2", "conv_conf", "conv_class"]
    found: dict[str, NDArray[Any]] = {}
    for theirs, ours in zip(names, order, strict=True):
        kernel = layers[f"{theirs}/kernel"]  # (rows, columns, inputs, outputs)
        found[f"{ours}.weight"] = kernel.transpose(3, 2, 0, 1)
        found[f"{ours}.bias"] = layers[f"{theirs}/bias"]
    rows = found["conv_spot_2.weight"].shape[0]
    for name in ("conv_conf.weight", "conv_class.weight"):  # flattened rows first
        weight = found[name]
        found[name] = weight.reshape(len(weight), -1, rows).swapaxes(1, 2).reshape(weight.shape)
    norm = next((name.rpartition("/")[0] for name in layers if name.endswith("gamma")), "batch_normalization")
    for theirs, ours in (("gamma", "weight"), ("beta", "bias"), ("moving_mean", "running_mean")):
        found[f"batch_seg.{ours}"] = layers[f"{norm}/{theirs}"]
    found["batch_seg.running_var"] = layers[f"{norm}/moving_variance"]
    return _cards_first(found)


def _cards_first(found: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Goal, card, substitution as card, substitution, goal; capsules stand class by class, the segments behind them."""
    turned = [1, 2, 0]
    for name in ("conv_seg.weight", "conv_seg.bias", "conv_class.weight", "conv_class.bias"):
        value = found[name]
        found[name] = value.reshape(-1, 3, *value.shape[1:])[:, turned].reshape(value.shape)
    weight = found["conv_spot_1.weight"]
    inputs = weight.reshape(len(weight), -1, 3, *weight.shape[2:])[:, :, turned]
    found["conv_spot_1.weight"] = inputs.reshape(weight.shape)
    return found


def _layer_number(name: str) -> int:
    number = re.search(r"_([0-9]+)$", name)
    return int(number[1]) if number else 0


def _read_keras(path: Path) -> dict[str, NDArray[Any]]:
    try:
        import h5py
    except ImportError:
        raise UsageError("Keras weights need h5py, which is not installed", installing("keras")) from None
    layers: dict[str, NDArray[Any]] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            layers["/".join(name.split("/")[-2:]).removesuffix(":0")] = np.array(item)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except OSError as fault:
        raise InputError(f"{plain(path, 200)} can't be read: {plain(fault, 120)}", "Get the file again.") from None
    return layers
