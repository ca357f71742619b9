"""Listens to a source in a process of its own, and tells on stdout what it goes through.

``python -m tests.functional.listener SPEC SECONDS OUT.npy`` ends after so many seconds of sound. Its lines: ``sound``
when sound comes, ``quiet`` when for ten heartbeats none has, ``lost CODE MESSAGE``, ``failed CODE MESSAGE`` where the
source can't be opened, and at the end ``overruns N`` and ``holes N``. What was heard goes to OUT.npy.
"""

import sys
from pathlib import Path

import numpy as np

from engine.app.open_source import open_source
from engine.core.errors import MomentumError
from engine.core.grid import SAMPLE_RATE_HZ

_QUIET_AFTER = 10


def main(spec: str, seconds: float, out: Path) -> None:
    """Listen and tell."""
    try:
        source = open_source(spec)
    except MomentumError as error:
        tell("failed", int(error.exit_code), error.message)
        return
    pieces, hearts, holes, overruns, end = [np.zeros(0, np.float32)], 0, 0, 0, 0
    try:
        for block in source.blocks():
            if len(block.samples):
                if len(pieces) == 1 or hearts >= _QUIET_AFTER:
                    tell("sound")
                holes += len(pieces) > 1 and block.start != end
                pieces.append(block.samples)
                hearts, overruns, end = 0, block.overruns, block.end
            else:
                hearts += 1
                if hearts == _QUIET_AFTER:
                    tell("quiet")
            if sum(map(len, pieces)) >= seconds * SAMPLE_RATE_HZ:
                break
    except MomentumError as error:
        tell("lost", int(error.exit_code), error.message)
    source.close()
    np.save(out, np.concatenate(pieces))
    tell("overruns", overruns)
    tell("holes", holes)


def tell(*words: object) -> None:
    """One line, at once."""
    print(*words, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
