"""Sessions with reviews as something to learn from: what was reviewed counts, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.errors import ExitCode, InputError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock, Rejected, Spike
from engine.session import Review, SessionReader
from engine.session.folder import SOUND
from engine.session.sound_files import FULL_SCALE, to_pcm
from tests.unit.engine.session.helpers import FakeTime, recorder
from tests.unit.train.matches import match_events, take_in
from train.data.intake.take_reviews import Added, add_reviews, reviews_of
from train.data.labels import Danger
from train.data.library import Library
from train.data.matches import from_library, with_reviews
from tui.monitor.keys import KEYS

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SPIKES = (
    Spike(50.0, 52.0, 57.0, 0.8, 51.0),
    Spike(80.0, 81.0, 81.5, 0.7, 81.2),
    Spike(100.0, 101.0, 110.0, 0.9, 101.5),
)


def sound(seconds: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.05, round(seconds * SAMPLE_RATE_HZ)).astype(np.float32)


def session(root: Path, samples: np.ndarray | None, gap_s: tuple[float, float] | None = None) -> SessionReader:
    """A session with the three spikes; of its sound what lies within ``gap_s`` was lost."""
    writer = recorder(root, FakeTime(), keep_sound=samples is not None)
    if samples is not None:
        lost = [round(t * SAMPLE_RATE_HZ) for t in gap_s] if gap_s else [len(samples), len(samples)]
        for first, last in ((0, lost[0]), (lost[1], len(samples))):
            for start in range(first, last, SAMPLE_RATE_HZ):
                writer.sound(AudioBlock(samples[start : min(start + SAMPLE_RATE_HZ, last)], start))
    for spike in SPIKES:
        writer.write(spike)
    writer.write(Rejected(65.0, 0.4, "below_threshold", 69.0))
    writer.close()
    return SessionReader.open(writer.folder)


def review(reader: SessionReader) -> None:
    reader.label_spike(Review("spike", 50.0, "right", "goal"))
    reader.label_spike(Review("spike", 80.0, "wrong", "music"))
    reader.label_spike(Review("rejected", 65.0, "wrong", "chance"))


def add(reader: SessionReader, library: Library) -> Added:
    return add_reviews(reader, library, lambda: NOW, "momentum test", lambda *told: None)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def refuse(match_id: str, fault: InputError) -> None:
    raise fault


def test_what_was_reviewed_is_labelled_and_nothing_else(tmp_path, library):
    with session(tmp_path / "sessions", sound(120.0)) as reader:
        review(reader)
        added = add(reader, library)
    assert (added.already, added.right, added.wrong, added.deaf) == (False, 2, 1, 0)
    matches, (unit,) = with_reviews(library, Danger(), (), refuse)
    assert matches == []
    at_s = unit.end_times_s()
    danger = (at_s >= 50.0) & (at_s <= 57.0) | (at_s >= 65.0) & (at_s <= 75.0)
    np.testing.assert_array_equal(unit.labels.truth, danger)
    np.testing.assert_array_equal(unit.labels.target, danger)
    calm = np.flatnonzero((unit.labels.weight > 0) & ~danger)
    # The short spike holds no window's end, so it has the next; of the third spike nobody said anything.
    assert at_s[calm] == pytest.approx([at_s[at_s >= 80.0][0]])


def test_the_frames_are_those_that_were_listened_to(tmp_path, library):
    samples = sound(120.0)
    with session(tmp_path / "sessions", samples) as reader:
        review(reader)
        add(reader, library)
    _, (unit,) = with_reviews(library, Danger(), (), refuse)
    heard = log_mel(to_pcm(samples).astype(np.float32) / np.float32(FULL_SCALE))
    assert unit.frames == len(heard)
    np.testing.assert_allclose(unit.read(0, unit.frames), heard, atol=0.021)


def test_a_session_without_sound_is_refused_in_two_lines(tmp_path, library):
    with session(tmp_path / "sessions", None) as reader:
        review(reader)
        with pytest.raises(InputError, match="kept no sound") as caught:
            add(reader, library)
    assert "--sound" in caught.value.hint
    assert caught.value.exit_code is ExitCode.INPUT
    assert library.entries() == []


def test_a_session_that_nobody_reviewed_is_refused_with_the_keys_that_review(tmp_path, library):
    with session(tmp_path / "sessions", sound(120.0)) as reader, pytest.raises(InputError, match="no spike") as caught:
        add(reader, library)
    keys = {key.id: key.keys for key in KEYS}
    assert "momentum replay" in caught.value.hint
    assert f"with {keys['right']} and {keys['wrong']}" in caught.value.hint


def test_reviews_that_were_taken_back_teach_nothing(tmp_path, library):
    with session(tmp_path / "sessions", sound(120.0)) as reader:
        review(reader)
        add(reader, library)
        reader.label_spike(Review("spike", 50.0, "unsure", "other"))
        reader.label_spike(Review("spike", 80.0, "right", "chance"))
        assert [(one.onset_s, one.danger) for one in reviews_of(reader)] == [(65.0, True), (80.0, True)]
        added = add(reader, library)
        assert (added.already, added.right, added.wrong) == (True, 2, 0)
        for onset, kind in ((80.0, "spike"), (65.0, "rejected")):
            reader.label_spike(Review(kind, onset, "unsure"))
        with pytest.raises(InputError, match="no spike"):
            add(reader, library)


def test_adding_a_session_again_brings_it_up_to_date_and_makes_no_second(tmp_path, library):
    with session(tmp_path / "sessions", sound(120.0)) as reader:
        review(reader)
        first = add(reader, library)
        same = add(reader, library)
        reader.label_spike(Review("spike", 100.0, "wrong", "chant"))
        again = add(reader, library)
    assert first.match_id == same.match_id == again.match_id
    assert (same.already, same.wrong, again.wrong) == (True, 1, 2)
    assert [entry.reviews for entry in library.entries()] == [4]
    library.match(again.match_id).verify()


def test_sound_that_the_session_threw_away_later_stays_in_the_library(tmp_path, library):
    with session(tmp_path / "sessions", sound(120.0)) as reader:
        review(reader)
        added = add(reader, library)
        for segment in reader.segments():
            segment.path.unlink()
        reader.label_spike(Review("spike", 100.0, "right", "goal"))
        assert add(reader, library).right == 3
    stored = library.match(added.match_id)
    stored.verify()
    assert stored.frames == grid.frames_in(120 * SAMPLE_RATE_HZ)


def test_across_a_gap_in_the_sound_nothing_is_learned(tmp_path, library):
    samples = sound(160.0)
    with session(tmp_path / "sessions", samples, gap_s=(60.0, 60.03)) as reader:
        review(reader)
        reader.label_spike(Review("spike", 100.0, "right", "goal"))
        added = add(reader, library)
    # After the gap the listening began anew: at 65 and 80 s there was no reading yet.
    assert (added.right, added.wrong, added.deaf) == (2, 0, 2)
    _, units = with_reviews(library, Danger(), (), refuse)
    assert len(units) == 2
    second = units[1]
    start_s = second.reviews[0].onset_s
    assert start_s == pytest.approx(100.0 - 60.03, abs=grid.HOP_S)
    heard = log_mel(samples)
    first = round((100.0 - start_s) / grid.HOP_S)
    np.testing.assert_allclose(second.read(0, 100), heard[first : first + 100], atol=0.1)


def test_a_silent_microphone_breaks_the_sound_as_a_gap_does(tmp_path, library):
    samples = sound(160.0)
    samples[round(58.0 * SAMPLE_RATE_HZ) : round(60.0 * SAMPLE_RATE_HZ)] = 0.0
    with session(tmp_path / "sessions", samples) as reader:
        review(reader)
        added = add(reader, library)
    assert (added.right, added.wrong, added.deaf) == (1, 0, 2)


def test_sound_that_lies_elsewhere_than_the_reviews_is_refused(tmp_path, library):
    with session(tmp_path / "sessions", sound(120.0), gap_s=(30.0, 115.0)) as reader:
        review(reader)
        with pytest.raises(InputError, match="before any reviewed spike"):
            add(reader, library)
    assert library.entries() == []


def test_a_session_without_reviews_is_refused_with_the_keys_that_review(tmp_path, library):
    with session(tmp_path / "sessions", sound(60.0)) as reader, pytest.raises(InputError) as caught:
        add(reader, library)
    keys = {key.id: key.keys for key in KEYS}
    assert f"with {keys['right']} and {keys['wrong']}," in caught.value.hint


def test_a_session_is_no_match_to_be_judged_by(tmp_path, library):
    take_in(library, tmp_path, match_events())
    with session(tmp_path / "sessions", sound(120.0)) as reader:
        review(reader)
        add(reader, library)
    told = []
    assert len(from_library(library, Danger(), (), lambda name, fault: told.append(fault.message))) == 1
    assert told == ["it is a session with reviews, no match"]
    assert (tmp_path / "sessions" / reader.name / SOUND).is_dir()
