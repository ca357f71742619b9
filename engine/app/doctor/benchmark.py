"""What a machine can do, measured: ``momentum doctor --bench``. What can't be measured here says why.

A new figure is a function here that yields ``Figure``s, and a line in ``MEASUREMENTS``.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

from engine.app.doctor.checks import Surroundings
from engine.app.doctor.launchd_probe import heard_by_launchd
from engine.core.errors import MomentumError

if TYPE_CHECKING:
    from engine.model.checkpoint import Weights
    from engine.model.inference_engines import Computing

LISTENED_S: Final = 10.0
_READINGS: Final = 100
_WARMING_UP: Final = 5
_LONG_RUN: Final = 1000
_ANSWER_S: Final = 60.0
_PRODUCT: Final = """
import mlx.core as mx, numpy as np
a, b = np.random.default_rng(0).normal(size=(2, 256, 256)).astype(np.float32)
exact = a.astype(np.float64) @ b.astype(np.float64)
print(np.abs(np.asarray(mx.array(a) @ mx.array(b)) - exact).max() / np.abs(exact).max())
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; ``value`` is None where it could not be, and ``note`` says why."""

    what: str
    value: float | None
    unit: str = ""
    note: str = ""


def measure(around: Surroundings) -> Iterator[Figure]:
    """All figures; a fault that one meets is its note."""
    for name, measurement in MEASUREMENTS.items():
        try:
            yield from measurement(around)
        except (MomentumError, OSError, subprocess.SubprocessError) as error:
            yield Figure(name, None, note=error.message if isinstance(error, MomentumError) else str(error))


def readings(around: Surroundings) -> Iterator[Figure]:
    """One live reading on each engine and device, and how far live is from all at once."""
    from engine.app.fastest_engine import reading_times_ms
    from engine.model.checkpoint import load
    from engine.model.inference_engines import ONNX_PACKAGES, Computing, is_installed
    from engine.model.installed_weights import find_weights, weights_folders
    from engine.model.network import has_gpu

    folder = find_weights(around.settings.weights, weights_folders(around.paths))
    for computing, there in (
        (Computing("mlx", "cpu"), True),
        (Computing("mlx", "gpu"), has_gpu()),
        (Computing("onnx", "cpu"), all(map(is_installed, ONNX_PACKAGES))),
    ):
        name = f"a reading, {computing}"
        if not there:
            yield Figure(name, None, note="MLX sees no GPU here" if computing.device == "gpu" else "not installed")
            continue
        weights = load(folder)
        times_ms = reading_times_ms(weights, computing, _READINGS, warming_up=0, clock=around.stopwatch)
        warm_ms = times_ms[_WARMING_UP:]
        yield Figure(f"{name}: the first", times_ms[0], "ms")
        yield Figure(f"{name}: median", median(warm_ms), "ms")
        yield Figure(f"{name}: 95 of 100", quantiles(warm_ms, n=20)[-1], "ms")
        yield Figure(f"{name}: live against all at once, largest difference", _live_against_batch(weights, computing))


_BATCH_S: Final = 60.0


def _live_against_batch(weights: "Weights", computing: "Computing") -> float:
    import numpy as np

    from engine.core import grid
    from engine.core.signals import AudioBlock
    from engine.live.stream import PressureStream
    from engine.model.inference_engines import network_of
    from engine.simulator.match import SimulatedMatch, plan_match

    network = network_of(weights, computing.engine, computing.device)
    match = SimulatedMatch(plan_match(4, minutes=_BATCH_S / 60), "four")
    sound = np.concatenate([block.samples for block in match.blocks()])
    at_once = PressureStream(network, weights.config.calibration).push(AudioBlock(sound, 0))
    stream, step = PressureStream(network, weights.config.calibration), grid.READING_FRAMES * grid.HOP
    live = [r for at in range(0, len(sound), step) for r in stream.push(AudioBlock(sound[at : at + step], at))]
    pairs = zip([r.pressure for r in at_once], [r.pressure for r in live], strict=True)
    return max(abs(a - b) for a, b in pairs if a is not None and b is not None)


def precision(around: Surroundings) -> Iterator[Figure]:
    """Whether products of float32 lose digits, as MLX is set here and if it were left to itself."""
    for tf32, name in (("0", "off"), ("1", "on")):
        environ = {**around.environ, "MLX_ENABLE_TF32": tf32}
        command = [sys.executable, "-c", _PRODUCT]
        answer = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=_ANSWER_S, check=True)
        note = "as this program runs" if os.environ.get("MLX_ENABLE_TF32") == tf32 else ""
        yield Figure(f"a product, TF32 {name}: largest relative error", float(answer.stdout), note=note)


def memory(around: Surroundings) -> Iterator[Figure]:
    """What a thousand readings leave behind."""
    from engine.app.fastest_engine import known, reading_times_ms
    from engine.core.process_stats import resident_mb
    from engine.model.checkpoint import load
    from engine.model.inference_engines import for_live
    from engine.model.installed_weights import find_weights, weights_folders

    choice = around.settings.engine
    computing = known(choice, around.paths.cache) or for_live(choice)[0]
    weights = load(find_weights(around.settings.weights, weights_folders(around.paths)))
    reading_times_ms(weights, computing, _WARMING_UP)
    before_mb = resident_mb()
    reading_times_ms(weights, computing, _LONG_RUN)
    yield Figure("memory after 1000 readings", resident_mb(), "MB", f"{computing}; {before_mb:.1f} MB before them")


_SYNCS: Final = 20
_SYNCED_BYTES: Final = 44_100


def syncs(around: Surroundings) -> Iterator[Figure]:
    """How long the disk is waited for, once a second, where sessions are kept."""
    from engine.core.durable_writes import FULL_SYNC, sync
    from engine.core.files import private_folder

    with tempfile.NamedTemporaryFile(dir=private_folder(around.paths.data)) as file:

        def median_ms(wait: Callable[[int], None]) -> float:
            took_ms = []
            for _ in range(_SYNCS):
                file.write(os.urandom(_SYNCED_BYTES))
                file.flush()
                began = around.stopwatch()
                wait(file.fileno())
                took_ms.append((around.stopwatch() - began) * 1e3)
            return median(took_ms)

        yield Figure("a second of sound to the disk, fsync: median", median_ms(os.fsync), "ms")
        if FULL_SYNC is None:
            note = "here fsync is all there is"
            yield Figure("the same until the drive's cache is empty: median", None, note=note)
        else:
            yield Figure("the same until the drive's cache is empty: median", median_ms(sync), "ms")


def microphone(around: Surroundings) -> Iterator[Figure]:
    """Overruns at the grid's rate and at the device's own."""
    from engine.audio.microphone import Microphone
    from engine.core import grid

    kind, _, wanted = (around.settings.source or "mic").partition(":")
    if kind != "mic":
        yield Figure("the microphone", None, note=f"the configured source is {around.settings.source}")
        return
    for name, rate_hz in (("22050 Hz", grid.SAMPLE_RATE_HZ), ("the device's own rate", None)):
        source = Microphone(wanted or None, rate_hz=rate_hz, system="darwin")
        heard, overruns, overloads = 0, 0, 0
        until_s = around.stopwatch() + LISTENED_S
        try:
            for block in source.blocks():
                heard, overruns, overloads = heard + len(block.samples), block.overruns, block.overloads
                if around.stopwatch() >= until_s:
                    break
        finally:
            source.close()
        note = f"{source.name} at {source.rate_hz} Hz; overloads without loss: {overloads}"
        yield Figure(f"overruns in {LISTENED_S:g} s at {name}", float(overruns), note=note)
        yield Figure(f"sound heard in {LISTENED_S:g} s at {name}", heard / grid.SAMPLE_RATE_HZ, "s")


def launchd(around: Surroundings) -> Iterator[Figure]:
    """What a process that launchd starts hears, which is not what a terminal hears."""
    if around.system != "Darwin":
        yield Figure("what launchd's process hears", None, note="launchd is macOS's")
        return
    recorder = installed_recorder(around)
    if recorder is None:
        yield Figure("what launchd's process hears", None, note="'momentum service install' makes what is asked here")
        return
    command, environment = recorder
    heard = heard_by_launchd(around.paths, command, {**around.environ, **environment})
    yield Figure("what launchd's process hears", None, note=heard)


def installed_recorder(around: Surroundings) -> tuple[list[str], dict[str, str]] | None:
    """How launchd starts the installed recorder, and with which environment; None where none is installed.

    As the application that macOS was asked about: another program would get another answer.
    """
    from engine.app.service.launchd import LaunchdService

    bundle = LaunchdService(Path.home(), os.getuid(), dict(around.environ)).bundle
    return (bundle.command([]), bundle.environment) if bundle.program.is_file() else None


MEASUREMENTS: Final[Mapping[str, Callable[[Surroundings], Iterator[Figure]]]] = {
    "readings": readings,
    "precision": precision,
    "memory": memory,
    "syncs": syncs,
    "the microphone": microphone,
    "launchd": launchd,
}
"""All measurements, in the order in which they run."""
