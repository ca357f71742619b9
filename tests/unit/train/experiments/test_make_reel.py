"""Reels of sounds: made here from noise and tones, so that what they hold is known."""

import dataclasses
import stat

import numpy as np
import pytest
import soundfile

from engine.core.errors import InputError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.train.experiments.sourced_sounds import write_sounds
from train.data.real_sounds.reel_mixing import BED_DBFS, loudest_power
from train.data.real_sounds.reel_truth import FIRST_S, GAP_S, ReelTruth, read_truth
from train.data.real_sounds.sound_manifest import FOLDS, read_manifest
from train.experiments.make_reel import DECK, LEVEL_DB, NEUTRAL_S, build, build_moods

HOURS = 0.2
COLUMNS = ("file", "kind", "what", "notes", "may_train_shipped_weights")
CLIPS = [
    ("bed/a.flac", "bed", "crowd", "", "yes"),
    ("bed/b.flac", "bed", "crowd", "", "no (copyleft): evaluate only"),
    ("bed/c.flac", "bed", "crowd", "drums + chant loop", "no"),
    ("reaction/goal.flac", "reaction", "goal reaction", "", "yes"),
    ("reaction/ooh.flac", "reaction", "crowd ooh near miss", "", "no (copyleft): evaluate only"),
    ("reaction/applause.flac", "reaction", "applause", "", "yes"),
    ("reaction/boo.flac", "reaction", "crowd boo", "", "no"),
    ("speech/one.flac", "speech", "speech", "", "yes"),
    ("whistle/short.flac", "whistle", "referee whistle", "", "no"),
    ("fans/drumming.flac", "drum_fanfare_horn", "fan drum / fanfare / horn", "", "no"),
    ("fans/fanfare.flac", "drum_fanfare_horn", "fan drum / fanfare / horn", "", "no"),
    ("negative/rain.flac", "negative", "ESC-10 rain", "", "yes"),
    ("negative/dog.flac", "negative", "ESC-10 dog_bark", "", "yes"),
    ("negative/guitar.flac", "negative", "jazz guitar", "", "yes"),
    ("mood/v1_l2.flac", "crowd_mood", "slightly negative", "", "no"),
    ("mood/v1_l3.flac", "crowd_mood", "neutral", "", "no"),
    ("mood/v1_l6.flac", "crowd_mood", "jubilant", "", "no"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("sounds")
    write_sounds(root, COLUMNS, CLIPS, noise_for)
    return root


def noise_for(name: str, rng: np.random.Generator) -> np.ndarray:
    sound = 0.05 * rng.normal(size=round((0.2 if "short" in name else 3.0) * SAMPLE_RATE_HZ))
    # A second of nothing before a goal begins.
    return np.concatenate([np.zeros(SAMPLE_RATE_HZ), sound]) if "goal" in name else sound


@pytest.fixture(scope="module")
def reel(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("reel") / "reel.flac"
    truth = build(folder, out, seed=3, hours=HOURS)
    return truth, soundfile.read(out, dtype="float32")[0], out


def test_the_reel_is_as_long_as_asked_and_its_truth_is_beside_it(reel):
    truth, sound, out = reel
    assert len(sound) == round(HOURS * 3600 * SAMPLE_RATE_HZ)
    assert read_truth(out) == truth


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_reel(folder, reel, tmp_path):
    build(folder, tmp_path / "again.flac", 3, HOURS)
    build(folder, tmp_path / "other.flac", 4, HOURS)
    assert (tmp_path / "again.flac").read_bytes() == reel[2].read_bytes()
    assert read_truth(tmp_path / "other.flac").clips != reel[0].clips


def test_clips_follow_each_other_after_14_to_26_s_once_the_history_is_full(reel):
    onsets = np.array([clip.onset_s for clip in reel[0].clips])
    assert onsets[0] == pytest.approx(FIRST_S, abs=1e-3)
    assert np.diff(onsets).min() >= GAP_S[0] - 1e-3
    assert np.diff(onsets).max() <= GAP_S[1] + 1e-3


def test_every_group_is_heard_and_recordings_of_no_group_are_not(reel):
    assert {clip.group for clip in reel[0].clips} == set(DECK)
    assert not any("guitar" in clip.file for clip in reel[0].clips)


def test_every_clip_stands_as_far_above_the_bed_as_the_truth_says(reel):
    truth, sound, _ = reel
    for clip in truth.clips:
        first, last = round(clip.onset_s * SAMPLE_RATE_HZ), round(clip.end_s * SAMPLE_RATE_HZ)
        heard = 10 * np.log10(loudest_power(sound[first:last]) - 10 ** (BED_DBFS / 10))
        assert LEVEL_DB[0] <= clip.level_db <= LEVEL_DB[1]
        assert heard - BED_DBFS == pytest.approx(clip.level_db, abs=1.5)


def test_the_quiet_before_a_clip_is_not_part_of_it(reel):
    goals = [clip for clip in reel[0].clips if "goal" in clip.file]
    assert all(clip.end_s - clip.onset_s == pytest.approx(3.0, abs=0.05) for clip in goals)


def test_between_clips_there_is_the_bed_at_its_level(reel):
    truth, sound, _ = reel
    first, second = truth.clips[0].end_s, truth.clips[1].onset_s
    between = sound[round(first * SAMPLE_RATE_HZ) : round(second * SAMPLE_RATE_HZ)]
    assert 10 * np.log10(np.mean(between**2)) == pytest.approx(BED_DBFS, abs=1.0)


def test_only_usable_sounds_are_in_a_fold(folder):
    clips = read_manifest(folder)
    assert all((clip.fold is not None) == clip.may_train for clip in clips)
    assert {clip.fold for clip in clips if clip.may_train} <= set(range(FOLDS))


def test_files_are_for_their_owner_alone_and_not_replaced_unasked(folder, reel):
    out = reel[2]
    assert {stat.S_IMODE(file.stat().st_mode) for file in (out, out.with_suffix(".json"))} == {0o600}
    with pytest.raises(UsageError, match="there already"):
        build(folder, out, 3, HOURS)


def test_moods_follow_a_neutral_stretch_of_the_same_crowd(folder, tmp_path):
    truth = build_moods(folder, tmp_path / "moods.flac")
    assert [mood.mood for mood in truth.moods] == [-1, 0, 3]
    assert [mood.onset_s for mood in truth.moods] == pytest.approx(
        [NEUTRAL_S + i * (NEUTRAL_S + 3.0) for i in range(3)]
    )
    assert read_truth(tmp_path / "moods.flac") == truth


def test_a_folder_without_manifest_or_without_a_group_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        build(tmp_path, tmp_path / "x.flac", 1, HOURS)
    lacking = "\n".join(line for line in (folder / "MANIFEST.csv").read_text().splitlines() if "speech" not in line)
    (tmp_path / "MANIFEST.csv").write_text(lacking)
    with pytest.raises(InputError, match="no clip of the group 'speech'"):
        build(tmp_path, tmp_path / "x.flac", 1, HOURS)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', '{"schema": 9, "clips": []}'])
def test_a_broken_truth_is_refused(text, tmp_path):
    (tmp_path / "reel.json").write_text(text)
    with pytest.raises(InputError):
        read_truth(tmp_path / "reel.flac")


def test_placed_clips_cannot_be_changed(reel):
    with pytest.raises(dataclasses.FrozenInstanceError):
        reel[0].clips[0].group = "bed"


def test_a_reel_made_before_sources_were_known_is_still_read(tmp_path):
    (tmp_path / "old.json").write_text(
        '{"schema": 1, "seed": 4, "duration_s": 60.0, "moods": [], "clips": [{"onset_s": 36.0, "end_s": 40.0, '
        '"group": "speech", "what": "speech", "file": "a.ogg", "level_db": 9.0, "fold": 2}]}'
    )
    truth = read_truth(tmp_path / "old.flac")
    assert (truth.clips[0].unit, truth.clips[0].source, truth.part) == ("a.ogg", "", "")
    assert isinstance(truth, ReelTruth)
