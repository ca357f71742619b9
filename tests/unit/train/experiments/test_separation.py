"""The study of separation: what is laid over a reel, and what is kept of it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core.as_program import as_program
from engine.core.errors import ExitCode
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.engine.separation.made_up import write_model
from train.data.real_sounds.reel_truth import Placed, ReelTruth, write_truth
from train.experiments.separation import main, mixed, speech_over

RNG = np.random.default_rng(2)
PHRASE = RNG.normal(0, 0.2, 2 * SAMPLE_RATE_HZ).astype(np.float32)
REEL = RNG.normal(0, 0.05, 56 * SAMPLE_RATE_HZ).astype(np.float32)


@pytest.mark.parametrize("level_db", [-10.0, 0.0, 10.0])
def test_speech_lies_over_the_reel_at_its_level_while_somebody_speaks(level_db: float):
    speech = speech_over(len(REEL), [PHRASE, PHRASE[:9000]], np.random.default_rng(0))
    said = mixed(REEL, speech, level_db) - REEL
    loud = 10 * np.log10(np.mean(said[speech.spoken] ** 2) / np.mean(REEL**2))
    assert loud == pytest.approx(level_db, abs=0.1)
    assert 0.4 < speech.spoken.mean() < 0.8 and (said[~speech.spoken] != 0).mean() < 0.01


def test_without_speech_the_reel_is_heard_as_it_is():
    assert mixed(REEL, speech_over(len(REEL), [PHRASE], np.random.default_rng(0)), None) is REEL


def test_a_study_that_was_stopped_goes_on_and_tells_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("train.experiments.separation.voice_found", lambda sound, spoken: (0.5, 0.1))
    monkeypatch.setattr("train.experiments.separation.LEVELS_DB", (0.0,))
    soundfile.write(tmp_path / "reel.flac", REEL, SAMPLE_RATE_HZ)
    clips = [
        Placed(46.0 + 3 * i, 47.0 + 3 * i, group, group, f"{i}.ogg", 10.0, None)
        for i, group in enumerate(("reaction", "whistle", "speech"))
    ]
    write_truth(ReelTruth(1, 56.0, tuple(clips)), tmp_path / "reel.json")
    (tmp_path / "speech").mkdir()
    soundfile.write(tmp_path / "speech" / "one.wav", PHRASE, SAMPLE_RATE_HZ)
    command = [str(tmp_path / "reel.flac"), "--speech", str(tmp_path / "speech"), "--work", str(tmp_path / "work")]
    command += ["--model", str(write_model(tmp_path))]
    assert main(command) == 0
    first = capsys.readouterr()
    assert first.out.count("|\n") == 4 and first.err.count("done") == 4
    assert main(command) == 0
    again = capsys.readouterr()
    assert again.err == "" and again.out.splitlines()[:4] == first.out.splitlines()[:4]


def test_a_folder_without_speech_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    soundfile.write(tmp_path / "reel.flac", REEL[:1000], SAMPLE_RATE_HZ)
    write_truth(ReelTruth(1, 0.04), tmp_path / "reel.json")
    command = [str(tmp_path / "reel.flac"), "--speech", str(tmp_path), "--work", str(tmp_path / "work"), "--model", "x"]
    (tmp_path / "reel.flac").rename(tmp_path / "other.bin")
    assert as_program(lambda: main(command)) == ExitCode.INPUT
    assert len(capsys.readouterr().err.splitlines()) == 2
