"""What an evaluation can be refused for before its long work."""

from collections.abc import Sequence
from pathlib import Path

from engine.core.errors import InputError
from train.data.real_sounds.reel_truth import read_truth
from train.evaluate.baselines import check_boosting


def check_before(teach: int, reels: Sequence[Path]) -> None:
    """What an evaluation would find missing only after minutes of work: boosting's packages, where ``teach`` matches
    teach it, and ``reels`` with their truths.

    Raises ``UsageError`` or ``InputError``.
    """
    if teach:
        check_boosting()
    for reel in reels:
        read_truth(reel)
        if not reel.is_file():
            raise InputError(f"{reel} is not there", "train.experiments.make_reel makes a reel and its truth together.")
