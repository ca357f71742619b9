"""The network in ONNX Runtime."""

from typing import Any, Final

import numpy as np

from engine.model.network import Array, MlxNetwork, by_rows, in_pieces, no_tags
from engine.model.onnx_graph import columns_model, embed_model, head_model, tags_model
from engine.model.onnx_runtime import runtime_package

_SEGMENT_FRAMES: Final = 512
_HISTORIES: Final = 64
"""Pieces whose intermediate values stay in the cache; larger ones are slower and take more memory."""


class OnnxNetwork:
    """The tensors of ``network``, computed by ONNX Runtime on the processor; see ``Network`` for the methods.

    The graphs are built in memory at every start, which takes some fifty milliseconds: a file kept somewhere could be
    stale, half written or somebody else's.

    Args:
        network: where the tensors come from; it is not needed afterwards.
        threads: of ONNX Runtime. More than one has made medians worse on a busy machine.

    Raises:
        OnnxMissing: ``onnx`` or ``onnxruntime`` is not installed.
    """

    def __init__(self, network: MlxNetwork, threads: int = 1) -> None:
        runtime = runtime_package()
        self.front_end = network.front_end
        self.encoder = network.encoder
        self.tags_config = network.tags_config
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3

        def session(model: Any) -> Any:
            return runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

        self._columns = session(columns_model(network))
        self._embed = session(embed_model(network))
        self._head = session(head_model(network))
        self._tags = session(tags_model(network)) if network.tags is not None else None

    def columns(self, frames: Array) -> Array:
        columns: Array = self.columns_of_segments(frames[None])[0]
        return columns

    def columns_of_segments(self, segments: Array) -> Array:
        return in_pieces(self._columns_at_once, segments, self.encoder, _SEGMENT_FRAMES)

    def embed(self, pooled: Array) -> Array:
        embeddings: Array = self._embed.run(None, {"pooled": pooled.reshape(-1, pooled.shape[-1])})[0]
        return embeddings.reshape(*pooled.shape[:-1], -1)

    def logits(self, histories: Array) -> Array:
        if histories.ndim > 3:
            return by_rows(self.logits, histories)
        pieces = [
            self._head.run(None, {"histories": histories[first : first + _HISTORIES]})[0]
            for first in range(0, len(histories), _HISTORIES)
        ]
        return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)

    def tag_logits(self, pooled: Array) -> Array:
        if self._tags is None:
            raise no_tags()
        logits: Array = self._tags.run(None, {"pooled": pooled})[0]
        return logits

    def _columns_at_once(self, segments: Array) -> Array:
        columns: Array = self._columns.run(None, {"frames": segments})[0]
        return columns
