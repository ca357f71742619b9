"""A pretrained encoder of sentences from a folder: ``model.onnx`` and ``vocab.txt``, as MiniLM's are published."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.commentary.word_network import Array
from engine.core.errors import InputError
from engine.core.text import plain
from engine.encoders.in_onnx import session_of
from engine.football.json_document import MEGABYTE, read_text
from engine.model.onnx_runtime import runtime_package
from train.commentary.sentences.word_pieces import SPECIAL, WordPieces

_MODEL: Final = "model.onnx"
_PIECES: Final = "vocab.txt"
_MOST_PIECES: Final = 256
_AT_ONCE: Final = 64
_IDS: Final = "input_ids"
_INPUTS: Final = frozenset({_IDS, "attention_mask", "token_type_ids"})
_HINT: Final = f"Name a folder with {_MODEL} and {_PIECES} of an uncased BERT, such as all-MiniLM-L6-v2."


class SentenceEncoder:
    """The encoder in ``folder``. Raises ``InputError`` where there is none, ``OnnxMissing`` without ONNX Runtime."""

    def __init__(self, folder: Path) -> None:
        pieces = read_text(folder / _PIECES, 16 * MEGABYTE).splitlines()
        if not set(SPECIAL) <= set(pieces):
            raise InputError(f"{plain(str(folder / _PIECES))} lacks one of {', '.join(SPECIAL)}", _HINT)
        self._pieces = WordPieces(pieces, _MOST_PIECES)
        self._session = _session(folder / _MODEL)
        self._asked = [given.name for given in self._session.get_inputs()]
        self.width = int(self._session.get_outputs()[0].shape[2])

    def encode(self, texts: Sequence[str]) -> Array:
        """(n, width): the mean over a text's pieces, of length 1. Texts of one length go together: none is padded."""
        numbers = [self._pieces.numbers(text) for text in texts]
        order = sorted(range(len(numbers)), key=lambda row: len(numbers[row]))
        vectors = np.zeros((len(texts), self.width), np.float32)
        start = 0
        for end in range(1, len(order) + 1):
            length = len(numbers[order[start]])
            if end == len(order) or end - start == _AT_ONCE or len(numbers[order[end]]) != length:
                vectors[order[start:end]] = self._means(np.array([numbers[row] for row in order[start:end]], np.int64))
                start = end
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)

    def _means(self, ids: Any) -> Array:
        given = {_IDS: ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states: Array = self._session.run(None, {name: given[name] for name in self._asked})[0]
        return np.asarray(states.mean(axis=1), dtype=np.float32)


def _session(model: Path) -> Any:
    faults = runtime_package().capi.onnxruntime_pybind11_state
    try:
        session = session_of(model.read_bytes())
    except OSError as error:
        raise InputError(f"{plain(str(model))} can't be read: {error.strerror}", _HINT) from None
    except (faults.Fail, faults.InvalidArgument, faults.InvalidGraph, faults.InvalidProtobuf):
        raise InputError(f"{plain(str(model))} is no ONNX model", _HINT) from None
    asked = {given.name for given in session.get_inputs()}
    shape = session.get_outputs()[0].shape
    if _IDS not in asked or not asked <= _INPUTS or len(shape) != 3 or not isinstance(shape[2], int):
        raise InputError(f"{plain(str(model))} is no encoder that has a vector for every piece of a text", _HINT)
    return session
