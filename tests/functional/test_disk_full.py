"""The program on a disk that fills up: nothing ends, nothing shown is lost, and everybody is told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core.signals import End, Mark, Reading
from engine.session import SessionReader, SessionWriter
from tests.functional.full_disk import fill
from tests.functional.terminal import needs_tmux, terminal
from tests.unit.engine.session.helpers import FakeTime, listen, start


@dataclass(frozen=True)
class Run:
    """What a run of the program showed, and how it ended."""

    shown: list[float]
    code: int
    said: str


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).normal(scale=0.05, size=60 * 22050).astype(np.float32)
    soundfile.write(tmp_path / "crowd.wav", noise, 22050)
    return tmp_path / "crowd.wav"


def environment(disk: Path, temporary: Path) -> dict[str, str]:
    temporary.mkdir(exist_ok=True)
    return {**os.environ, "MOMENTUM_HOME": str(disk / "home"), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}


def program(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tui", *map(str, arguments)]


def listen_while_the_disk_fills(
    disk: Path, temporary: Path, source: Path, then: Callable[[float, subprocess.Popen], None] = lambda t, process: None
) -> Run:
    """``live`` at 8 times real time; all room is taken after 5 s of sound, and ``then`` is asked at each reading."""
    process = subprocess.Popen(
        program("live", source, "--json", "--speed", 8),
        env=environment(disk, temporary),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    shown: list[float] = []
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "reading":
            shown.append(event["t"])
            if event["t"] >= 5.0 and not (disk / "filler").exists():
                fill(disk)
            then(event["t"], process)
    said = process.stderr.read().decode()
    return Run(shown, process.wait(), said)


def the_session(disk: Path) -> Path:
    (folder,) = (disk / "home" / "data" / "sessions").glob("2*")
    return folder


def readings_in(session: Path) -> list[float]:
    with SessionReader.open(session) as reader:
        return [round(float(t), 4) for t in reader.readings().t]


def readings_in_spills(*folders: Path) -> list[float]:
    lines = [line for folder in folders for file in folder.rglob("*.spill") for line in file.read_text().splitlines()]
    return [round(row[2], 4) for row in map(json.loads, lines) if row[0] == "reading"]


def test_every_reading_that_was_shown_while_the_disk_filled_up_is_in_the_session_or_in_a_spill(
    small_disk: Path, tmp_path: Path, crowd: Path
):
    temporary = tmp_path / "temporary"
    run = listen_while_the_disk_fills(small_disk, temporary, crowd)
    session = the_session(small_disk)
    spilled = readings_in_spills(temporary)
    assert len(spilled) > 100
    assert sorted({*readings_in(session), *spilled}) == run.shown
    assert run.code == 0
    (spill,) = temporary.rglob("*.spill")
    assert f"wait in {spill}" in run.said
    assert f"momentum sessions repair {session.name}" in run.said
    assert (spill.stat().st_mode & 0o077, spill.parent.stat().st_mode & 0o077) == (0, 0)

    (small_disk / "filler").unlink()
    repaired = subprocess.run(
        program("sessions", "repair", session.name), env=environment(small_disk, temporary), check=True, text=True,
        capture_output=True,
    )  # fmt: skip
    assert "readings back that its disk had no room for" in repaired.stdout
    assert readings_in(session) == run.shown
    assert not spill.exists()
    with SessionReader.open(session) as reader:
        events = reader.poll()
        assert reader.info.end == End(60.0, "end_of_file")
    assert [round(event.t, 4) for event in events if isinstance(event, Reading)] == run.shown


def test_a_quit_on_a_disk_without_any_room_says_how_many_readings_are_lost(small_disk: Path, crowd: Path):
    def quit_later(t: float, process: subprocess.Popen) -> None:
        if t >= 20.0:
            process.send_signal(signal.SIGINT)

    # The temporary folder lies on the same disk.
    run = listen_while_the_disk_fills(small_disk, small_disk / "temporary", crowd, quit_later)
    session = the_session(small_disk)
    kept = {*readings_in(session), *readings_in_spills(small_disk)}
    lost = len(set(run.shown) - kept)
    assert run.code == 1
    assert lost > 50
    *_, message, hint = run.said.splitlines()
    assert message.startswith(f"momentum: {lost} readings of session {session.name} could not be written and are lost")
    assert hint.startswith("  Make room")


def test_a_recorder_that_is_killed_on_a_full_disk_leaves_all_but_the_last_second_in_a_spill(
    small_disk: Path, tmp_path: Path, crowd: Path
):
    def kill_later(t: float, process: subprocess.Popen) -> None:
        if t >= 45.0:
            process.kill()

    temporary = tmp_path / "temporary"
    run = listen_while_the_disk_fills(small_disk, temporary, crowd, kill_later)
    kept = {*readings_in(the_session(small_disk)), *readings_in_spills(temporary)}
    missing = [t for t in run.shown if t not in kept]
    assert missing == run.shown[len(run.shown) - len(missing) :]
    # A try a second, at 8 times real time; twice that for a busy machine.
    assert len(missing) < 2 * 8 * 11
    assert len(readings_in_spills(temporary)) > 50

    (small_disk / "filler").unlink()
    after = subprocess.run(
        program("live", crowd, "--json", "--speed", "max"), env=environment(small_disk, temporary), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert f"{len(kept)} readings up to" in after.stderr
    assert list(temporary.rglob("*.spill")) == []


def test_live_with_sound_and_too_little_room_says_at_once_that_no_sound_is_kept(
    small_disk: Path, tmp_path: Path, crowd: Path
):
    for command in ("live", "record"):
        run = subprocess.run(
            program(command, crowd, "--speed", "max", "--sound"), env=environment(small_disk, tmp_path / "temporary"),
            text=True, capture_output=True, check=True,
        )  # fmt: skip
        assert "sound is not kept: only " in run.stderr
        (notice,) = [line for line in run.stdout.splitlines() if "is not kept" in line] or [run.stderr]
        assert "only" in notice
        assert list((small_disk / "home").rglob("sound")) == []


def test_a_disk_that_fills_up_under_record_was_in_its_log_alone_and_not_where_it_was_started(
    small_disk: Path, tmp_path: Path, crowd: Path
):
    process = subprocess.Popen(
        program("record", crowd, "--speed", 8), env=environment(small_disk, tmp_path / "temporary"), text=True,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        if line.startswith("recording "):
            fill(small_disk)
        if line.startswith("nothing can be written"):
            assert process.poll() is None
        said.append(line)
    assert process.wait() == 0
    (at_once,) = [line for line in said if line.startswith("nothing can be written (database or disk is full)")]
    again = said.index(f"while it ran: {at_once}")
    assert any("wait in" in line and "readings" in line for line in said[again + 1 :])


@needs_tmux
def test_the_monitor_and_whoever_watches_later_see_for_as_long_as_it_lasts_that_nothing_is_written(
    small_disk: Path, tmp_path: Path
):
    variables = environment(small_disk, tmp_path / "temporary")
    inside = {name: variables[name] for name in ("MOMENTUM_HOME", "TMPDIR", "PYTHONPATH") if name in variables}
    (tmp_path / "live").mkdir()
    (tmp_path / "watch").mkdir()
    with terminal(tmp_path / "live", program("live", "demo:7", "--sound", "--speed", 8), environ=inside) as live:
        live.until("LIVE")
        screen = live.until("sound is not kept: only")
        assert "no sound kept" in screen
        filler = fill(small_disk)
        screen = live.until("readings are not written (the disk is full")
        assert "not written" in screen.splitlines()[-2]
        with terminal(tmp_path / "watch", program("watch"), environ=inside) as watch:
            watch.until("readings are not written (the disk is full; they wait in a spill file)")
            assert "not written" in watch.screen().splitlines()[-2]
            shown = watch.until("NOT WRITTEN", "STALLED")
            assert "STALLED" not in shown
            assert "no sound arrives" not in shown
            filler.unlink()
            watch.gone("readings are not written")
            watch.keys("q")
            watch.until("EXIT 0")
        live.gone("readings are not written")
        fill(small_disk)
        live.until("readings are not written")
        live.keys("q")
        live.until("This ends the recording. Quit?")
        live.keys("y")
        live.until("EXIT 0")
        assert "wait in" in live.screen()


@pytest.mark.parametrize(
    "arguments",
    [
        ["sessions", "export", "latest", "-f", "csv", "-o", "out.csv"],
        ["sessions", "export", "latest", "-f", "json", "-o", "out.json"],
        ["sessions", "export", "latest", "-f", "clips", "-o", "clips"],
        ["export", "onnx", "onnx"],
    ],
    ids=["csv", "json", "clips", "onnx"],
)
def test_an_export_onto_a_disk_without_room_leaves_nothing(
    small_disk: Path, tmp_path: Path, arguments: list[str], crowd: Path
):
    if arguments[0] == "export":
        pytest.importorskip("onnx")
    else:
        time = FakeTime()
        writer = SessionWriter.create(tmp_path / "home" / "data" / "sessions", "demo:7", keep_sound=True)
        writer.write(start(writer.name))
        listen(writer, time, 60.0, live=False)
        writer.write(Mark(30.0, "goal"))
        writer.close()
    filler = fill(small_disk)
    os.truncate(filler, filler.stat().st_size - 40_000)
    run = subprocess.run(
        [*program(*arguments[:-1]), small_disk / arguments[-1]], env=environment(tmp_path, tmp_path / "temporary"),
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 2
    assert f"{small_disk / arguments[-1]}" in run.stderr
    assert "No space left on device" in run.stderr
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler"]
