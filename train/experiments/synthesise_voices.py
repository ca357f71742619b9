"""Voices to teach with: ``python -m train.experiments.synthesise_voices OUT``, synthesised speech and its manifest."""

import argparse
import sys
from pathlib import Path

from engine.core.as_program import as_program
from train.data.real_sounds.gathered.synthesised_speech import VOICES, speak_all


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.synthesise_voices",
        description="Synthesise voices in many languages with espeak-ng.",
    )
    parser.add_argument("out", type=Path, help="folder for the clips and their MANIFEST.csv")
    parser.add_argument("--voices", type=int, default=VOICES)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    count = speak_all(chosen.out, chosen.voices, chosen.seed)
    print(f"{chosen.out}: {count} clips")  # noqa: T201


if __name__ == "__main__":
    sys.exit(as_program(main))
