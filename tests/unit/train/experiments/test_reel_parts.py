"""Reels of sources that taught nothing, and of crowds that rise after their own rest."""

import numpy as np
import pytest
import soundfile

from engine.core.errors import InputError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.train.experiments.sourced_sounds import make
from train.data.real_sounds.overlay_sounds import load_sounds
from train.data.real_sounds.parts import TEST, TRAIN, VAL
from train.data.real_sounds.reel_truth import read_truth
from train.data.real_sounds.sound_manifest import read_manifest
from train.experiments.make_reel import BY_SOURCE, build
from train.experiments.make_rises_reel import REST_S, build_rises, end_of, rise_of

CROWDS = ("reaction", "applause", "chant", "bed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("sourced")
    make(root)
    return root


@pytest.fixture(scope="module")
def reels(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("reels")
    return {part: build(folder, out / f"{part}.flac", 5, 0.25, part=part) for part in (VAL, TEST)}


def test_no_source_that_taught_is_in_a_reel_and_no_source_is_in_both(folder, reels):
    teaching = {clip.source for clip in read_manifest(folder) if clip.part == TRAIN}
    heard = {
        part: {clip.source for clip in truth.clips if clip.group not in CROWDS and clip.group != "boo"}
        for part, truth in reels.items()
    }
    assert teaching and heard[VAL] and heard[TEST]
    assert not teaching & (heard[VAL] | heard[TEST])
    assert not heard[VAL] & heard[TEST]


def test_crowds_never_teach_and_each_recording_is_in_one_reel_only(folder, reels):
    parts = {clip.part for clip in read_manifest(folder) if clip.group in CROWDS}
    assert parts == {VAL, TEST}
    files = [{clip.file for clip in reels[part].clips if clip.group in CROWDS} for part in (VAL, TEST)]
    assert not files[0] & files[1]


def test_crowds_are_dealt_evenly_between_choosing_and_judging(folder):
    cries = [clip.part for clip in read_manifest(folder) if clip.group == "reaction"]
    assert (cries.count(VAL), cries.count(TEST)) == (3, 3)


def test_what_may_not_teach_of_a_source_that_teaches_is_left_out(tmp_path):
    rows = ["file,kind,what,notes,may_train_shipped_weights,source"]
    rows += [f"music/{i}-{may[:2]}.flac,music,song,,{may},maker {i}" for i in range(40) for may in ("yes", "no")]
    (tmp_path / "MANIFEST.csv").write_text("\n".join(rows))
    by_source = {}
    for clip in read_manifest(tmp_path):
        by_source.setdefault(clip.source, {})[clip.may_train] = clip.part
    taught = [parts for parts in by_source.values() if parts[True] == TRAIN]
    judged = [parts for parts in by_source.values() if parts[True] != TRAIN]
    assert taught and judged
    assert {parts[False] for parts in taught} == {"left out"}
    assert all(parts[False] == parts[True] for parts in judged)


def test_a_drum_and_chant_loop_counts_as_a_chant_where_sources_are_named(folder):
    groups = {clip.file: clip.group for clip in read_manifest(folder)}
    assert groups["bed/drums.flac"] == "chant"


def test_every_group_of_a_part_is_heard_and_its_truth_names_part_and_sources(folder, tmp_path):
    truth = build(folder, tmp_path / "reel.flac", 5, 0.25, part=VAL)
    assert {clip.group for clip in truth.clips} == set(BY_SOURCE) - {"boo"}  # the folder has no boo
    assert all(clip.source and clip.fold is None for clip in truth.clips)
    assert read_truth(tmp_path / "reel.flac") == truth
    assert truth.part == VAL


def test_training_is_given_the_sounds_of_teaching_sources_only(folder):
    clips = read_manifest(folder)
    teaching = [clip for clip in clips if clip.part == TRAIN]
    assert len(load_sounds(folder)) == len(teaching) < sum(clip.may_train for clip in clips)


def test_a_cry_is_heard_after_its_own_rest(folder, tmp_path):
    truth = build_rises(folder, tmp_path / "rises.flac", VAL)
    assert {rise.file.split("/")[1][:5] for rise in truth.rises} == {"cheer"}
    assert len(truth.rises) == 3
    sound = soundfile.read(tmp_path / "rises.flac")[0]
    for rise in truth.rises:
        assert rise.onset_s - rise.rest_s == pytest.approx(REST_S)
        at = round(rise.onset_s * SAMPLE_RATE_HZ)
        before, after = sound[at - SAMPLE_RATE_HZ : at - 6000], sound[at : at + SAMPLE_RATE_HZ]
        gain_db = 10 * np.log10(np.mean(after**2) / np.mean(before**2))
        assert gain_db == pytest.approx(rise.rise_db, abs=1.5)
    assert read_truth(tmp_path / "rises.flac") == truth


def test_a_recording_that_gets_louder_rises_where_it_does(folder):
    rng = np.random.default_rng(1)
    sound = rng.normal(size=10 * SAMPLE_RATE_HZ).astype(np.float32) * 0.01
    sound[6 * SAMPLE_RATE_HZ :] *= 5
    first, gain_db = rise_of(sound)
    assert first / SAMPLE_RATE_HZ == pytest.approx(6.0, abs=0.3)
    assert gain_db == pytest.approx(14.0, abs=1.0)


def test_a_steady_crowd_has_neither_a_rise_nor_an_end():
    sound = np.random.default_rng(2).normal(size=10 * SAMPLE_RATE_HZ).astype(np.float32) * 0.1
    assert (rise_of(sound), end_of(sound)) == (None, None)


def test_a_folder_in_which_no_crowd_rises_is_refused(folder, tmp_path):
    lines = (folder / "MANIFEST.csv").read_text().splitlines()
    (tmp_path / "MANIFEST.csv").write_text("\n".join(line for line in lines if "cheer" not in line))
    with pytest.raises(InputError, match="no crowd that rises"):
        build_rises(tmp_path, tmp_path / "rises.flac")
