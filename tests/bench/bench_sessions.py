"""What a session costs the recorder, and how soon others see what it records."""

import io
import os
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from engine.app.follow import LOOK_EVERY_S
from engine.core import grid
from engine.core.process_stats import resident_mb
from engine.core.signals import AudioBlock, End, Event, Health, Reading, Start
from engine.session import SessionReader, SessionWriter
from engine.session.disk_space import DiskKeeper, DiskSettings
from engine.session.export import write_csv
from tests.bench import Row

STEP_S = grid.HOP * grid.READING_FRAMES / grid.SAMPLE_RATE_HZ
WATCHERS = 20
ROUND_S = 8.0
NIGHT_S = 8 * 3600.0
MATCH_S = 2 * 3600.0


def run() -> list[Row]:
    """Each figure with real disk, readings as they come live."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        return [*_following(root), *_a_night(root), *_sound(root)]


def _following(root: Path) -> list[Row]:
    """Turn and turn about, so that whatever else the machine does falls on both."""
    alone: list[float] = []
    watched: list[float] = []
    delays_ms: list[float] = []
    for _ in range(2):
        alone += _record_live(root, 0)[0]
        costs, delays = _record_live(root, WATCHERS)
        watched += costs
        delays_ms += delays
    ratio = statistics.median(watched) / statistics.median(alone)
    share = statistics.mean(watched) / 1e3 / STEP_S * 100
    return [
        Row("recorder, a reading", statistics.median(alone), "ms CPU", _spread(alone), "live: written and committed"),
        Row(
            "recorder, share of a core",
            statistics.mean(alone) / 1e3 / STEP_S * 100,
            "%",
            None,
            "10.8 readings a second",
        ),
        Row(f"the same, {WATCHERS} followers", ratio, "times", None, f"{share:.2f} % of a core"),
        Row("follow latency, median", statistics.median(delays_ms), "ms", _spread(delays_ms), f"{WATCHERS} followers"),
        Row("follow latency, p99", float(np.percentile(delays_ms, 99)), "ms", None, f"{len(delays_ms)} readings seen"),
    ]


def _record_live(root: Path, watchers: int) -> tuple[list[float], list[float]]:
    """CPU ms that each reading cost the recorder, and after how many ms followers saw it."""
    writer = SessionWriter.create(root, "bench")
    writer.write(Start(writer.name, "bench", "none", False, grid.SAMPLE_RATE_HZ, "", 0.5, ""))
    costs: list[float] = []
    with _followers(writer.folder, watchers) as delays_of:
        began_s = time.monotonic()
        for number in range(round(ROUND_S / STEP_S)):
            while (left_s := began_s + number * STEP_S - time.monotonic()) > 0:
                select.select([], [], [], left_s)
            before = time.thread_time()
            # t is when it was written, for the followers to measure by.
            writer.write(Reading(time.monotonic(), 0.5, -20.0, -10.0, Health.LISTENING))
            writer.flush()
            costs.append((time.thread_time() - before) * 1e3)
        writer.write(End(0.0, "end_of_file"))
        delays = delays_of()
        writer.close()
    assert len(delays) == watchers * len(costs), "a follower has missed a reading"
    return costs, delays


@contextmanager
def _followers(session: Path, count: int) -> Iterator[Callable[[], list[float]]]:
    """Processes that follow the session as ``watch --json`` does; yields what collects their delays in ms."""
    pipes = []
    children = []
    for _ in range(count):
        reading_end, writing_end = os.pipe()
        # No fork of this process: on macOS a child that has not begun a program of its own may do next to nothing.
        command = [sys.executable, "-m", __name__, str(session), str(writing_end)]
        child = subprocess.Popen(command, cwd=Path(__file__).parents[2], pass_fds=[writing_end])
        os.close(writing_end)
        pipes.append(reading_end)
        children.append(child)
    for pipe in pipes:
        os.read(pipe, 1)

    def collect() -> list[float]:
        found: list[float] = []
        for pipe in pipes:
            data = b""
            while part := os.read(pipe, 1 << 16):
                data += part
            found += struct.unpack(f"{len(data) // 8}d", data)
        return found

    yield collect
    for pipe in pipes:
        os.close(pipe)
    for child in children:
        child.wait()


def _follow(session: Path, tell: int) -> None:
    delays: list[float] = []
    with SessionReader.open(session) as reader:
        reader.skip_to_end()
        os.write(tell, b".")
        ended = False
        while not ended:
            events: list[Event] = reader.poll()
            now_s = time.monotonic()
            delays += [(now_s - event.t) * 1e3 for event in events if isinstance(event, Reading)]
            ended = any(isinstance(event, End) for event in events)
            _ = reader.running, reader.heartbeat_age_s
            time.sleep(LOOK_EVERY_S)
    os.write(tell, struct.pack(f"{len(delays)}d", *delays))


def _a_night(root: Path) -> list[Row]:
    """Eight hours of readings, as fast as they go."""
    writer = SessionWriter.create(root, "bench")
    writer.write(Start(writer.name, "bench", "none", False, grid.SAMPLE_RATE_HZ, "", 0.5, ""))
    chance = np.random.default_rng(0)
    count = round(NIGHT_S / STEP_S)
    values = chance.random((count, 3)).tolist()
    memory_mb: list[float] = []
    for number, (pressure, level, peak) in enumerate(values):
        if number in (count // 8, count - 1):
            memory_mb.append(resident_mb())
        writer.write(Reading(number * STEP_S, pressure, -40 * level, -20 * peak, Health.LISTENING, 1.9))
        writer.flush()
    writer.close()
    size_mb = sum(path.stat().st_size for path in writer.folder.iterdir()) / 1e6
    with SessionReader.open(writer.folder) as reader:
        open_s = _seconds(lambda: reader.readings())
        out = io.StringIO()
        export_s = _seconds(lambda: write_csv(out, reader, "readings"))
    return [
        Row("a match without sound", size_mb * MATCH_S / NIGHT_S, "MB", None, "two hours of readings"),
        Row("memory, from the first hour to the eighth", memory_mb[1] - memory_mb[0], "MB", None, "of the recorder"),
        Row("eight hours as arrays", open_s, "s CPU", None, f"{count} readings"),
        Row("eight hours as CSV", export_s, "s CPU", None, ""),
    ]


def _sound(root: Path) -> list[Row]:
    """A minute of sound, with its end, where it becomes FLAC."""
    keeper = DiskKeeper(root, DiskSettings(reserve_bytes=0))
    writer = SessionWriter.create(root, "bench", keep_sound=True, disk=keeper)
    noise = (np.random.default_rng(0).normal(size=grid.SAMPLE_RATE_HZ) * 0.1).astype(np.float32)
    costs: list[float] = []
    for second in range(121):
        before = time.thread_time()
        writer.sound(AudioBlock(noise, second * grid.SAMPLE_RATE_HZ))
        writer.flush()
        costs.append((time.thread_time() - before) * 1e3)
    writer.close()
    return [
        Row("a second of sound", statistics.median(costs), "ms CPU", _spread(costs), ""),
        Row("the end of a minute", max(costs), "ms CPU", None, "encoded to FLAC; readings wait so long"),
    ]


def _seconds(do: Callable[[], object]) -> float:
    before = time.process_time()
    do()
    return time.process_time() - before


def _spread(values: list[float]) -> float:
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2


if __name__ == "__main__":
    _follow(Path(sys.argv[1]), int(sys.argv[2]))
