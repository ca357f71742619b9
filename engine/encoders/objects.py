"""``objects``: who and what is in the picture, by YOLOX-nano (Ge et al., 2021; Apache 2.0) in ONNX Runtime.

A row has 24 numbers: of the players how many, where their middle is, how far they spread, how tall they are, and how
many stand in each sixth of the width; of the ball whether it is seen, where and how large; how the camera turned, how
sure that is, whether there was a cut, and how green the picture is. Places are shares of the longer side, from the top
left. Sureness of the ball is the detector's; 0 where it sees none.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import WeightsError
from engine.core.tensor_file import sha256_of
from engine.encoders.encoder import Values
from engine.encoders.in_onnx import session_of
from engine.encoders.picture_changes import cut, grass, grey, pan
from engine.model.onnx_runtime import runtime_package
from engine.video.fit import BORDER, Fit, Picture

_SIDE: Final = 416
_STRIDES: Final = (8, 16, 32)
_NUMBERS: Final = 5 + 80
"""Of a place in the output: a box, whether there is anything, and COCO's classes."""
_PERSON: Final = 0
_BALL: Final = 32
_LEAST_PERSON: Final = 0.3
_LEAST_BALL: Final = 0.1
"""A ball is a few pixels; the likeliest one counts, so little is lost by a wrong one now and then."""
GET: Final = "Name YOLOX's yolox_nano.onnx: --weights FILE; docs/features.md says where it can be had."

Boxes = NDArray[np.float32]
"""(n, 5): left, top, right, bottom in pixels of the bordered picture, and how sure it is."""


class Objects:
    """See the module; stateless, but for the picture of the row before.

    Raises ``WeightsError`` where ``model`` is no such detector, ``OnnxMissing`` where ONNX Runtime is not installed.
    """

    name = "objects"
    title = "Objects"
    sees_s = (-0.5, 0.0)
    fit = Fit(_SIDE, _SIDE, "border")
    width = 24

    def __init__(self, model: Path) -> None:
        try:
            content = model.read_bytes()
        except OSError as fault:
            raise WeightsError(f"{model} can't be read: {fault.strerror}.", GET) from None
        self._session = _session(content, model)
        self._input = self._session.get_inputs()[0].name
        self.checksum = sha256_of(model)

    def encode(self, pictures: NDArray[np.uint8], before: Picture | None) -> Values:
        """See ``PictureEncoder.encode``."""
        rows = np.zeros((len(pictures), self.width), np.float32)
        for row, picture in zip(rows, pictures, strict=True):
            row[:] = _row(*self.seen(picture), picture, picture if before is None else before)
            before = picture
        return rows

    def seen(self, picture: Picture) -> tuple[Boxes, Boxes]:
        """The players and the balls in a picture of the encoder's size, surest first."""
        inputs = np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32))
        found = decoded(self._session.run(None, {self._input: inputs})[0][0])
        return _boxes(found, _PERSON, _LEAST_PERSON), _boxes(found, _BALL, _LEAST_BALL)


def _session(content: bytes, model: Path) -> Any:
    faults = runtime_package().capi.onnxruntime_pybind11_state
    try:
        session = session_of(content)
    except (faults.Fail, faults.InvalidArgument, faults.InvalidGraph, faults.InvalidProtobuf) as fault:
        raise WeightsError(f"{model} is no ONNX model: {fault}", GET) from None
    shape = session.get_outputs()[0].shape
    places = sum((_SIDE // stride) ** 2 for stride in _STRIDES)
    if len(shape) != 3 or shape[1:] != [places, _NUMBERS] or len(session.get_inputs()) != 1:
        raise WeightsError(f"{model} is no detector of COCO's classes in {_SIDE} x {_SIDE} pictures.", GET)
    return session


def decoded(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """YOLOX's places (3549, 85) with their boxes as left, top, right, bottom in pixels, and scores as they are."""
    columns = [np.arange(_SIDE // stride) for stride in _STRIDES]
    corners = [np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2) for side in columns]
    scale = np.concatenate([np.full((len(c), 1), s) for c, s in zip(corners, _STRIDES, strict=True)])
    middle = (outputs[:, :2] + np.concatenate(corners)) * scale
    half = np.exp(outputs[:, 2:4]) * scale / 2
    return np.concatenate([middle - half, middle + half, outputs[:, 4:]], axis=1).astype(np.float32)


_SAME: Final = 0.45
"""Two boxes that share more than this of what they cover are one player."""


def _boxes(found: NDArray[np.float32], kind: int, least: float) -> Boxes:
    """The boxes of one class, surest first, each thing once."""
    scores = found[:, 4] * found[:, 5 + kind]
    chosen = np.argsort(-scores)[: int((scores >= least).sum())]
    boxes = np.concatenate([found[chosen, :4], scores[chosen, None]], axis=1)
    kept: list[NDArray[np.float32]] = []
    while len(boxes):
        kept.append(boxes[0])
        boxes = boxes[1:][_shared(boxes[0], boxes[1:]) <= _SAME]
    return np.stack(kept) if kept else np.zeros((0, 5), np.float32)


def _shared(box: NDArray[np.float32], others: Boxes) -> NDArray[np.float32]:
    """The share of what two boxes cover that both cover."""
    sides = np.minimum(box[2:4], others[:, 2:4]) - np.maximum(box[:2], others[:, :2])
    both = np.maximum(sides, 0.0).prod(axis=1)
    areas = (others[:, 2:4] - others[:, :2]).prod(axis=1)
    shared: NDArray[np.float32] = both / ((box[2:4] - box[:2]).prod() + areas - both)
    return shared


_MANY: Final = 25.0
_SIXTHS: Final = 6
_SMALLER: Final = 4


def _row(players: Boxes, balls: Boxes, picture: Picture, before: Picture) -> NDArray[np.float64]:
    places = players[:, :4] / _SIDE
    middles = (places[:, :2] + places[:, 2:]) / 2
    tall = places[:, 3] - places[:, 1]
    crowd = np.zeros(7)
    if len(players):
        crowd[:] = [len(players) / _MANY, *middles.mean(axis=0), *middles.std(axis=0), tall.mean(), tall.max()]
    sixths = np.histogram(middles[:, 0], _SIXTHS, (0.0, 1.0))[0] / _MANY
    ball = np.zeros(6)
    if len(balls):
        left, top, right, bottom = balls[0, :4] / _SIDE
        ball[:] = [1.0, balls[0, 4], (left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
    small, earlier = picture[::_SMALLER, ::_SMALLER], before[::_SMALLER, ::_SMALLER]
    filled = 1.0 - np.mean((small == BORDER).all(axis=2))
    changes = [*pan(grey(earlier), grey(small)), cut(earlier, small), grass(small) / max(filled, 0.01)]
    return np.concatenate([crowd, sixths, ball, changes])
