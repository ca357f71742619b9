"""A session of a small network that kept its sound."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.core import grid
from engine.core.signals import AudioBlock, End, Rejected, Spike, Start, WordsEvent
from engine.live.spike_detector import SpikeSettings
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights, WeightsConfig, load, save
from engine.model.tags import TagsConfig
from engine.session import SessionWriter
from tests.unit.engine.explain.conftest import SMALL, SMALL_HEAD, small_network

LENGTH_S = 46.0
LOUD_S = 42.0


def small_weights(folder: Path, readout: str = "mean", tags: TagsConfig | None = None) -> Weights:
    """Weights in ``folder`` whose index moves."""
    config = WeightsConfig(
        "small",
        True,
        "danger",
        encoder=SMALL,
        head=replace(SMALL_HEAD, readout=readout),  # type: ignore[arg-type]
        calibration=Calibration(40.0, 0.0, True),
        spikes=SpikeSettings(0.5, 0.4),
        tags=tags,
    )
    save(folder, config, small_network(readout=readout, tags=tags), "# small\n")
    return load(folder)


def heard_session(root: Path, weights: Weights, keep_sound: bool = True, said: WordsEvent | None = None) -> Path:
    """A session of ``LENGTH_S`` of noise, louder from ``LOUD_S`` on, with a spike and a candidate there, and what a
    commentator ``said``."""
    rng = np.random.default_rng(4)
    sound = 0.02 * rng.normal(size=round(LENGTH_S * grid.SAMPLE_RATE_HZ))
    sound[round(LOUD_S * grid.SAMPLE_RATE_HZ) :] *= 4.0
    block = AudioBlock(sound.astype(np.float32), 0)
    identity = {"name": weights.config.name, "sha256": weights.checksum}
    writer = SessionWriter.create(root, "demo:7", keep_sound=keep_sound, weights=identity)
    writer.write(Start(writer.name, "demo:7", "small", True, 22050, "2026-11-20T15:00:00Z", 0.5, "danger"))
    writer.sound(block)
    stream = PressureStream(weights.network, weights.config.calibration)
    for reading in stream.push(block):
        writer.write(reading)
    writer.write(Spike(LOUD_S, LOUD_S + 2.0, LOUD_S + 3.0, 0.9, LOUD_S + 1.0))
    writer.write(Rejected(LOUD_S, 0.4, "below_threshold", LOUD_S + 3.0))
    if said is not None:
        writer.write(said)
    writer.write(End(LENGTH_S, "end_of_file"))
    writer.close()
    return writer.folder
