"""Make untrained weights: ``python -m train.initialise FOLDER [--seed N]``. The same seed gives the same bytes."""

import argparse
from pathlib import Path

from engine.model.checkpoint import WeightsConfig, save
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork

CARD = """# {name}: untrained

This network has been initialised at random (seed {seed}) and has learned nothing. Its readings exercise the program;
they say nothing about a match, and every output that names these weights says `untrained`.

| | |
|---|---|
| label rule | none |
| data | none |
| calibrated | no |
| figures | none, since there is nothing to measure |

Made by `python -m train.initialise weights/{name} --seed {seed}`.
"""


def initialise(folder: Path, seed: int) -> str:
    """Write untrained weights named like ``folder``; return the checksum of the tensors."""
    front_end, encoder, head = FrontEndConfig(), EncoderConfig(), HeadConfig()
    config = WeightsConfig(
        name=folder.name, trained=False, label_rule="none", front_end=front_end, encoder=encoder, head=head
    )
    network = MlxNetwork(front_end, encoder, head, seed)
    return save(folder, config, network, CARD.format(name=folder.name, seed=seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(initialise(arguments.folder, arguments.seed))  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
