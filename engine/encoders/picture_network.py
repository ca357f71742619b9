"""A network of pictures as an encoder: 224 x 224 from the middle, as SoccerNet's features were made."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.encoders.encoder import Values
from engine.encoders.encoder_weights import EncoderWeights
from engine.encoders.network_interface import Compute, in_groups
from engine.video.fit import Fit, Picture

_TITLES: Final = {
    "resnet152": "ResNET_TF2",
    "resnet50": "ResNET50",
    "mobilenet": "MobileNetV2",
    "efficientnet-lite": "EfficientNetLite0",
}


class PictureNetwork:
    """See the module; ``compute`` makes a function of a network and its tensors."""

    sees_s = (0.0, 0.0)
    fit = Fit(224, 224)

    def __init__(self, name: str, weights: EncoderWeights, compute: Compute) -> None:
        self.name = name
        self.title = _TITLES[name]
        self.width = weights.net.width
        self.checksum = weights.checksum
        self._prepared = PREPARED[name]
        self._network = compute(weights.net, weights.tensors)

    def encode(self, pictures: NDArray[np.uint8], before: Picture | None) -> Values:
        """See ``PictureEncoder.encode``."""
        return in_groups(self._network, self._prepared, pictures)


def _caffe(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blue, green, red, less ImageNet's means: what Keras gives its ResNets."""
    return np.ascontiguousarray(
        pictures[..., ::-1].astype(np.float32) - np.array([103.939, 116.779, 123.68], np.float32)
    )


def _torchvision(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    mean, spread = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
    return (pictures.astype(np.float32) / np.float32(255) - mean) / spread


def _centred(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (pictures.astype(np.float32) - np.float32(127)) / np.float32(128)


PREPARED: Final[dict[str, Callable[[NDArray[np.uint8]], NDArray[np.float32]]]] = {
    "resnet152": _caffe,
    "resnet50": _caffe,
    "mobilenet": _torchvision,
    "efficientnet-lite": _centred,
}
