"""The network as the rest of the program sees it: numpy in, numpy out, in pieces that fit the cache."""

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.model import numpy_network as host
from engine.model.encoder import EncoderConfig, SpectrogramCNN
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig, PressureHead
from engine.model.matrix_products import host_dense, mlx_dense
from engine.model.tags import TagReadout, TagsConfig

Array = NDArray[np.float32]
Device: TypeAlias = Literal["cpu", "gpu"]

_SEGMENT_FRAMES = 1024
_HISTORIES = 512
_FEW_WINDOWS = 4
_CACHE_BYTES = 256 * 1024 * 1024
"""MLX keeps what it has allocated; without a limit that grows with the largest piece of work it ever did."""


class Network(Protocol):
    """What a stream needs of an inference engine; every array is float32."""

    front_end: FrontEndConfig
    encoder: EncoderConfig

    @property
    def tags_config(self) -> TagsConfig | None:
        """What tags it tells; None where it has no read-out for them."""
        ...

    def columns(self, frames: Array) -> Array:
        """Front-end frames (t, MEL_BANDS, channels) -> columns (k, column_width) with strides from the first frame."""
        ...

    def columns_of_segments(self, segments: Array) -> Array:
        """The same for segments of equal length at once: (n, t, MEL_BANDS, channels) -> (n, k, column_width)."""
        ...

    def embed(self, pooled: Array) -> Array:
        """What windows' columns are pooled to (..., n, pooled_width) -> embeddings (..., n, embedding)."""
        ...

    def logits(self, histories: Array) -> Array:
        """Embeddings (..., n, WINDOWS, embedding), oldest first -> logits (..., n, 2)."""
        ...

    def tag_logits(self, pooled: Array) -> Array:
        """What windows' columns are pooled to (n, pooled_width) -> log-odds of the tags (n, tags).

        Raises ``ValueError`` where there is no read-out for them.
        """
        ...


def no_tags() -> ValueError:
    """For ``tag_logits`` of a network without a read-out for tags: whoever asks has not looked at ``tags_config``."""
    return ValueError("these weights tell no tags")


