"""What the program puts out, written down to be compared: ``python -m tests.golden FOLDER [--data SHARED/data]``.

Run before and after a change that must change nothing, then ``diff -r BEFORE AFTER``. Only the command is used, so the
same file runs on any version. Times of the wall clock and how long a reading took are left out. Without ``--data`` the
sound is a simulated match instead of half an hour of real clips.
"""

import argparse
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

RATE_HZ = 22050
SCORED_S = 1800
UNSTEADY = ("compute_ms", "elapsed_s", "started_at", "session", "sha256", "folder", "run")


def momentum(home: Path, *arguments: object) -> str:
    """The standard output of a command that must succeed."""
    environment = {**os.environ, "MOMENTUM_HOME": str(home), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "tui", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def real_sound(audio: Path, out: Path) -> None:
    """Half an hour of the clips in ``audio``, in an order that a seed decides."""
    files = sorted(audio.glob("*/*.ogg"))
    np.random.default_rng(30).shuffle(files)  # type: ignore[arg-type]
    pieces: list[np.ndarray] = []
    while sum(map(len, pieces)) < SCORED_S * RATE_HZ:
        samples, rate = soundfile.read(files[len(pieces) % len(files)], dtype="float32")
        pieces.append(samples if rate == RATE_HZ else soxr.resample(samples, rate, RATE_HZ))
    soundfile.write(out, np.concatenate(pieces)[: SCORED_S * RATE_HZ], RATE_HZ, subtype="PCM_16")


def steady(line: str) -> str:
    """A line of JSON without what differs from run to run."""
    row = json.loads(line)
    return json.dumps({key: value for key, value in row.items() if key not in UNSTEADY})


def scores(home: Path, sound: Path, out: Path) -> None:
    """The readings of both engines, exactly as they are printed."""
    for engine in ("mlx", "onnx"):
        lines = momentum(home, "score", sound, "--json", "--engine", engine).splitlines()
        (out / f"score-{engine}.jsonl").write_text("\n".join(map(steady, lines)) + "\n", encoding="utf-8")


def simulations(home: Path, work: Path, out: Path) -> None:
    """Three simulated matches: the sound's checksum and the truth."""
    for seed in (1, 2, 3):
        sound = work / f"simulated-{seed}.flac"
        momentum(home, "simulate", sound, "--seed", seed, "--minutes", "6", "--force")
        digest = hashlib.sha256(sound.read_bytes()).hexdigest()
        truth = sound.with_suffix(".events.json").read_text(encoding="utf-8")
        (out / f"simulated-{seed}.txt").write_text(f"{digest}\n{truth}\n", encoding="utf-8")


def session(home: Path, out: Path) -> None:
    """The store of a demo run: its schema and its rows."""
    momentum(home, "live", "demo:5", "--speed", "max", "--json", "--sound")
    (folder,) = (home / "data" / "sessions").glob("2*Z-*")
    with sqlite3.connect(f"file:{folder / 'session.db'}?mode=ro", uri=True) as database:
        tables = database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        lines = [str(row) for row in tables]
        for name, sql in tables:
            if sql and sql.startswith("CREATE TABLE") and name not in ("meta", "clock"):
                lines += [f"{name}: {row}" for row in _rows(database, name)]
    sounds = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in sorted(folder.glob("sound/*"))]
    (out / "session.txt").write_text("\n".join(lines + sounds) + "\n", encoding="utf-8")


def _rows(database: sqlite3.Connection, table: str) -> Iterator[str]:
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    for values in database.execute(f"SELECT * FROM {table}"):
        row: dict[str, Any] = dict(zip(names, values, strict=True))
        for name in UNSTEADY:
            row.pop(name, None)
        if isinstance(row.get("body"), str):
            row["body"] = steady(row["body"])
        yield str(row)


def head(home: Path, work: Path, out: Path) -> None:
    """The weights that two matches make of the shipped ones."""
    for seed in (1, 2):
        truth = json.loads((work / f"simulated-{seed}.events.json").read_text(encoding="utf-8"))
        start_s = truth["periods"][0][0]
        goals = [event["t_s"] - start_s for event in truth["events"] if event["kind"] in ("goal", "shot")]
        listed = ",".join(f"{int(max(goal, 1) // 60)}:{int(max(goal, 1) % 60):02d}" for goal in goals) or "1:30"
        kick_off = f"{int(start_s // 60)}:{int(start_s % 60):02d}"
        sound = work / f"simulated-{seed}.flac"
        momentum(home, "ingest", sound, "--goals", listed, "--kickoff", kick_off, "--second-half", "none")
    rule = ("--labels", "goal-window", "--steps", "40", "--name", "golden", "--seed", "3", "--json")
    told = json.loads(momentum(home, "train", "head", *rule))
    weights = home / "data" / "weights" / "golden" / "model.safetensors"
    files = sorted(file for file in weights.parent.iterdir() if file.suffix in (".safetensors", ".json"))
    digests = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    (out / "head.txt").write_text("\n".join([*digests, json.dumps(told["measured"])]) + "\n", encoding="utf-8")


def exports(home: Path, work: Path, out: Path) -> None:
    """The exported ONNX files."""
    folder = work / "onnx"
    momentum(home, "export", "onnx", folder)
    found = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in sorted(folder.iterdir())]
    (out / "onnx.txt").write_text("\n".join(found) + "\n", encoding="utf-8")


def helps(home: Path, out: Path) -> None:
    """Every help text, from the root down."""
    texts: dict[str, str] = {}
    left: list[tuple[str, ...]] = [()]
    while left:
        path = left.pop()
        texts[" ".join(path)] = text = momentum(home, *path, "--help")
        for title, entries in re.findall(r"^([A-Z][\w ]*):\n((?:  .*\n|\n)+)", text + "\n", re.MULTILINE):
            if title not in ("Usage", "Options", "Arguments"):
                left += [(*path, name) for name in re.findall(r"^  ([a-z][a-z-]+)  ", entries, re.MULTILINE)]
    (out / "help.txt").write_text("\n".join(f"== {name}\n{texts[name]}" for name in sorted(texts)), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, help="folder that holds real sounds in audio/")
    chosen = parser.parse_args()
    out, work = chosen.out, chosen.out.with_name(f"{chosen.out.name}-work")
    for folder in (out, work):
        folder.mkdir(parents=True, exist_ok=True)
    home = work / "home"
    simulations(home, work, out)
    sound = work / "simulated-1.flac"
    if chosen.data:
        sound = work / "real.wav"
        real_sound(chosen.data / "audio", sound)
    scores(home, sound, out)
    session(home, out)
    head(home, work, out)
    exports(home, work, out)
    helps(home, out)


if __name__ == "__main__":
    main()
