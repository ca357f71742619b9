"""Weights that know a song from a cry: ``python -m train.recipes.cry_units WEIGHTS --start FROM --work FOLDER --sounds
FOLDER --val-reel REEL ...``.

The network of ``FROM``, made by ``train.recipes.shipped_weights``, stays; beside it come units that say how much
likelier a cry is than a chant, and than applause or boos (``train.fit.network.widened_network``), learned from
simulated reels and reels of recorded music, voices, noises and people. Calibration and alarm line are chosen anew, by
simulated matches and reels of real sounds, and everything is measured anew for the card.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.core.as_program import as_program
from engine.core.errors import UsageError
from engine.core.weights_config_file import CARD_FILE
from engine.model.checkpoint import Weights, WeightsConfig, load
from engine.model.network import MlxNetwork
from train.data.labels import Danger
from train.data.real_sounds.recordings_in_grounds import Recordings
from train.data.real_sounds.reel_as_match import read_reel
from train.data.simulation_plans import Plan, with_people
from train.fit.calibration import calibrate
from train.fit.fitted import alarm_line, rounded
from train.fit.network.cry_read_outs import CryReadOutSettings, widened
from train.fit.network.widened_network import has_cry_units
from train.fit.predict import predict
from train.fit.training_data import TrainingData
from train.fit.validation import check_figures
from train.recipes.shipped_weights import (
    RECORDED,
    REEL_MINUTES,
    Learned,
    parser_of,
    plans_of,
    reels_of,
    save_measured,
    simulated,
    sources_table,
)

_SETTINGS = CryReadOutSettings()
_PEOPLE_SHARE: Final = 0.5
"""The share of reels that are learned from a second time, with a crowd made of single people."""


def main(args: Sequence[str] | None = None) -> None:
    parser = parser_of("cry_units", __doc__, " to write", "drawn matches and reels")
    parser.add_argument("--start", type=Path, required=True, help="folder of the weights to begin with")
    parser.add_argument(
        "--sounds", type=Path, action="append", required=True, help="a folder of real sounds with its MANIFEST.csv"
    )
    parser.add_argument(
        "--val-reel", type=Path, action="append", required=True, help="a reel of other sources, to choose the line by"
    )
    parser.add_argument("--reel", type=Path, action="append", default=[], help="a reel that judges, for the card")
    parser.add_argument("--moods", type=Path, help="crowd loops by mood, for the card")
    chosen = parser.parse_args(args)
    rule, sounds = Danger(), chosen.work / "sounds"
    before = to_begin_with(chosen.start)
    recordings = Recordings(chosen.sounds)
    plans = plans_of(chosen.open_data)
    val_reels = [read_reel(reel, rule) for reel in chosen.val_reel]
    reels = simulated(sounds, both_textures(reels_of(recordings)), rule)
    val_matches = simulated(sounds, plans[1], rule)
    network = widened(before.network, reels, _SETTINGS, seed=0)
    data = TrainingData(reels, val_matches, val_reels=val_reels)
    config = config_of(before, network, data)
    train_matches, test_matches = simulated(sounds, plans[0], rule), simulated(sounds, plans[2], rule)
    heard = learned_from(before, data)
    inputs = {"matches": heard, "simulated": len(heard)}
    section = _section(before, recordings)
    learned = Learned(train_matches, val_matches, test_matches, inputs, section)
    checksum = save_measured(chosen.weights, config, network, learned, chosen.reel, chosen.moods)
    sys.stdout.write(f"{chosen.weights}: sha256 {checksum}\n")


def to_begin_with(folder: Path) -> Weights:
    """The weights of ``folder``, to be given units.

    Raises ``UsageError`` where they were fitted to matches of their own, or have units already: a second pair would
    learn beside the first, and both would count.
    """
    weights = load(folder)
    if weights.config.compared:
        raise UsageError(f"{folder} was fitted to matches of its own", "Begin with weights of the recipe.")
    if has_cry_units(weights.network):
        raise UsageError(f"{folder} has cry units already", "Begin with the network of train.recipes.shipped_weights.")
    return weights


def both_textures(reels: Sequence[Plan]) -> list[Plan]:
    """The reels, and half of them again with crowds made of single people."""
    again = (with_people(plan, _PEOPLE_SHARE) for plan in reels)
    return [*reels, *(plan for plan in again if plan not in reels)]


def _section(before: Weights, recordings: Recordings) -> str:
    """The card's words on what the network learned from, which are those of its own card, and on what its units did."""
    card = (before.folder / CARD_FILE).read_text(encoding="utf-8")
    found = re.search(r"^## Data\n.*?(?=^## |\Z)", card, re.MULTILINE | re.DOTALL)
    network = found.group().rstrip() if found else "## Data\n\nThe network's own card says what it learned from."
    return f"""{network}

Beside this network, whose tensors have the sha256 `{before.checksum[:12]}`, two units know a cry from a chant and from
applause and boos (`train/fit/network/widened_network.py`). They learned from the simulated reels and from
{len(RECORDED)} of {REEL_MINUTES:g} minutes with cries among recordings, drawn for them; half of all these they heard a
second time, with crowds made of single people. Calibration and alarm line were chosen anew. These recordings came from
sources named above and from these:

{sources_table(recordings, told=network)}"""


def learned_from(before: Weights, data: TrainingData) -> frozenset[str]:
    """The marks of all that the network or its units learned from; ``data`` has the matches and reels that chose."""
    chose = {match.mark for match in (*data.val_matches, *data.val_reels)}
    return frozenset({*before.config.seen, *data.marks} - chose)


def config_of(before: Weights, network: MlxNetwork, data: TrainingData) -> WeightsConfig:
    """The config of a network that was widened: its shape, calibrated and with its line chosen by what ``data`` holds
    to validate on.
    """
    predicted = predict(network, data.val_matches)
    calibration = rounded(calibrate(predicted, offset=0.0))
    line = alarm_line(network, calibration, data, Danger())
    found = {name: round(value, 4) for name, value in check_figures(predicted).items()}
    return replace(
        before.config,
        encoder=network.encoder,
        head=network.head,
        calibration=calibration,
        spikes=line.spikes,
        operating_points=line.operating_points,
        measured={
            **before.config.measured,
            **found,
            **line.measured,
            "learned_from_matches": len(learned_from(before, data)),
        },
        seen=tuple(dict.fromkeys((*before.config.seen, *data.marks))),
    )


if __name__ == "__main__":
    sys.exit(as_program(main))