def in_pieces(columns: Callable[[Array], Array], segments: Array, encoder: EncoderConfig, frames: int) -> Array:
    """``columns`` of segments (n, t, ...), about ``frames`` frames at once: long segments cut, many short ones in
    turns."""
    stride, field = encoder.time_stride, encoder.receptive_field
    n, t = segments.shape[:2]
    count = (t - field) // stride + 1 if t >= field else 0
    out = np.empty((n, count, encoder.column_width), np.float32)
    piece, rows = max(1, frames // stride), max(1, frames // max(t, 1))
    for row in range(0, n, rows):
        for first in range(0, count, piece):
            last = min(first + piece, count)
            segment = segments[row : row + rows, first * stride : (last - 1) * stride + field]
            out[row : row + rows, first:last] = columns(segment)
    return out


def by_rows(logits: Callable[[Array], Array], histories: Array) -> Array:
    """``logits`` of groups (groups, n, WINDOWS, embedding) as of one long group, parted again."""
    groups, n = histories.shape[:2]
    return logits(histories.reshape(groups * n, *histories.shape[2:])).reshape(groups, n, -1)


def default_device() -> Device:
    """What MLX computes on unless told otherwise."""
    return "gpu" if mx.default_device().type.name == "gpu" else "cpu"


def use_device(device: Device) -> None:
    """Have MLX compute on ``device``, in every thread. Raises ``ValueError`` where there is no such one."""
    mx.set_default_device(mx.Device(mx.gpu if device == "gpu" else mx.cpu))


def has_gpu() -> bool:
    """Whether MLX can compute on a GPU here."""
    return bool(mx.is_available(mx.Device(mx.gpu)))


def limit_cache() -> None:
    """Bound what MLX keeps for later, for a process that listens or scores."""
    mx.set_cache_limit(_CACHE_BYTES)


class MlxNetwork:
    """SpectrogramCNN, PressureHead and, where there are ``tags``, a TagReadout in MLX, for inference.

    On a processor small pieces of work, such as a live reading, go through numpy; on a GPU they are compiled.
    """

    def __init__(
        self,
        front_end: FrontEndConfig,
        encoder: EncoderConfig,
        head: HeadConfig,
        seed: int = 0,
        tags: TagsConfig | None = None,
    ) -> None:
        rng = np.random.default_rng(seed)
        self.front_end = front_end
        self.encoder = encoder
        self.head = head
        self.cnn = SpectrogramCNN(front_end.channels, encoder, rng)
        self.pressure = PressureHead(encoder.embedding, head, rng)
        self.tags = TagReadout(encoder.pooled_width, tags, seed) if tags is not None else None
        self.compute_on(default_device())

    @property
    def tags_config(self) -> TagsConfig | None:
        """See ``Network.tags_config``."""
        return self.tags.config if self.tags is not None else None

    def compute_on(self, device: Device) -> None:
        """Work for ``device``, which must be MLX's default one by the time of the next call: see ``use_device``.

        No stream is kept: MLX's belong to the thread that made them; a network is loaded in one and used in another.
        """
        self.device: Device = device
        dense = host_dense if device == "cpu" else mlx_dense
        self.cnn.use(dense)
        self.pressure.use(dense)
        if self.tags is not None:
            self.tags.use(dense)
        # Not on a processor: MLX would have a compiler make a library in a temporary folder and load it from there, and
        # where macOS has no compiler it would ask its user to install one.
        self._compiled_columns = mx.compile(self.cnn.columns, inputs=[self.cnn]) if device == "gpu" else None
        self._compiled_logits = mx.compile(self.pressure, inputs=[self.pressure]) if device == "gpu" else None

    def columns(self, frames: Array) -> Array:
        """See ``Network.columns``; long segments go piece by piece, which keeps memory flat."""
        columns: Array = self.columns_of_segments(frames[None])[0]
        return columns

    def columns_of_segments(self, segments: Array) -> Array:
        """See ``Network.columns_of_segments``."""
        if self.device == "cpu" and segments.shape[0] * segments.shape[1] <= host.SMALL_FRAMES:
            return in_pieces(lambda segment: host.columns(self.cnn, segment), segments, self.encoder, host.SMALL_FRAMES)
        small = segments.shape[1] <= host.SMALL_FRAMES and self._compiled_columns
        columns = small or self.cnn.columns
        return in_pieces(
            lambda segment: np.asarray(columns(mx.array(segment))), segments, self.encoder, _SEGMENT_FRAMES
        )

    def embed(self, pooled: Array) -> Array:
        """See ``Network.embed``."""
        if (
            self.device == "cpu" or pooled.size <= _FEW_WINDOWS * pooled.shape[-1]
        ):  # a GPU would be waited for longer than this takes
            return host.embed(self.cnn, pooled)
        return np.asarray(self.cnn.embed(mx.array(pooled)))

    def logits(self, histories: Array) -> Array:
        """See ``Network.logits``."""
        if histories.ndim > 3:
            return by_rows(self.logits, histories) if self.device == "gpu" else self._logits(histories)
        pieces = [self._logits(histories[first : first + _HISTORIES]) for first in range(0, len(histories), _HISTORIES)]
        return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)

    def _logits(self, histories: Array) -> Array:
        if self.device == "cpu":
            return host.logits(self.pressure, histories)
        head = self._compiled_logits if len(histories) == 1 and self._compiled_logits else self.pressure
        return np.asarray(head(mx.array(histories)))

    def tag_logits(self, pooled: Array) -> Array:
        """See ``Network.tag_logits``."""
        if self.tags is None:
            raise no_tags()
        if self.device == "cpu" or len(pooled) <= _FEW_WINDOWS:
            return host.tag_logits(self.tags, pooled)
        return np.asarray(self.tags(mx.array(pooled)))

    def window_embeddings(self, windows: Array) -> Array:
        """Whole windows (n, WINDOW_FRAMES, MEL_BANDS, channels) -> embeddings, without sharing columns."""
        if windows.shape[1] != grid.WINDOW_FRAMES:
            raise ValueError(f"a window has {grid.WINDOW_FRAMES} frames, not {windows.shape[1]}")
        return np.asarray(self.cnn(mx.array(windows)))
