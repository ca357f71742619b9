"""Runs a saved ML program in numpy, so that its numbers can be checked where Core ML is not.

Only what the network needs, each operation after its definition in Core ML's MIL. Every result is rounded to the type
that the program declares for it; sums inside an operation are in double precision.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray


class SavedProgram:
    """A package read back from disk: its interface, its metadata, and its function."""

    def __init__(self, package: Path) -> None:
        import coremltools
        from coremltools.converters.mil.frontend.milproto import load

        model = coremltools.models.MLModel(str(package), skip_model_load=True)
        self.spec = model.get_spec()
        self.metadata = dict(self.spec.description.metadata.userDefined)
        self.function = load.load(self.spec, self.spec.specificationVersion, model.weights_dir).functions["main"]

    @property
    def kinds(self) -> list[str]:
        """The operations, in order."""
        return [operation.op_type for operation in self.function.operations if operation.op_type != "const"]

    def types_of(self, kind: str) -> set[str]:
        """The types of the results of one kind of operation."""
        return {_type(op.outputs[0]) for op in self.function.operations if op.op_type == kind}

    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of the input and of the output, as an app sees them."""
        given, found = self.spec.description.input[0], self.spec.description.output[0]
        return tuple(given.type.multiArrayType.shape), tuple(found.type.multiArrayType.shape)

    def run(self, given: Array) -> Array:
        (name,) = self.function.inputs
        values: dict[str, Any] = {name: given.astype(np.float32)}
        for operation in self.function.operations:
            if operation.op_type == "const":
                continue
            results = OPERATIONS[operation.op_type](_Inputs(operation, values))
            for variable, result in zip(
                operation.outputs, results if isinstance(results, tuple) else (results,), strict=False
            ):
                values[variable.name] = np.asarray(result).astype(_NUMPY[_type(variable)])
        return values[self.function.outputs[0].name]


_NUMPY = {"fp16": np.float16, "fp32": np.float32}


def _type(variable: Any) -> str:
    from coremltools.converters.mil.mil.types import builtin_to_string

    return builtin_to_string(variable.dtype)


class _Inputs:
    """The inputs of an operation by name; tensors in double precision."""

    def __init__(self, operation: Any, values: dict[str, Any]) -> None:
        self._operation = operation
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return self._of(self._operation.inputs.get(name))

    def _of(self, variable: Any) -> Any:
        if isinstance(variable, list | tuple):
            return [self._of(one) for one in variable]
        value = None if variable is None else variable.val if variable.val is not None else self._values[variable.name]
        return value.astype(np.float64) if isinstance(value, Array) and value.dtype.kind == "f" else value


def _conv(op: _Inputs) -> Array:
    (top, bottom, left, right), (down, across) = op.pad, op.strides
    x = np.pad(op.x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    outputs, inputs, height, width = op.weight.shape
    groups = int(op.groups)
    steps, bands = (x.shape[2] - height) // down + 1, (x.shape[3] - width) // across + 1
    out = np.zeros((len(x), outputs, steps, bands))
    for i in range(height):
        for j in range(width):
            view = x[:, :, i : i + (steps - 1) * down + 1 : down, j : j + (bands - 1) * across + 1 : across]
            weight = op.weight[:, :, i, j]
            if groups == 1:
                out += np.einsum("oi,nitf->notf", weight, view)
            else:
                assert groups == outputs and inputs == 1
                out += weight[:, 0][None, :, None, None] * view
    return out + op.bias[None, :, None, None]


def _sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def _lstm(op: _Inputs) -> tuple[Array]:
    hidden = op.weight_hh.shape[1]

    def one(x: Array, w: Array, r: Array, b: Array, h: Array, c: Array) -> Array:
        found = []
        for step in x:
            i, f, o, z = np.split(step @ w.T + h @ r.T + b, 4, axis=-1)
            c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(z)
            h = _sigmoid(o) * np.tanh(c)
            found.append(h)
        return np.stack(found)

    h, c = op.initial_h, op.initial_c
    out = one(op.x, op.weight_ih, op.weight_hh, op.bias, h[:, :hidden], c[:, :hidden])
    if op.direction == "forward":
        return (out,)
    back = one(op.x[::-1], op.weight_ih_back, op.weight_hh_back, op.bias_back, h[:, hidden:], c[:, hidden:])
    return (np.concatenate([out, back[::-1]], axis=-1),)


def _softmax(op: _Inputs) -> Array:
    shifted = np.exp(op.x - op.x.max(axis=op.axis, keepdims=True))
    return shifted / shifted.sum(axis=op.axis, keepdims=True)


def _slice(op: _Inputs) -> Array:
    return op.x[tuple(slice(begin, end) for begin, end in zip(op.begin, op.end, strict=True))]


def _avg_pool(op: _Inputs) -> Array:
    (height, width), (down, across) = op.kernel_sizes, op.strides
    views = np.lib.stride_tricks.sliding_window_view(op.x, (height, width), axis=(2, 3))
    return views[:, :, ::down, ::across].mean(axis=(4, 5))


OPERATIONS: dict[str, Callable[[_Inputs], Any]] = {
    "cast": lambda op: op.x,
    "identity": lambda op: op.x,
    "conv": _conv,
    "relu6": lambda op: np.clip(op.x, 0.0, 6.0),
    "reduce_mean": lambda op: op.x.mean(axis=tuple(op.axes), keepdims=bool(op.keep_dims)),
    "reduce_sum": lambda op: op.x.sum(axis=tuple(op.axes), keepdims=bool(op.keep_dims)),
    "squeeze": lambda op: op.x.squeeze(axis=tuple(op.axes)),
    "transpose": lambda op: op.x.transpose(op.perm),
    "slice_by_index": _slice,
    "concat": lambda op: np.concatenate(op.values, axis=int(op.axis)),
    "linear": lambda op: op.x @ op.weight.T + op.bias,
    "matmul": lambda op: op.x @ op.y,
    "mul": lambda op: op.x * op.y,
    "add": lambda op: op.x + op.y,
    "sub": lambda op: op.x - op.y,
    "maximum": lambda op: np.maximum(op.x, op.y),
    "sqrt": lambda op: np.sqrt(op.x),
    "reshape": lambda op: op.x.reshape(op.shape),
    "avg_pool": _avg_pool,
    "softmax": _softmax,
    "lstm": _lstm,
}
