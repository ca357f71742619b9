"""Synthesised voices: what is said, where it is kept, and what is told when nobody can speak."""

import csv
import shutil
from pathlib import Path

import pytest
import soundfile

from engine.core.errors import UsageError
from train.data.real_sounds.gathered.synthesised_speech import CLIPS, PROGRAM, speak_all
from train.data.real_sounds.parts import TRAIN
from train.data.real_sounds.sound_manifest import read_manifest

needs_voices = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"needs {PROGRAM}")


@needs_voices
def test_every_voice_may_teach_and_is_kept_with_what_it_is(tmp_path: Path):
    assert speak_all(tmp_path, voices=2) == 2 * CLIPS
    clips = read_manifest(tmp_path)
    assert {(clip.kind, clip.part, clip.may_train) for clip in clips} == {("speech", TRAIN, True)}
    assert all(soundfile.info(tmp_path / clip.file).duration > 0.5 for clip in clips)
    with (tmp_path / "MANIFEST.csv").open() as file:
        assert len({row["source_path"] for row in csv.DictReader(file)}) == 2


@needs_voices
def test_what_was_said_already_is_not_said_again(tmp_path: Path):
    speak_all(tmp_path, voices=1)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.flac")}
    speak_all(tmp_path, voices=2)
    after = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.flac")}
    assert before.items() <= after.items()


def test_without_the_synthesiser_two_lines_say_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="is not installed"):
        speak_all(tmp_path / "out")
    assert not (tmp_path / "out").exists()
