"""One process that records several sources, as its user starts, kills and ends it."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.functional.conftest import Momentum
from tests.functional.test_recording import Program, program  # noqa: F401 (a fixture)

GROUNDS = ("north", "south", "east")


@pytest.fixture
def grounds(tmp_path: Path) -> list[str]:
    for i, name in enumerate(GROUNDS):
        noise = np.random.default_rng(i).normal(scale=0.05, size=60 * 22050).astype(np.float32)
        soundfile.write(tmp_path / f"{name}.wav", noise, 22050)
    return [str(tmp_path / f"{name}.wav") for name in GROUNDS]


def until_all_are_heard(lines, seconds: float) -> dict[str, float]:
    """Read lines until every ground has a reading beyond ``seconds``; how far each has been heard."""
    heard = dict.fromkeys(GROUNDS, 0.0)
    while min(heard.values()) < seconds:
        line = json.loads(lines.readline())
        if line["type"] == "reading":
            heard[line["venue"]] = line["t"]
    return heard


def test_a_recorder_of_several_that_is_killed_leaves_sessions_that_can_be_read(
    program: Program,  # noqa: F811
    grounds: list[str],
):
    recorder = program.start("record", *grounds, "--speed", "4", "--json")
    heard = until_all_are_heard(recorder.stdout, 4.0)
    recorder.kill()
    recorder.communicate()
    rows = program.lines_of_json("sessions", "list", "--json")
    assert {row["venue"]: row["state"] for row in rows} == dict.fromkeys(GROUNDS, "cut off")
    assert all(row["heard_s"] >= heard[row["venue"]] - 1.0 for row in rows)
    again = program.start("record", grounds[0], grounds[1], "--speed", "max")
    said = again.communicate()[1].decode()
    assert again.returncode == 0
    for row in rows:
        assert f"session {row['session']} was cut off (its recorder was killed, or the power went)" in said


def test_a_signal_ends_all_and_each_says_what_it_kept_and_a_reader_that_leaves_ends_nothing(
    program: Program,  # noqa: F811
    grounds: list[str],
):
    folder = Path(program.environment["MOMENTUM_HOME"]) / "config"
    folder.mkdir(parents=True)
    tables = [
        f'[[sources]]\nname = "{name}"\nsource = {json.dumps(file)}'
        for name, file in zip(GROUNDS, grounds, strict=True)
    ]
    (folder / "config.toml").write_text("\n".join(tables))
    recorder = program.start("record", "--speed", "4", "--json")
    until_all_are_heard(recorder.stdout, 1.0)
    assert recorder.stdout is not None
    recorder.stdout.close()
    watcher = program.start("watch", "south", "--json", "--from-start")
    assert json.loads(watcher.stdout.readline())["source"] == "south.wav"
    while json.loads(watcher.stdout.readline()).get("t", 0.0) < 8.0:
        pass
    recorder.send_signal(signal.SIGTERM)
    said = recorder.stderr.read().decode()
    assert recorder.wait() == 143
    rows = {row["venue"]: row for row in program.lines_of_json("sessions", "list", "--json")}
    for name in GROUNDS:
        assert (rows[name]["state"], rows[name]["end"]) == ("ended", "terminated")
        assert f"{name}: {rows[name]['readings']} readings in " in said
        assert f"all kept in session {rows[name]['session']}" in said
    log = (Path(program.environment["MOMENTUM_HOME"]) / "log" / "record.log").read_text()
    assert all(f" {name}: session {rows[name]['session']} on {name}.wav" in log for name in GROUNDS)


def test_a_device_that_is_given_twice_is_refused_in_two_lines(momentum: Momentum):
    said = momentum.refused("record", "mic:scarlett", "mic:scarlett", code=2)
    assert "mic:scarlett is there twice among the sources" in said
    assert not (momentum.home / "data").exists()
