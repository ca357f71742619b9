"""Addresses as a user gives them: recordings, stations that come and go, and passwords that nobody must see."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from tests.functional.conftest import Momentum, MomentumHere, slowness
from tests.sound_servers import Asked, SoundServer, icecast, in_turn, locked, says, whole

SECRETS = ("hunter2", "a1b2c3")
SECRET_PATH = "/live?token=a1b2c3"
LOGIN = "fan:hunter2@"
AT_ONCE_S = 5.0
"""On a machine with nothing else to do; an address is waited for twenty, and for ten in between."""


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = 0.05 * np.random.default_rng(8).normal(size=42 * grid.SAMPLE_RATE_HZ)
    path = tmp_path_factory.mktemp("noise") / "noise.flac"
    soundfile.write(path, samples, grid.SAMPLE_RATE_HZ)
    return path


@pytest.fixture(scope="module")
def mp3(noise: Path) -> bytes:
    """Three seconds at a rate that must be changed."""
    samples = 0.05 * np.random.default_rng(9).normal(size=3 * 44100)
    soundfile.write(noise.with_suffix(".mp3"), samples, 44100)
    return noise.with_suffix(".mp3").read_bytes()


class Started:
    """The command while it runs."""

    def __init__(self, momentum: Momentum, *arguments: object) -> None:
        self.process = subprocess.Popen(
            momentum.command(*arguments), env=momentum.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.rows: list[dict] = []

    def until(self, **wanted: object) -> None:
        """Read its lines until one has all of ``wanted``."""
        while not self.rows or any(self.rows[-1].get(name) != value for name, value in wanted.items()):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.rows.append(json.loads(line))

    def end(self, number: int) -> tuple[int, float, str]:
        """Send a signal: the exit code, how long it took, and what was said on stderr."""
        began = time.monotonic()
        self.process.send_signal(number)
        out, said = self.process.communicate(timeout=120)
        self.rows += [json.loads(line) for line in out.splitlines()]
        assert b"Traceback" not in said, said
        return self.process.returncode, time.monotonic() - began, said.decode()


def _pressures(rows: list[dict]) -> list[float]:
    return [row["pressure"] for row in rows if row["type"] == "reading" and row["pressure"] is not None]


@pytest.mark.parametrize("command", [("score",), ("live", "--speed", "max")])
def test_a_recording_at_an_address_gives_the_readings_of_the_file(
    momentum_here: MomentumHere, noise: Path, command: tuple
):
    with SoundServer(whole(noise.read_bytes())) as server:
        url = server.url("/noise.flac")
        theirs = momentum_here.lines(*command, url, "--json")
    assert theirs[0]["source"] == url
    assert theirs[-1]["reason"] == "end_of_file"
    np.testing.assert_allclose(_pressures(theirs), _pressures(momentum_here.lines("score", noise, "--json")), atol=1e-5)
    assert len(_pressures(theirs)) > 20


def test_a_station_that_dies_and_returns_goes_on_with_a_gap(momentum: Momentum, mp3: bytes):
    away = says("503 Service Unavailable")
    with SoundServer(in_turn(icecast(mp3, times=1), away, icecast(mp3))) as server:
        started = Started(momentum, "live", server.url("/live"), "--json")
        for health in ("warming_up", "lost", "recovering", "warming_up"):
            started.until(type="health", health=health)
        code, _, said = started.end(signal.SIGTERM)
    assert code == 143, said
    lost = next(row for row in started.rows if row.get("health") == "lost")
    assert "has broken off" in lost["detail"]
    heard = [row["t"] for row in started.rows if row["type"] == "reading"]
    assert max(np.diff(heard)) > 1.0
    assert started.rows[-1]["reason"] == "terminated"


@pytest.fixture
def hung(mp3: bytes) -> Iterator[SoundServer]:
    with SoundServer(icecast(mp3, times=1, then=Asked.hold)) as server:
        yield server


def test_a_station_that_stalls_says_so_and_can_be_ended_at_once(momentum: Momentum, hung: SoundServer):
    started = Started(momentum, "live", hung.url(), "--json")
    started.until(type="health", health="stalled")
    code, took_s, said = started.end(signal.SIGTERM)
    assert (code, said) == (143, "")
    assert took_s < AT_ONCE_S * slowness()


def test_ctrl_c_is_heard_while_an_address_does_not_answer(momentum: Momentum):
    with SoundServer(Asked.hold) as server:
        started = Started(momentum, "live", server.url(), "--json")
        limit_s = time.monotonic() + 30
        while not server.asked and time.monotonic() < limit_s:
            time.sleep(0.01)
        code, took_s, _ = started.end(signal.SIGINT)
    assert code == 130
    assert took_s < AT_ONCE_S * slowness()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["live", "record", "score"])
def test_an_address_that_never_answers_is_told_in_two_lines(momentum_here: MomentumHere, command: str):
    with SoundServer(Asked.hold) as server:
        said = momentum_here.refused(command, server.url(SECRET_PATH, login=LOGIN), code=3)
    assert "does not answer" in said
    assert not any(secret in said for secret in SECRETS)


@pytest.mark.parametrize("command", ["live", "record", "score"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (says("404 Not Found"), 3),
        (says("401 Unauthorized", WWW_Authenticate='Basic realm="x"'), 3),
        (says("200 OK", b"<html>" + b"Listen! " * 500), 5),
    ],
    ids=["404", "401", "page"],
)
def test_what_can_not_be_heard_is_told_without_its_password(
    momentum_here: MomentumHere, command: str, answer, code: int
):
    with SoundServer(answer) as server:
        said = momentum_here.refused(command, server.url(SECRET_PATH, login=LOGIN), code=code)
    assert f"{server.url('/live')}?token=***" in said
    assert not _telling(momentum_here, said)


@pytest.mark.slow
def test_no_password_reaches_a_session_a_log_a_line_or_the_screen(momentum: Momentum, mp3: bytes):
    """One that comes from the configuration, in a run that is lost and found in between."""
    with SoundServer(locked("fan:hunter2", icecast(mp3, times=1))) as server:
        momentum.environment["MOMENTUM_SOURCE"] = server.url(SECRET_PATH, login=LOGIN)
        live = Started(momentum, "live", "--json")
        live.until(type="health", health="recovering")
        record = Started(momentum, "record", "--sound")
        limit_s = time.monotonic() + 60
        while not (record_log := momentum.home / "log" / "record.log").exists() or "lost" not in record_log.read_text():
            assert time.monotonic() < limit_s
            time.sleep(0.05)
        told = live.end(signal.SIGTERM)[2] + record.end(signal.SIGTERM)[2] + json.dumps(live.rows)
        told += _plain_lines(momentum)
    here = MomentumHere(momentum.home)
    here.environment = momentum.environment
    for arguments in (
        ("config", "show"),
        ("doctor", "--json"),
        ("sessions", "list"),
        ("sessions", "show", "latest"),
        ("sessions", "export", "latest", "-f", "json", "-o", momentum.home / "export.json"),
        ("service", "install", momentum.environment["MOMENTUM_SOURCE"], "--print"),
        ("service", "install", "--print"),
        ("ingest", momentum.environment["MOMENTUM_SOURCE"], "--goals", "1:00"),
    ):
        done = here.run(*arguments)
        told += done.stdout.decode() + done.stderr
    assert "token=***" in told
    assert live.rows[0]["source"] == f"{server.url('/live')}?token=***"
    assert not _telling(momentum, told)


def _plain_lines(momentum: Momentum) -> str:
    """What ``--plain`` says until the station is lost."""
    command = momentum.command("live", "--plain", "--no-record")
    said = ""
    with subprocess.Popen(
        command, env=momentum.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        while "lost" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGTERM)
        return said + process.stdout.read()


def _telling(momentum: Momentum, said: str) -> list[str]:
    """Where a secret is to be found: in what was said, or in a file below the program's folder."""
    files = {str(path): path.read_bytes() for path in momentum.home.rglob("*") if path.is_file()}
    places = {"said": said.encode(), **files}
    return [place for place, text in places.items() if any(secret.encode() in text for secret in SECRETS)]
