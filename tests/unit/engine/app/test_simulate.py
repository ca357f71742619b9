"""A simulated match on disk: its truth is that of the sound beside it, or it has none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.app.simulate import MatchWanted, simulate
from engine.core.telling import Progress


@contextmanager
def nobody() -> Iterator[Progress]:
    yield lambda step, done, total, note="": None


def test_a_disk_that_fills_after_the_sound_leaves_no_truth_of_another_one(tmp_path: Path, monkeypatch):
    out = tmp_path / "m.flac"
    simulate(MatchWanted(seed=4, minutes=0.2), out, nobody)
    before = out.read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.simulator.truth.write_truth", refuse)
    with pytest.raises(OSError, match="No space"):
        simulate(MatchWanted(seed=5, minutes=0.2), out, nobody, force=True)
    assert out.read_bytes() != before
    assert not (tmp_path / "m.events.json").exists()
