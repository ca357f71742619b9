"""Another alarm line for weights that are there: ``python -m train.recipes.alarm_line WEIGHTS --open-data FOLDER --work
FOLDER --val-reel REEL ...``.

The network and its calibration stay, to the bit. Simulated matches that nothing was learned from and reels of real
sounds choose together (``train.fit.calibration.heard_line``); config and card say what the line does on both.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.core.as_program import as_program
from engine.core.weights_config_file import CARD_FILE
from engine.model.checkpoint import load, save
from train.data.labels import Danger
from train.data.real_sounds.reel_as_match import read_reel
from train.evaluate.card import with_line
from train.fit.fitted import alarm_line
from train.fit.training_data import TrainingData
from train.recipes.shipped_weights import parser_of, plans_of, simulated


def main(args: Sequence[str] | None = None) -> None:
    parser = parser_of("alarm_line", __doc__, ", whose config and card are written anew", "simulated matches")
    parser.add_argument(
        "--val-reel", type=Path, action="append", required=True, help="a reel of sources that taught nothing; again"
    )
    chosen = parser.parse_args(args)
    rule = Danger()
    weights = load(chosen.weights)
    reels = [read_reel(reel, rule) for reel in chosen.val_reel]  # first: one that is missing is said at once
    matches = simulated(chosen.work / "sounds", plans_of(chosen.open_data)[1], rule)
    line = alarm_line(weights.network, weights.config.calibration, TrainingData([], matches, val_reels=reels), rule)
    config = replace(
        weights.config,
        spikes=line.spikes,
        operating_points=line.operating_points,
        measured={name: one for name, one in weights.config.measured.items() if name != "alarms"} | line.measured,
    )
    card = with_line((chosen.weights / CARD_FILE).read_text(encoding="utf-8"), config)
    checksum = save(chosen.weights, config, weights.network, card)
    assert checksum == weights.checksum, "the tensors are the same"
    sys.stdout.write(f"{chosen.weights}: alarms from {line.spikes.on:g} on\n")


if __name__ == "__main__":
    sys.exit(as_program(main))
