"""Features made fewer by principal components, and evened out, both fitted piece by piece and kept as safetensors.

The pieces' moments are joined by the rule of Chan, Golub and LeVeque (1979), so nothing but a matrix of the features'
width squared is held, and it does not matter how the rows were cut.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.double_tensors import read_doubles, write_doubles
from engine.core.errors import UsageError, WeightsError
from engine.core.files import whole_file
from engine.core.made_by import MadeBy, made_by_of_row
from engine.core.tensor_file import sha256_of
from engine.encoders.encoder import Values

_NAMES: Final = frozenset({"mean", "spread", "components", "variance"})
_PIECE_ROWS: Final = 4096


class Moments:
    """Number, mean and scatter of rows (n, width), in double precision."""

    def __init__(self, width: int) -> None:
        self.count = 0
        self.mean: NDArray[np.float64] = np.zeros(width)
        self.scatter: NDArray[np.float64] = np.zeros((width, width))
        """The sum over the rows of what they are away from the mean, times itself."""

    def add(self, rows: Values) -> None:
        """Take more rows."""
        for first in range(0, len(rows), _PIECE_ROWS):
            self._add(np.asarray(rows[first : first + _PIECE_ROWS], np.float64))

    def _add(self, rows: NDArray[np.float64]) -> None:
        mean = rows.mean(axis=0)
        away, apart = rows - mean, mean - self.mean
        count = self.count + len(rows)
        self.scatter += away.T @ away
        self.scatter += np.outer(apart, apart * (self.count * len(rows) / count))
        self.mean = self.mean + apart * (len(rows) / count)
        self.count = count


@dataclass(frozen=True, slots=True, eq=False)
class Pca:
    """``mean`` and ``spread`` (inputs,) of what it was fitted on, ``components`` (outputs, inputs) of length 1,
    ``variance`` (outputs,) along each. ``fitted_on``: what made the rows; None where that is not known."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    components: NDArray[np.float64]
    variance: NDArray[np.float64]
    fitted_on: MadeBy | None = None

    def apply(self, rows: Values) -> Values:
        """Rows (n, inputs) less the mean, along the components (n, outputs). Raises ``UsageError``."""
        self._check(rows)
        return ((np.asarray(rows, np.float64) - self.mean) @ self.components.T).astype(np.float32)

    def scaled(self, rows: Values) -> Values:
        """Rows (n, inputs) with mean 0 and spread 1 by column; a column that never changes stays at 0."""
        self._check(rows)
        spread = np.where(self.spread > 0, self.spread, 1.0)
        return ((np.asarray(rows, np.float64) - self.mean) / spread).astype(np.float32)

    def save(self, file: Path) -> str:
        """Write them, double precision, whole or not there; return the SHA-256. Raises ``OSError``."""
        with whole_file(file, replace=True) as unfinished:
            about = self.fitted_on.told if self.fitted_on else {}
            write_doubles(unfinished, {name: getattr(self, name) for name in _NAMES}, about)
        return sha256_of(file)

    def _check(self, rows: Values) -> None:
        if rows.shape[1] != len(self.mean):
            raise UsageError(
                f"the components were fitted on rows of {len(self.mean)} numbers, not of {rows.shape[1]}.",
                "Name those of the same encoder, or fit new ones: --pca 512.",
            )


def fit_pca(pieces: Iterable[Values], outputs: int) -> Pca:
    """The ``outputs`` components along which rows vary most, as scikit-learn's PCA gives them, signs and all.

    Raises ``UsageError`` where there are not more rows, or not as many columns, or not all of them are numbers.
    """
    moments: Moments | None = None
    for rows in pieces:
        moments = moments or Moments(rows.shape[1])
        moments.add(rows)
    if moments is None or moments.count <= outputs or outputs > len(moments.mean):
        rows_there, width = (moments.count, len(moments.mean)) if moments else (0, 0)
        raise UsageError(
            f"{outputs} components can't be fitted on {rows_there} rows of {width} numbers.",
            "Name more recordings, fewer components, or a file of components fitted before.",
        )
    if not np.isfinite(moments.scatter).all():
        raise UsageError("components can't be fitted on features that hold what is no number.", "Make these anew.")
    spread = np.sqrt(np.diag(moments.scatter) / moments.count)
    variances, directions = np.linalg.eigh(moments.scatter)
    variances /= moments.count - 1
    components = directions.T[::-1][:outputs].copy()
    del directions
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    variance = np.maximum(variances[::-1][:outputs], 0.0)
    return Pca(moments.mean, spread, components * np.sign(largest), variance)


def load_pca(file: Path) -> Pca:
    """Components that were saved. Raises ``WeightsError`` where the file is missing or holds something else."""
    try:
        tensors, about = read_doubles(file)
        fitted_on = made_by_of_row(about) if "encoder" in about else None
        found = Pca(**tensors, fitted_on=fitted_on) if set(tensors) == _NAMES else None
    except (OSError, ValueError, TypeError) as fault:
        raise WeightsError(f"{file} can't be read: {getattr(fault, 'strerror', None) or fault}", _AGAIN) from None
    if found is None or not _possible(found):
        raise WeightsError(f"{file} holds no principal components.", _AGAIN)
    return found


def _possible(pca: Pca) -> bool:
    outputs, inputs = pca.variance.size, pca.mean.size
    shapes = {"mean": (inputs,), "spread": (inputs,), "components": (outputs, inputs), "variance": (outputs,)}
    return all(
        getattr(pca, name).shape == shape and np.isfinite(getattr(pca, name)).all() for name, shape in shapes.items()
    )


_AGAIN: Final = "'momentum features VIDEO --video resnet50 --pca 512' fits some."
