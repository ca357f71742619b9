"""What a program that runs exported weights must know beside the tensors: written into every exported file.

All values are JSON texts by name, since that is what the metadata of both ONNX and Core ML can hold.
"""

import json
from dataclasses import asdict
from typing import Any, Final

from engine.audio.log_mel import band_edges_hz
from engine.core import grid
from engine.model import front_end
from engine.model.checkpoint import GRID, Weights

DESCRIPTION_SCHEMA: Final = 1


def describe(weights: Weights) -> dict[str, str]:
    """Everything from the samples to the spike, each a JSON text: the sections are explained in ``docs/export.md``."""
    config = weights.config
    encoder = config.encoder
    sections: dict[str, Any] = {
        "schema": DESCRIPTION_SCHEMA,
        "weights": {"name": config.name, "trained": config.trained, "sha256": weights.checksum},
        "label_rule": config.label_rule,
        "grid": {**GRID, "reading_frames": grid.READING_FRAMES, "history_frames": grid.HISTORY_FRAMES},
        "mel": {
            "window": "periodic Hann",
            "centred": False,
            "scale": "Slaney",
            "normalisation": "Slaney (equal area)",
            "power": "magnitude squared",
            "power_floor": grid.POWER_FLOOR,
            "decibels": "10 log10(max(power, power_floor))",
            "band_edges_hz": [round(hertz, 6) for hertz in band_edges_hz().tolist()],
        },
        "front_end": {
            **asdict(config.front_end),
            "channels": config.front_end.channels,
            "level_centre_db": front_end.LEVEL_CENTRE_DB,
            "level_scale_db": front_end.LEVEL_SCALE_DB,
            "background_scale_db": front_end.BACKGROUND_SCALE_DB,
        },
        "encoder": {
            **asdict(encoder),
            "time_stride": encoder.time_stride,
            "receptive_field": encoder.receptive_field,
            "window_columns": encoder.window_columns,
        },
        "head": asdict(config.head),
        "calibration": {**asdict(config.calibration), "formula": "1 / (1 + exp(-(slope * (danger - calm) + offset)))"},
        "spikes": asdict(config.spikes),
    }
    if config.tags is not None:
        formula = "1 / (1 + exp(-(slope * log_odds + offset))), one for each tag by the order of the names"
        sections["tags"] = {**asdict(config.tags), "formula": formula}
    return {name: json.dumps(value) for name, value in sections.items()}
