"""The truth file: whole, readable again, private, and clear about what is wrong with another."""

import json
import stat
from pathlib import Path

import pytest

from engine.core.errors import UsageError
from engine.simulator.match import plan_match
from engine.simulator.sound_cues import Confuser
from engine.simulator.truth import truth_of, write_truth


def test_a_truth_is_written_whole(tmp_path: Path) -> None:
    truth = truth_of(plan_match(1, minutes=60.0))
    write_truth(truth, tmp_path / "a.events.json")
    written = json.loads((tmp_path / "a.events.json").read_text())
    assert (written["schema"], written["seed"], written["duration_s"]) == (1, 1, 3600.0)
    assert [(row["t_s"], row["kind"], row["team"], row["xg"]) for row in written["events"]] == [
        (event.t_s, event.kind.value, event.side, event.xg) for event in truth.events
    ]
    assert [row["onset_s"] for row in written["reactions"]] == [sound.onset_s for sound in truth.reactions]
    assert [row["kind"] for row in written["confusers"]] == [sound.kind for sound in truth.confusers]


def test_it_is_for_its_owner_alone_and_replaces_nothing_unasked(tmp_path: Path) -> None:
    file = tmp_path / "a.events.json"
    truth = truth_of(plan_match(1, minutes=1.0))
    write_truth(truth, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="already"):
        write_truth(truth, file)


def test_parts_of_one_song_are_one_sounding() -> None:
    score = plan_match(3, minutes=90.0)
    cues = [cue for cue in score.cues if cue.kind is Confuser.PA_MUSIC]
    songs = [sounding for sounding in truth_of(score).confusers if sounding.kind == "pa_music"]
    assert len(songs) == len({cue.seed for cue in cues}) < len(cues)


def test_soundings_lie_within_the_recording_in_order() -> None:
    truth = truth_of(plan_match(5, minutes=30.0))
    for soundings in (truth.reactions, truth.confusers):
        assert all(0 <= s.onset_s <= s.peak_s <= s.end_s <= truth.duration_s for s in soundings)
        assert [s.onset_s for s in soundings] == sorted(s.onset_s for s in soundings)


def test_some_dangers_pass_quietly_and_some_cries_have_no_cause() -> None:
    truths = [truth_of(plan_match(seed)) for seed in range(6)]
    dangers = [(t, e) for t in truths for e in t.events if e.kind == "shot" and (e.xg or 0) >= 0.1]
    answered = [any(cry.cause_s == event.t_s for cry in truth.alarms()) for truth, event in dangers]
    assert 0.3 < sum(answered) / len(answered) < 0.95
    assert any(not cry.cause for truth in truths for cry in truth.alarms())
