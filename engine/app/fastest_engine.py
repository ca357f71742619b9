"""Which engine gives a live reading soonest on this machine.

Measured once and kept in a file; measured again when the machine, a package or the weights have changed.
"""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np

from engine.core import grid
from engine.core.files import private_file, private_folder
from engine.core.signals import AudioBlock
from engine.live.stream import PressureStream
from engine.model.checkpoint import Weights
from engine.model.inference_engines import Computing, EngineChoice, for_live, network_of

FILE: Final = "engine.json"
_READINGS: Final = 50
_WARMING_UP: Final = 5
_PACKAGES: Final = ("mlx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Measured:
    """How long a live reading takes; ``median_ms`` by the name of a ``Computing``. The rest is what that is true of."""

    machine: str
    versions: dict[str, str]
    weights: str
    median_ms: dict[str, float]


def quickest(
    weights: Weights,
    among: Sequence[Computing],
    cache: Path,
    clock: Callable[[], float] = perf_counter,
    machine: Callable[[], str] = platform.node,
) -> Computing:
    """The one of ``among`` that gives a reading soonest, from the file in ``cache`` or else measured now."""
    if len(among) == 1:
        return among[0]
    kept = read_measured(cache)
    measured = Measured(machine(), _versions(), weights.checksum, kept.median_ms if kept else {})
    if kept != measured or not all(str(one) in kept.median_ms for one in among):
        medians = {str(one): median(reading_times_ms(weights, one, clock=clock)) for one in among}
        measured = Measured(measured.machine, measured.versions, measured.weights, medians)
        _keep(measured, cache)
    return min(among, key=lambda one: measured.median_ms[str(one)])


def known(choice: EngineChoice, cache: Path) -> Computing | None:
    """What would listen, as far as that is known without measuring."""
    among, kept = for_live(choice), read_measured(cache)
    if len(among) == 1:
        return among[0]
    if kept is None or not all(str(one) in kept.median_ms for one in among):
        return None
    return min(among, key=lambda one: kept.median_ms[str(one)])


def reading_times_ms(
    weights: Weights,
    computing: Computing,
    readings: int = _READINGS,
    warming_up: int = _WARMING_UP,
    clock: Callable[[], float] = perf_counter,
) -> list[float]:
    """How long each of so many live readings takes on noise, after the first ones, which warm up."""
    stream = PressureStream(network_of(weights, computing.engine, computing.device), weights.config.calibration)
    noise = np.random.default_rng(0).normal(0, 0.1, grid.samples_for(grid.HISTORY_FRAMES)).astype(np.float32)
    stream.push(AudioBlock(noise, 0))
    block, took_ms = noise[: grid.READING_FRAMES * grid.HOP], []
    for _ in range(warming_up + readings):
        began = clock()
        stream.push(AudioBlock(block, stream.heard))
        took_ms.append((clock() - began) * 1e3)
    return took_ms[warming_up:]


def read_measured(cache: Path) -> Measured | None:
    """What was kept; None where nothing of use was."""
    try:
        return _measured(json.loads((cache / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError):  # whatever a damaged file may hold
        return None


def _measured(row: Mapping[str, Any]) -> Measured:
    found = Measured(**row)
    medians = {str(name): float(value) for name, value in found.median_ms.items()}
    return Measured(
        str(found.machine), {str(k): str(v) for k, v in found.versions.items()}, str(found.weights), medians
    )


def _keep(measured: Measured, cache: Path) -> None:
    try:
        with private_file(private_folder(cache) / FILE, replace=True) as file:
            json.dump(asdict(measured), file, indent=2)
    except OSError:
        # Listening does not depend on it: the next start measures again, and 'momentum doctor' looks at the folder.
        return


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found
