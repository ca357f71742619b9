"""The doctor on what is configured to be recorded side by side."""

from pathlib import Path

import numpy as np

from engine.app.doctor import audio
from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.app.doctor.sources import sources
from engine.audio.devices import InputDevice
from engine.core.paths import find_paths
from engine.core.settings import Settings
from tests.unit.engine.audio.sounds import write_sound

DEVICES = [InputDevice(0, "Scarlett 2i2", 2, 48000, True, "ALSA"), InputDevice(1, "USB", 1, 44100, False, "ALSA")]


def found(tmp_path: Path, *tables: dict[str, str], listen_s: float = 0.0) -> dict[str, Finding]:
    paths = find_paths({"MOMENTUM_HOME": str(tmp_path)})
    around = Surroundings({}, paths, Settings(sources=list(tables)), listen_s=listen_s)
    return {finding.what: finding for finding in sources(around, lambda: DEVICES)}


def test_every_source_is_looked_at_and_what_is_not_there_is_a_problem_of_its_own(tmp_path: Path):
    match = write_sound(tmp_path / "match.wav", np.zeros(22050, np.float32), 22050)
    tables = [
        {"name": "north", "device": "scarlett"},
        {"name": "south", "device": "gone"},
        {"name": "radio", "address": "https://u:secret@radio.example/live"},
        {"name": "file", "source": str(match)},
        {"name": "lost", "source": str(tmp_path / "lost.wav")},
    ]
    findings = found(tmp_path, *tables)
    verdicts = {what: finding.verdict for what, finding in findings.items()}
    assert verdicts == {
        "source north": Verdict.OK,
        "source south": Verdict.PROBLEM,
        "source radio": Verdict.NOTE,
        "source file": Verdict.OK,
        "source lost": Verdict.PROBLEM,
    }
    assert "There is no microphone 'gone'" in findings["source south"].detail
    assert "secret" not in str(findings)


def test_one_microphone_in_two_words_is_a_problem(tmp_path: Path):
    findings = found(tmp_path, {"device": "scarlett"}, {"device": "0"})
    assert findings["sources"].verdict is Verdict.PROBLEM
    assert "are the same microphone" in findings["sources"].detail


def test_every_source_is_listened_to_when_that_is_asked_for(tmp_path: Path):
    rng = np.random.default_rng(0)
    loud = write_sound(tmp_path / "loud.wav", rng.normal(scale=0.05, size=2 * 22050).astype(np.float32), 22050)
    dumb = write_sound(tmp_path / "dumb.wav", np.zeros(2 * 22050, np.float32), 22050)
    findings = found(tmp_path, {"source": str(loud)}, {"source": str(dumb)}, listen_s=0.1)
    assert findings["source loud"].verdict is Verdict.OK
    assert "exact silence" in findings["source dumb"].detail


def test_the_one_microphone_is_not_asked_for_where_several_sources_are_configured(tmp_path: Path):
    around = Surroundings({}, find_paths({"MOMENTUM_HOME": str(tmp_path)}), Settings(sources=[{"source": "demo"}]))
    assert [*audio.microphone(around), *audio.hearing(around)] == []


def test_without_a_table_there_is_nothing_to_say(tmp_path: Path):
    assert found(tmp_path) == {}
