"""Running the program as its user does, and real sound where it is there."""

import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from engine.core import grid

SHARED_AUDIO = Path(__file__).parents[2].parent / "shared" / "data" / "audio"

needs_real_sound = pytest.mark.skipif(
    not SHARED_AUDIO.is_dir(), reason="needs the real recordings in ../shared/data/audio"
)


def slowness() -> float:
    """How many seconds by the clock a second of work takes on this machine just now; 1 where nothing else runs."""
    began_s, worked_s = time.monotonic(), time.process_time()
    while time.process_time() - worked_s < 0.05:
        pass
    return max((time.monotonic() - began_s) / 0.05, 1.0)


class Momentum:
    """The command in a process of its own, with its folders under one that goes away."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "MOMENTUM_HOME": str(home), "OMP_NUM_THREADS": "1"}

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "tui", *map(str, arguments)]

    def run(self, *arguments: object, **more) -> subprocess.CompletedProcess:
        """Run to the end; standard input is empty unless given."""
        more.setdefault("input", b"")
        done = subprocess.run(
            self.command(*arguments), capture_output=True, env=self.environment, timeout=280, check=False, **more
        )
        done.stderr = done.stderr.decode()
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def lines(self, *arguments: object, code: int = 0, **more) -> list[dict]:
        """Run to the end and return its JSON Lines."""
        done = self.run(*arguments, **more)
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refused(self, *arguments: object, code: int, **more) -> str:
        """Run it, expect this exit code and exactly two lines for a person; return them."""
        done = self.run(*arguments, **more)
        assert done.returncode == code, (done.returncode, done.stderr)
        said = [line for line in done.stderr.splitlines() if "untrained" not in line]
        assert len(said) == 2, done.stderr
        assert said[0].startswith("momentum: ")
        return "\n".join(said)


class MomentumHere(Momentum):
    """``run``, ``lines`` and ``refused`` in this process, for what does not depend on the command having its own: a
    process of its own spends a second on starting. ``command`` is for one of its own as ever.
    """

    def run(self, *arguments: object, **more) -> subprocess.CompletedProcess:
        from tui.cli.main import main

        given = more.pop("input", b"")
        assert not more
        with tempfile.TemporaryFile() as stdin, _text() as stdout, _text() as stderr:
            stdin.write(given)
            stdin.seek(0)
            with (
                mock.patch.dict(os.environ, self.environment, clear=True),
                mock.patch.object(sys, "stdin", io.TextIOWrapper(stdin)),
                redirect_stdout(stdout),
                redirect_stderr(stderr),
            ):
                code = main(list(map(str, arguments)))
            said = [_bytes_of(stream) for stream in (stdout, stderr)]
        assert b"Traceback" not in said[1], said[1].decode()
        return subprocess.CompletedProcess(arguments, code, said[0], said[1].decode())


def _text() -> io.TextIOWrapper:
    return io.TextIOWrapper(tempfile.TemporaryFile(), encoding="utf-8")


def _bytes_of(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    stream.buffer.seek(0)
    return stream.buffer.read()


@pytest.fixture
def momentum(tmp_path: Path) -> Momentum:
    return Momentum(tmp_path / "home")


@pytest.fixture
def momentum_here(tmp_path: Path) -> MomentumHere:
    return MomentumHere(tmp_path / "home")


@pytest.fixture(scope="session")
def ten_minutes() -> np.ndarray:
    """Ten minutes of real crowds, whistles, speech, drums and weather joined together; float32 at 22050 Hz.

    Clips that their collectors padded with zeros are left out: a digital silence would restart the history.
    """
    import soundfile
    import soxr

    files = sorted(SHARED_AUDIO.glob("*/*.ogg"))
    np.random.default_rng(20).shuffle(files)  # type: ignore[arg-type]
    pieces: list[np.ndarray] = []
    missing = 600 * grid.SAMPLE_RATE_HZ
    for file in itertools.cycle(files):
        samples, rate = soundfile.read(file, dtype="float32")
        if np.count_nonzero(samples == 0.0) > rate // 2:
            continue
        if rate != grid.SAMPLE_RATE_HZ:
            samples = soxr.resample(samples, rate, grid.SAMPLE_RATE_HZ)
        pieces.append(samples[:missing])
        missing -= len(pieces[-1])
        if missing == 0:
            return np.concatenate(pieces)
    raise AssertionError("no clips")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs of 8 MB can't be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
