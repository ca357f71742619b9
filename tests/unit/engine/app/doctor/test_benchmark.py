"""What ``doctor --bench`` measures, and what it says of what it can't."""

import json
import os
import plistlib
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from engine.app.doctor import benchmark as figures
from engine.app.doctor.benchmark import Figure, measure
from engine.app.doctor.checks import Surroundings
from engine.app.doctor.launchd_probe import LABEL, heard_by_launchd
from engine.core.paths import find_paths
from engine.core.settings import Settings
from tests.unit.engine.audio.fake_sounddevice import FakeSoundDevice, FakeStream, microphone
from tests.unit.engine.audio.sounds import noise
from tui.cli.main import main


@pytest.fixture
def around(home: Path) -> Surroundings:
    return Surroundings(os.environ, find_paths({"MOMENTUM_HOME": str(home)}), Settings(), system="Linux")


def by_name(found: Sequence[Figure]) -> dict[str, Figure]:
    return {figure.what: figure for figure in found}


def test_without_a_sound_card_everything_else_is_measured_and_the_rest_says_why(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.audio.microphone.load_sounddevice", FakeSoundDevice)
    monkeypatch.setattr(figures, "_READINGS", 20)
    monkeypatch.setattr(figures, "_LONG_RUN", 20)
    monkeypatch.setattr("engine.model.network.has_gpu", lambda: False)
    found = by_name(list(measure(around)))
    assert found["the microphone"] == Figure("the microphone", None, note="No microphone was found.")
    assert found["a reading, mlx gpu"].note == "MLX sees no GPU here"
    assert found["what launchd's process hears"].value is None
    missing = {"the microphone", "a reading, mlx gpu", "a reading, onnx cpu", "what launchd's process hears"}
    missing.add("the same until the drive's cache is empty: median")
    assert [name for name, figure in found.items() if figure.value is None and name not in missing] == []
    difference = found["a reading, mlx cpu: live against all at once, largest difference"].value
    assert difference is not None and difference < 1e-5
    exact = found["a product, TF32 off: largest relative error"]
    assert exact.value is not None and exact.value < 1e-5
    assert exact.note == "as this program runs"
    first, middle = (found[f"a reading, mlx cpu: {which}"].value for which in ("the first", "median"))
    assert first is not None and middle is not None and first > 0 and middle > 0


def test_overruns_are_counted_at_the_grids_rate_and_at_the_devices_own(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
):
    def play(stream: FakeStream) -> None:
        for number in range(90):
            now_s = 0.02 * number + 0.1 * (number >= 5) + 100
            stream.hear(noise(0.02), overflow=number == 5 and stream.settings["samplerate"] == 22050, stamp_s=now_s)

    fake = FakeSoundDevice(microphone("Desk"), script=play)
    monkeypatch.setattr("engine.audio.microphone.load_sounddevice", lambda: fake)
    ticks = count()
    found = by_name(list(figures.microphone(replace(around, stopwatch=lambda: 0.2 * next(ticks)))))
    assert found["overruns in 10 s at 22050 Hz"].value == 1
    assert found["overruns in 10 s at the device's own rate"].value == 0
    assert found["overruns in 10 s at the device's own rate"].note == "Desk at 48000 Hz; overloads without loss: 0"
    assert [stream.closed for stream in fake.streams] == [1, 1]


class Launchd:
    """Starts what it is told, or says why not."""

    def __init__(self, findings: list[dict[str, str]] | None, fault: str = "") -> None:
        self.findings, self.fault = findings, fault
        self.jobs: list[dict[str, object]] = []
        self.done: list[str] = []

    def run(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        self.done.append(" ".join(command[:2]))
        if command[1] == "bootstrap" and not self.fault:
            job = plistlib.loads(Path(command[3]).read_bytes())
            self.jobs.append(job)
            if self.findings is not None:
                Path(job["StandardOutPath"]).write_text(json.dumps({"findings": self.findings}))
        return subprocess.CompletedProcess(command, 37 if self.fault else 0, "", self.fault)


def probe(launchd: Launchd, around: Surroundings) -> str:
    ticks = count()
    return heard_by_launchd(
        around.paths,
        ["/bin/momentum"],
        {"MOMENTUM_HOME": "/h"},
        launchd.run,
        sleep=lambda _: None,
        clock=lambda: float(next(ticks)),
    )


def test_on_a_mac_what_launchd_starts_is_asked_what_it_hears(around: Surroundings):
    launchd = Launchd([{"what": "disk", "detail": "roomy"}, {"what": "hearing", "detail": "5.0 s from Desk: -40 dBFS"}])
    assert probe(launchd, around) == "hearing: 5.0 s from Desk: -40 dBFS"
    (job,) = launchd.jobs
    assert job["Label"] == LABEL
    assert job["ProgramArguments"] == ["/bin/momentum", "doctor", "--listen", "5", "--json"]
    assert job["EnvironmentVariables"] == {"MOMENTUM_HOME": "/h"}
    assert "KeepAlive" not in job, "it listens once"
    assert launchd.done == ["launchctl bootout", "launchctl bootstrap", "launchctl bootout"]
    assert list(around.paths.cache.iterdir()) == [], "nothing of it stays"


def test_before_the_service_is_installed_nobody_else_is_asked_in_its_place(
    around: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (figure,) = figures.launchd(replace(around, system="Darwin"))
    assert figure.note == "'momentum service install' makes what is asked here"


@pytest.mark.parametrize(
    ("launchd", "note"),
    [
        (Launchd(None, "Bootstrap failed: 125"), "launchd does not start it: Bootstrap failed: 125"),
        (Launchd(None), "what launchd started has not answered"),
    ],
)
def test_a_launchd_that_does_not_answer_is_a_note(
    around: Surroundings, launchd: Launchd, note: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(figures, "heard_by_launchd", lambda paths, momentum, environ: probe(launchd, around))
    monkeypatch.setattr(figures, "installed_recorder", lambda _: (["/bin/momentum"], {}))
    monkeypatch.setattr(figures, "MEASUREMENTS", {"launchd": figures.launchd})
    (figure,) = measure(replace(around, system="Darwin"))
    assert (figure.what, figure.value, figure.note) == ("launchd", None, note)
    assert list(around.paths.cache.iterdir()) == []


def test_the_command_prints_figures_and_never_fails_for_them(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(figures, "MEASUREMENTS", {"syncs": figures.syncs})
    assert main(["doctor", "--bench", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["versions"][0].startswith("momentum")
    assert shown["figures"][0]["value"] > 0
