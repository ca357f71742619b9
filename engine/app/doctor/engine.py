"""Checks of the engine: MLX, what computes the network, the weights, and whether this machine keeps up."""

from collections.abc import Iterator
from statistics import quantiles
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.core.errors import WeightsError
from engine.core.extras import installing
from engine.core.text import plain

_UPDATES: Final = 50
_SLOW: Final = 0.5
_TOO_SLOW: Final = 1.0


def mlx(around: Surroundings) -> Iterator[Finding]:
    """Can the network compute, and on what?"""
    try:
        import mlx.core as mx
    except ImportError as error:
        yield Finding(
            "MLX", Verdict.PROBLEM, str(error), "Install the program again: pip install --force-reinstall mlx"
        )
        return
    from engine.app.version import installed

    yield Finding("MLX", Verdict.OK, f"{installed('mlx')}, device {mx.default_device().type.name}")


def chosen(around: Surroundings) -> Iterator[Finding]:
    """What computes the network, and is it there?"""
    from engine.app.fastest_engine import known, read_measured
    from engine.app.version import engine_in_words
    from engine.model.inference_engines import choose_engine, on_apple_silicon

    choice = around.settings.engine
    engine = choose_engine(choice)
    detail = engine_in_words(choice, engine)
    if on_apple_silicon() and choice != "onnx":
        listens, measured = known(choice, around.paths.cache), read_measured(around.paths.cache)
        times = ", ".join(f"{name} {took:.1f} ms" for name, took in measured.median_ms.items()) if measured else ""
        detail += f"; {listens} listens" if listens else "; what listens is measured when it first does"
        detail += f" (a reading: {plain(times)})" if times else ""
    if engine == "onnx":
        from engine.model.onnx_graph import onnx_package
        from engine.model.onnx_runtime import runtime_package

        onnx_package()
        runtime_package()
    elif choice == "auto" and not on_apple_silicon():
        yield Finding(
            "engine",
            Verdict.NOTE,
            detail,
            f"ONNX Runtime is faster here: {installing('onnx')}",
        )
        return
    yield Finding("engine", Verdict.OK, detail)


def weights(around: Surroundings) -> Iterator[Finding]:
    """Are the configured weights whole, and have they learned anything?"""
    from engine.model.checkpoint import load
    from engine.model.installed_weights import find_weights, weights_folders

    loaded = load(find_weights(around.settings.weights, weights_folders(around.paths)))
    detail = f"{loaded.config.title}, checksum and tensors as they should be"
    if not loaded.config.may_be_default:
        hint = "Repeat their training with --install-anyway, or set others: 'momentum config show'."
        yield Finding("weights", Verdict.PROBLEM, f"{loaded.config.title}, {loaded.config.standing}: no default", hint)
    elif loaded.config.trained:
        yield Finding("weights", Verdict.OK, f"{detail}; label rule {loaded.config.label_rule}")
    else:
        yield Finding(
            "weights", Verdict.WARNING, detail, "The index means nothing yet: choose trained ones (--weights)."
        )


def speed(around: Surroundings) -> Iterator[Finding]:
    """Does an update take less time than there is until the next?"""
    import numpy as np

    from engine.app.fastest_engine import known
    from engine.core import grid
    from engine.core.signals import AudioBlock
    from engine.live.stream import PressureStream
    from engine.model.checkpoint import load
    from engine.model.inference_engines import for_live, network_of
    from engine.model.installed_weights import find_weights, weights_folders
    from engine.model.onnx_graph import OnnxMissing

    try:
        loaded = load(find_weights(around.settings.weights, weights_folders(around.paths)))
        choice = around.settings.engine
        computing = known(choice, around.paths.cache) or for_live(choice)[0]
        network = network_of(loaded, computing.engine, computing.device)
    except (WeightsError, OnnxMissing):  # the checks of the weights and of the engine have said it
        return
    stream = PressureStream(network, loaded.config.calibration)
    noise = np.random.default_rng(0).normal(0, 0.1, grid.samples_for(grid.HISTORY_FRAMES)).astype(np.float32)
    stream.push(AudioBlock(noise, 0))
    block = noise[: grid.READING_FRAMES * grid.HOP]
    took_s = []
    for update in range(_UPDATES):
        started = around.stopwatch()
        stream.push(AudioBlock(block, len(noise) + update * len(block)))
        took_s.append(around.stopwatch() - started)
    slowest_s = quantiles(took_s, n=20)[-1]
    share = slowest_s * grid.READINGS_PER_S
    detail = f"an update takes {1000 * slowest_s:.1f} ms (p95) of the {1000 / grid.READINGS_PER_S:.0f} ms there are"
    remedy = "Close what else is running; on a laptop, plug it in."
    if share >= _TOO_SLOW:
        yield Finding("speed", Verdict.PROBLEM, detail, remedy)
    elif share >= _SLOW:
        yield Finding("speed", Verdict.WARNING, detail, remedy)
    else:
        yield Finding("speed", Verdict.OK, detail)
