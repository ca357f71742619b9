"""What the doctor finds, and that each finding has its remedy.

Over 300 lines, since each check has a test or two here, as each has a line in the doctor's list.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from engine.app.doctor import CHECKS, audio, engine, machine
from engine.app.doctor import recorder_service as recorder_checks
from engine.app.doctor.checks import Check, Finding, Surroundings, Terminal, Verdict, examine, read_settings, would_stop
from engine.audio.devices import InputDevice
from engine.core.errors import DeviceError
from engine.core.files import private_folder
from engine.core.paths import find_paths, shipped_weights
from engine.core.settings import Settings
from engine.core.signals import AudioBlock
from engine.model.inference_engines import Computing
from tests.unit.engine.session.helpers import FakeTime, noise, reading, recorder
from tests.unit.onnx_runtime import runtime_or_skip
from tui.monitor.settings import read_settings as with_keys

OK, NOTE, WARNING, PROBLEM = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.PROBLEM


@pytest.fixture
def around(home: Path) -> Surroundings:
    """A machine on which nothing is wrong."""
    return Surroundings(
        environ={"TERM": "xterm-256color"},
        paths=find_paths({"MOMENTUM_HOME": str(home)}),
        settings=Settings(),
        system="Linux",
        terminal=Terminal(80, 24, "utf-8"),
        now=lambda: datetime(2026, 11, 21, 14, 0, tzinfo=UTC),
        stopwatch=map(float, count()).__next__,
        free_bytes=lambda _: 10**12,
        find_program=lambda _: None,
    )


def found(check: Check, around: Surroundings) -> list[Finding]:
    findings = list(check(around))
    assert all(finding.remedy for finding in findings if finding.verdict != OK)
    return findings


def verdict(check: Check, around: Surroundings) -> Verdict:
    (finding,) = found(check, around)
    return finding.verdict


@pytest.mark.parametrize(("free_mb", "expected"), [(100, PROBLEM), (249, PROBLEM), (251, WARNING), (2001, OK)])
def test_room_for_one_match_is_needed_and_for_several_wanted(around: Surroundings, free_mb: int, expected: Verdict):
    assert verdict(machine.disk, replace(around, free_bytes=lambda _: free_mb * 10**6)) == expected


def test_a_clock_before_the_program_was_made_is_wrong(around: Surroundings):
    assert verdict(machine.clock, replace(around, now=lambda: datetime(1970, 1, 1, tzinfo=UTC))) == WARNING


@pytest.mark.parametrize(("answer", "expected"), [("yes", OK), ("no", WARNING), ("", NOTE)])
def test_the_system_says_whether_the_network_sets_its_clock(
    around: Surroundings, tmp_path: Path, answer: str, expected: Verdict
):
    program = tmp_path / "timedatectl"
    program.write_text(f"#!/bin/sh\necho {answer}\n")
    program.chmod(0o700)
    assert verdict(machine.clock, replace(around, find_program=lambda _: str(program))) == expected


def test_a_program_that_can_not_be_run_leaves_the_clock_unknown(around: Surroundings, tmp_path: Path):
    assert verdict(machine.clock, replace(around, find_program=lambda _: str(tmp_path))) == NOTE


@pytest.mark.parametrize(
    ("terminal", "term", "expected"),
    [
        (Terminal(80, 24, "utf-8"), "xterm", OK),
        (Terminal(60, 24, "utf-8"), "xterm", NOTE),
        (Terminal(39, 24, "utf-8"), "xterm", WARNING),
        (Terminal(80, 9, "utf-8"), "xterm", WARNING),
        (Terminal(80, 24, "ascii"), "xterm", WARNING),
        (Terminal(80, 24, "utf-8"), "dumb", WARNING),
        (None, "xterm", NOTE),
    ],
)
def test_a_terminal_is_judged_by_what_it_can_draw(
    around: Surroundings, terminal: Terminal | None, term: str, expected: Verdict
):
    assert verdict(machine.terminal, replace(around, terminal=terminal, environ={"TERM": term})) == expected


def test_folders_that_are_not_there_yet_are_fine(around: Surroundings):
    assert {finding.verdict for finding in found(machine.folders, around)} == {OK}


def test_what_others_may_read_is_a_warning(around: Surroundings):
    around.paths.data.mkdir(parents=True)
    around.paths.data.chmod(0o755)
    around.paths.config.mkdir(mode=0o700)
    around.paths.config_file.write_text("")
    around.paths.config_file.chmod(0o644)
    warned = {finding.what: finding.remedy for finding in found(machine.folders, around) if finding.verdict == WARNING}
    assert warned == {
        "data folder": f"chmod 700 '{around.paths.data}'",
        "config file": f"chmod 600 '{around.paths.config_file}'",
    }


def test_a_data_folder_that_can_not_be_made_is_a_problem(around: Surroundings, tmp_path: Path):
    (tmp_path / "file").touch()
    blocked = replace(around, paths=find_paths({"MOMENTUM_HOME": str(tmp_path / "file")}))
    verdicts = {finding.what: finding.verdict for finding in found(machine.folders, blocked)}
    assert (verdicts["data folder"], verdicts["log folder"]) == (PROBLEM, WARNING)


def test_without_portaudio_no_microphone_can_be_opened(around: Surroundings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.app.version.portaudio_version", lambda: None)
    (finding,) = found(audio.portaudio, around)
    assert (finding.verdict, "libportaudio2" in finding.remedy) == (PROBLEM, True)


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> list[InputDevice]:
    """The input devices of the machine; the first is the default."""
    devices = [InputDevice(1, "Built-in", 2, 48000, True, "ALSA"), InputDevice(4, "Crowd mic", 1, 48000, False, "ALSA")]
    monkeypatch.setattr("engine.app.version.portaudio_version", lambda: "19.7.0")
    monkeypatch.setattr("engine.audio.devices.list_devices", lambda: devices)
    return devices


@pytest.mark.parametrize(
    ("source", "expected", "detail"),
    [
        (None, OK, "Built-in (number 1); input devices: 2"),
        ("mic", OK, "Built-in (number 1); input devices: 2"),
        ("mic:crowd", OK, "Crowd mic (number 4); input devices: 2"),
        ("mic:stadium", PROBLEM, "There is no microphone 'stadium'."),
        ("demo:7", NOTE, "not needed: the configured source is demo:7"),
    ],
)
def test_the_microphone_that_would_be_listened_to_must_be_there(
    around: Surroundings, plugged_in: list[InputDevice], source: str | None, expected: Verdict, detail: str
):
    configured = replace(around, settings=Settings(source=source))
    (finding,) = examine({"microphone": audio.microphone}, configured)
    assert (finding.verdict, finding.detail) == (expected, detail)


def test_no_input_device_is_a_problem(around: Surroundings, plugged_in: list[InputDevice]):
    plugged_in.clear()
    assert verdict(audio.microphone, around) == PROBLEM


class Playing:
    """A microphone that hears one block again and again."""

    name = "Crowd mic"

    def __init__(self, samples: np.ndarray, overruns: int = 0) -> None:
        self.block = AudioBlock(samples.astype(np.float32), 0, overruns=overruns)
        self.closed = False

    def blocks(self) -> Iterator[AudioBlock]:
        while True:
            yield self.block

    def close(self) -> None:
        self.closed = True


CROWD = np.random.default_rng(0).normal(0, 0.05, 2000)


@pytest.mark.parametrize(
    ("heard", "expected", "said"),
    [
        (Playing(CROWD), OK, "-26 dBFS"),
        (Playing(np.zeros(0)), PROBLEM, "no sound came"),
        (Playing(np.zeros(2000)), PROBLEM, "exact silence"),
        (Playing(np.ones(2000)), WARNING, "clipped"),
        (Playing(CROWD * 1e-4), WARNING, "very faint"),
        (Playing(CROWD, overruns=3), WARNING, "3 overruns"),
    ],
)
def test_a_microphone_is_judged_by_what_it_hears(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch, heard: Playing, expected: Verdict, said: str
):
    monkeypatch.setattr("engine.app.open_source.open_source", lambda *_, **__: heard)
    (finding,) = found(audio.hearing, replace(around, listen_s=5.0))
    assert (finding.verdict, said in finding.detail) == (expected, True)
    assert heard.closed


def test_nothing_is_listened_to_unasked(around: Surroundings):
    assert found(audio.hearing, around) == []


@pytest.mark.parametrize(
    ("system", "environ", "expected"),
    [("Linux", {}, []), ("Darwin", {}, [NOTE]), ("Darwin", {"SSH_CONNECTION": "10.0.0.1"}, [WARNING])],
)
def test_macos_has_to_allow_the_microphone_and_never_does_over_ssh(
    around: Surroundings, system: str, environ: dict[str, str], expected: list[Verdict]
):
    findings = found(audio.permission, replace(around, system=system, environ=environ))
    assert [finding.verdict for finding in findings] == expected


def test_untrained_weights_are_a_warning_and_missing_ones_a_problem(around: Surroundings, tmp_path: Path):
    from tests.untrained_weights import write_untrained_weights

    write_untrained_weights(tmp_path / "random", seed=1)
    assert verdict(engine.weights, replace(around, settings=Settings(weights=str(tmp_path / "random")))) == WARNING
    missing = replace(around, settings=Settings(weights="nowhere"))
    (finding,) = examine({"weights": engine.weights}, missing)
    assert (finding.what, finding.verdict) == ("weights", PROBLEM)


def test_changed_weights_are_a_problem(around: Surroundings, tmp_path: Path):
    folder = Path(shutil.copytree(shipped_weights() / "default", tmp_path / "changed"))
    tensors = folder / "weights.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-1] + bytes([tensors.read_bytes()[-1] ^ 1]))
    (finding,) = examine({"weights": engine.weights}, replace(around, settings=Settings(weights=str(folder))))
    assert finding.verdict == PROBLEM


def test_weights_that_no_setting_may_choose_are_a_problem_before_the_match(around: Surroundings, tmp_path: Path):
    folder = Path(shutil.copytree(shipped_weights() / "default", tmp_path / "ours"))
    config = json.loads((folder / "config.json").read_text())
    config["compared"] = {"against": "default", "verdict": "worse", "accepted": False}
    (folder / "config.json").write_text(json.dumps(config))
    (finding,) = examine({"weights": engine.weights}, replace(around, settings=Settings(weights=str(folder))))
    assert finding.verdict == PROBLEM
    assert "worse than default" in finding.detail
    config["compared"]["accepted"] = True
    (folder / "config.json").write_text(json.dumps(config))
    assert verdict(engine.weights, replace(around, settings=Settings(weights=str(folder)))) == OK


@pytest.mark.parametrize(("update_s", "expected"), [(0.005, OK), (0.06, WARNING), (0.2, PROBLEM)])
def test_updates_must_be_faster_than_readings_are_due(around: Surroundings, update_s: float, expected: Verdict):
    ticks = count()
    slow = replace(around, stopwatch=lambda: update_s * next(ticks))
    assert verdict(engine.speed, slow) == expected


@pytest.mark.parametrize(("there", "expected"), [(True, OK), (False, NOTE)])
def test_auto_takes_onnx_where_it_is_and_the_doctor_tells_what_brings_it(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch, there: bool, expected: Verdict
):
    monkeypatch.setattr("engine.model.inference_engines.on_apple_silicon", lambda: False)
    monkeypatch.setattr("engine.model.inference_engines.choose_engine", lambda _: "onnx" if there else "mlx")
    if there:
        runtime_or_skip()
    (finding,) = found(engine.chosen, around)
    assert finding.verdict == expected
    assert finding.detail.startswith("onnx (onnxruntime" if there else "mlx (mlx")
    assert ("acoustic-momentum[onnx]" in finding.remedy) == (not there)


def test_on_apple_silicon_the_doctor_says_what_listens_and_that_it_was_measured(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.model.inference_engines.on_apple_silicon", lambda: True)
    monkeypatch.setattr(
        "engine.app.fastest_engine.for_live", lambda choice: [Computing("mlx", "cpu"), Computing("mlx", "gpu")]
    )
    (finding,) = found(engine.chosen, around)
    assert finding.detail.endswith("; what listens is measured when it first does")
    private_folder(around.paths.cache)
    kept = {"machine": "mini", "versions": {}, "weights": "", "median_ms": {"mlx cpu": 0.9, "mlx gpu": 4.25}}
    (around.paths.cache / "engine.json").write_text(json.dumps(kept))
    (finding,) = found(engine.chosen, around)
    assert finding.detail.endswith("; mlx cpu listens (a reading: mlx cpu 0.9 ms, mlx gpu 4.2 ms)")


@pytest.mark.parametrize(("overruns", "overloads", "expected"), [(0, 0, OK), (0, 7, OK), (2, 7, WARNING)])
def test_the_doctor_tells_how_often_the_newest_session_lost_sound_and_how_often_only_a_moment_was_busy(
    around: Surroundings, overruns: int, overloads: int, expected: Verdict
):
    time = FakeTime()
    writer = recorder(around.paths.sessions, time)
    writer.sound(replace(noise(0.0, 0.1), overruns=overruns, overloads=overloads))
    time.pass_s(1.0)
    writer.write(reading(0.1))
    (finding,) = found(recorder_checks.overruns, around)
    assert finding.verdict == expected, "while it is recorded"
    writer.close()
    (finding,) = found(recorder_checks.overruns, around)
    assert finding.verdict == expected
    assert finding.detail.endswith(f"sound lost {overruns} times, overloads without loss {overloads}")


def test_keys_that_the_monitor_could_not_take_are_a_problem_before_match_day(around: Surroundings):
    settings, (finding,) = read_settings(around.paths, {"MOMENTUM_KEYS": '{"goal": "q"}'}, with_keys)
    assert settings == Settings()
    assert (finding.what, finding.verdict) == ("settings", Verdict.PROBLEM)
    assert "'q' is bound to both" in finding.detail


def test_settings_that_can_not_be_read_are_a_problem_and_the_checks_go_on(around: Surroundings):
    settings, (finding,) = read_settings(around.paths, {"MOMENTUM_SPIKE_ON": "high"})
    assert settings == Settings()
    assert finding.verdict == PROBLEM


def test_a_fault_that_a_check_meets_is_a_problem_and_the_others_still_run(around: Surroundings):
    def broken(_: Surroundings) -> list[Finding]:
        raise DeviceError("the card is gone", "plug it in")

    findings = list(examine({"card": broken, "disk": machine.disk}, around))
    assert findings[0] == Finding("card", PROBLEM, "the card is gone", "plug it in")
    assert findings[1].verdict == OK


def test_only_a_problem_would_stop_the_listening():
    finding: Callable[[Verdict], Finding] = lambda verdict: Finding("x", verdict, "y", "z")  # noqa: E731
    assert would_stop([finding(WARNING), finding(PROBLEM)])
    assert not would_stop([finding(WARNING), finding(NOTE), finding(OK)])


def test_every_check_runs_on_this_machine_and_its_problems_have_remedies(around: Surroundings):
    findings = [finding for finding in examine(CHECKS, around) if finding.verdict != OK]
    assert all(finding.remedy for finding in findings)
