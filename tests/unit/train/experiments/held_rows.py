"""Rows of the ablation that stop in the middle of their training until a test says so; for workers to import."""

import os
import time
from pathlib import Path

from engine.core.files import write_whole_json
from train.experiments.ablation import study

_TRAIN = study.train_network


def hold_rows(folder: str) -> None:
    """Let this process wait once the first stage, on pieces, is done and kept, and the others are to come.

    A file ``held-PID.json`` in ``folder`` says where the row keeps its state, a file ``go-on`` ends the waiting.
    """

    def held(data, settings, kept, progress):
        def told(at) -> None:
            progress(at)
            if (at.stage, at.step) != ("final-columns", at.steps):
                return
            write_whole_json(Path(folder) / f"held-{os.getpid()}.json", {"state": str(kept.path)})
            limit_s = time.monotonic() + 120
            while not (Path(folder) / "go-on").exists() and time.monotonic() < limit_s:
                time.sleep(0.01)

        return _TRAIN(data, settings, kept, told)

    study.train_network = held


def hold_no_rows() -> None:
    """As it was."""
    study.train_network = _TRAIN
