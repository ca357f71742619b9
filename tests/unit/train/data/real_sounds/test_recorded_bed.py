"""Beds of recorded crowds: they go on without a seam, are as loud as simulated ones, and change nothing without."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.simulator import synthesis_primitives as syn
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.equal_loudness_reel import plan_reel
from engine.simulator.match import SimulatedMatch, simulated_bed
from engine.simulator.venue import draw_venue
from train.data.real_sounds import recordings_in_grounds
from train.data.real_sounds.parts import TRAIN
from train.data.real_sounds.recorded_bed import RecordedBed, joined
from train.data.real_sounds.recordings_in_grounds import Recordings
from train.data.real_sounds.sound_manifest import read_manifest

RATE = grid.SAMPLE_RATE_HZ
FRAMES = 96
VENUE = draw_venue(np.random.default_rng(1))
CALM = Mood(np.zeros(200), np.zeros(200))


class Silence:
    def next(self) -> tuple[np.ndarray, np.ndarray]:
        quiet = np.zeros(FRAMES * syn.STEP, np.float32)
        return quiet, quiet


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.02, round(seconds * RATE)).astype(np.float32)


def heard(bed: RecordedBed, stretches: int) -> np.ndarray:
    return np.concatenate([bed.next()[0] for _ in range(stretches)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["file", "kind", "what", "notes", "licence", "may_train_shipped_weights", "author", "package", "source"]
        )
        for name, kind, may, author in (
            ("crowd.flac", "murmur", "yes", "Anna"),
            ("theirs.flac", "murmur", "no (share-alike)", "Carl"),
            ("song.flac", "music", "yes", "Dora"),
        ):
            hz = 3000.0 if name == "theirs.flac" else 440.0
            sound = noise(3.0) if name == "crowd.flac" else 0.3 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
            soundfile.write(tmp_path / name, sound, RATE)
            writer.writerow([name, kind, "crowd", "", "CC0", may, author, "p", f"by {author}"])
    return tmp_path


def test_a_recorded_bed_goes_on_as_loud_as_its_share_says_whatever_the_recording():
    for seed in range(5):
        bed = RecordedBed(np.random.default_rng(seed), lambda: noise(4.0), Silence(), CALM, FRAMES)
        sound = heard(bed, 30)
        seconds = np.square(sound[: len(sound) // RATE * RATE]).reshape(-1, RATE).mean(axis=1)
        assert len(seconds) > 30
        assert seconds.mean() == pytest.approx(bed._share, rel=0.3)
        assert seconds.min() > 0.5 * seconds.mean()
        assert seconds.max() < 2.0 * seconds.mean()


def test_a_loop_s_end_joins_its_beginning():
    ramp = np.linspace(0.0, 1.0, 10 * RATE, dtype=np.float32)  # a jump of 1 where it begins anew
    loop = joined(ramp)
    turned = np.concatenate([loop, loop])
    assert np.abs(np.diff(turned)).max() < 0.01
    assert len(joined(np.zeros(2, np.float32))) == 2


def test_a_recorded_bed_follows_the_mood():
    louder = Mood(np.repeat([0.0, 6.0], [100, 500]), np.zeros(600))
    bed = RecordedBed(np.random.default_rng(3), lambda: noise(4.0), Silence(), louder, FRAMES)
    sound = heard(bed, 60)
    before, after = sound[: 20 * RATE].std(), sound[-20 * RATE :].std()
    assert 20 * np.log10(after / before) == pytest.approx(6.0, abs=1.0)


def test_some_grounds_have_recorded_crowds_and_the_others_are_the_simulator_s_own(folder: Path):
    recordings = Recordings([folder])
    beds = [recordings.bed(np.random.default_rng(seed), VENUE, CALM, FRAMES) for seed in range(40)]
    recorded = [isinstance(bed, RecordedBed) for bed in beds]
    assert 14 < sum(recorded) < 34
    own = recorded.index(False)
    alone = simulated_bed(np.random.default_rng(own), VENUE, CALM, FRAMES)
    np.testing.assert_array_equal(beds[own].next()[0], alone.next()[0])
    (clip,) = [clip for clip in read_manifest(folder) if clip.kind == "murmur" and clip.may_train]
    assert clip.part == TRAIN
    assert {source.name: source.kinds for source in recordings.sources()}["by Anna"] == "murmur"


def test_without_groups_or_crowds_every_bed_is_simulated(folder: Path):
    alone = Recordings([folder], groups=False)
    beds = [alone.bed(np.random.default_rng(seed), VENUE, CALM, FRAMES) for seed in range(12)]
    assert not any(isinstance(bed, RecordedBed) for bed in beds)


def test_a_match_with_a_recorded_bed_is_the_same_again_and_not_what_it_is_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recordings_in_grounds, "RECORDED_BEDS", 1.0)
    score = plan_reel(3, 0.5)
    score = replace(score, cues=())

    def sound(**given: object) -> np.ndarray:
        return np.concatenate(list(SimulatedMatch(score, **given).chunks()))

    bedding = Recordings([folder]).bed
    once = sound(bedding=bedding)
    np.testing.assert_array_equal(once, sound(bedding=bedding))
    assert np.abs(once - sound()).max() > 0.01 * np.abs(once).max()
