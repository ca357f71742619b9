from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.grid import HOP_S, SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock
from engine.football.alignment.result import Alignment, AlignmentRefused
from engine.football.events import MatchEvents
from tests.unit.train.matches import NOW, Played, match_events, noise, take_in
from train.data.intake.ingest import ingest
from train.data.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def test_sound_that_breaks_off_leaves_nothing(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="breaks off"):
        take_in(library, tmp_path, source=Played(noise(), breaks_at=1))
    assert library.entries() == [] and list((library.root / "incoming").iterdir()) == []


def test_sound_too_short_for_one_reading_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too short"):
        take_in(library, tmp_path, source=Played(noise()[: 20 * SAMPLE_RATE_HZ]))
    assert library.entries() == []


def test_the_cut_of_the_blocks_makes_no_difference(library: Library, tmp_path: Path) -> None:
    one = library.match(take_in(library, tmp_path, source=Played(noise(), pieces=1)).match_id).mel()
    library.remove(library.entries()[0].id)
    many = library.match(take_in(library, tmp_path, source=Played(noise(), pieces=1009)).match_id).mel()
    assert np.array_equal(one, many)


class Gap(Played):
    """A video whose timestamps jump in the middle."""

    jump_s: float = 2.0

    def blocks(self) -> Iterator[AudioBlock]:
        for number, block in enumerate(super().blocks()):
            yield AudioBlock(block.samples, block.start + (round(self.jump_s * SAMPLE_RATE_HZ) if number > 3 else 0))


def test_lost_sound_is_silence_and_what_follows_keeps_its_time(library: Library, tmp_path: Path) -> None:
    stored = library.match(take_in(library, tmp_path, source=Gap(noise())).match_id)
    quiet = stored.mel().max(axis=1) < -99
    assert HOP_S * quiet.sum() == pytest.approx(2.0, abs=0.2)
    assert stored.manifest.duration_s == pytest.approx(len(noise()) / SAMPLE_RATE_HZ + 2.0, abs=0.1)


def test_a_gap_of_hours_is_refused(library: Library, tmp_path: Path) -> None:
    broken = Gap(noise())
    broken.jump_s = 7200.0
    with pytest.raises(InputError, match="a gap of 7200 s"):
        take_in(library, tmp_path, source=broken)


def test_progress_reaches_the_end_of_the_sound(library: Library, tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    media = tmp_path / "sound.raw"
    media.write_bytes(noise().tobytes())
    source = Played(noise())
    ingest(media, source, match_events(), library, lambda mel, match: Alignment({1: 0.0}, "measured"), lambda: NOW,
           lambda *step: told.append(step), "test")  # fmt: skip
    assert list(dict.fromkeys(step for step, _, _ in told)) == ["checking", "listening", "aligning"]
    assert told[-2] == ("listening", source.duration_s, source.duration_s)


def test_a_match_that_can_not_be_aligned_is_kept_without_kick_offs(library: Library, tmp_path: Path) -> None:
    def refuse(mel: np.ndarray, match: MatchEvents) -> Alignment:
        raise AlignmentRefused("the sound does not fit", "Give --kickoff.")

    media = tmp_path / "sound.raw"
    media.write_bytes(b"anything")
    found = ingest(media, Played(noise()), match_events(), library, refuse, lambda: NOW, lambda *_: None, "test")
    assert found.refusal is not None and found.alignment is None
    assert not library.entries()[0].usable
