"""Published checkpoints brought into the program's own form, without a word of PyTorch."""

from pathlib import Path
from typing import Final

from engine.core.errors import UsageError, WeightsError
from engine.core.tensor_file import sha256_of
from engine.core.text import plain
from engine.core.weights_config_file import CONFIG_FILE
from engine.spotting.config import SpottingConfig
from engine.spotting.published import read_published
from engine.spotting.weights import measured_as, save_spotting

FOLDER: Final = "spotting"
"""Where among the program's data spotting weights lie, by name."""


def find_spotting(choice: str, trained: Path) -> Path:
    """The folder of weights that ``choice`` means: a path, or what lies under that name in ``trained``.

    A folder without weights is passed over. Raises ``WeightsError`` where there is neither.
    """
    for candidate in (Path(choice).expanduser(), trained / choice):
        if (candidate / CONFIG_FILE).is_file():
            return candidate
    raise WeightsError(
        f"there are no spotting weights named {plain(choice, 80)!a}, and no such folder",
        "Train some with 'momentum train spotting', or bring some with 'momentum weights convert'.",
    )


def convert(checkpoint: Path, folder: Path, window_s: float | None = None) -> tuple[SpottingConfig, str]:
    """Write the weights of ``checkpoint`` into ``folder``; return their config and checksum.

    ``window_s`` is how long its windows are, where that is not as published.

    Raises:
        InputError: the checkpoint can't be read, or is no network that is known.
        UsageError: there are weights in the folder already.
    """
    if (folder / CONFIG_FILE).exists():
        raise UsageError(f"{plain(folder)} holds weights already", "Choose another folder.")
    weights = measured_as(read_published(checkpoint, window_s), name=plain(folder.name, 60) or "converted")
    config = weights.config
    text = (
        f"# {config.name}\n\nConverted from {plain(checkpoint.name)} (SHA-256 {sha256_of(checkpoint)}), learned from "
        f"{config.trained_on}. Their licence is their authors'.\n"
    )
    return config, save_spotting(folder, weights, text)
