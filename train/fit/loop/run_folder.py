"""The folder of a training run: what went in, how it went, and a state from which it goes on after a kill.

``run.json`` says exactly what went in and never changes; ``metrics.jsonl`` has a line for every check;
``<stage>.safetensors`` is the newest state of a stage, replaced whole.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import mlx.core as mx

from engine.core.durable_writes import sync
from engine.core.errors import InputError, UsageError
from engine.core.files import PRIVATE_FILE, open_private, private_folder, write_whole, write_whole_json

RUN_FILE: Final = "run.json"
METRICS_FILE: Final = "metrics.jsonl"
ORPHANED_S: Final = 3600.0
"""How long a task waits for a worker that is still at the same one: whoever asked for it there was killed, and a worker
ends what it has begun."""
_LOCK: Final = ".lock"
_LOOK_S: Final = 0.5
_MADE_WITH: Final = ("acoustic-momentum", "mlx", "numpy")
RENAMED: Final = {"strips": "segments", "strip_windows": "segment_windows", "pieces": "crops", "sharpen": "fine_tune"}
"""Settings that were called otherwise before: a run folder that was begun then goes on as any other does, and files of
settings say what they said."""
_ELSEWHERE: Final = "Give another folder with --run, or the settings that this run was started with."


class RunFolder:
    """A run's folder, this process's alone until ``close``.

    Args:
        path: made if missing.
        inputs: all settings and all that is trained on, as JSON; a folder with another run is refused, and so is
            one begun with other versions of what computes it.
        patience_s: how long to wait for another process in it, in seconds.

    Raises:
        UsageError: the folder holds a run with other inputs, or another process is working in it.
    """

    def __init__(self, path: Path, inputs: Mapping[str, Any], patience_s: float = 0.0) -> None:
        self.path = private_folder(path)
        self._lock = open_private(path / _LOCK, os.O_RDWR)
        if not _locked(self._lock, patience_s):
            os.close(self._lock)
            raise UsageError(f"another process is training in {path}", "Wait for it, or use another folder.")
        run_file = path / RUN_FILE
        self.resumed = run_file.exists()
        wanted: dict[str, Any] = json.loads(
            json.dumps({"versions": {name: version(name) for name in _MADE_WITH}, **inputs})
        )
        if self.resumed:
            there = _read_json(run_file)
            if "settings" in there:
                there["settings"] = _renamed(there["settings"])
            if there != wanted:
                self.close()
                raise UsageError(
                    f"{path} holds a run that was started otherwise: {_difference(there, wanted)}", _ELSEWHERE
                )
        else:
            write_whole_json(run_file, wanted)

    def close(self) -> None:
        """Let another process go on."""
        os.close(self._lock)

    def stage(self, name: str) -> "StageState":
        """Where the stage ``name`` keeps its state."""
        return StageState(self, name)

    def metrics(self) -> list[dict[str, Any]]:
        """All lines so far; one that a kill cut short is left out."""
        path = self.path / METRICS_FILE
        rows = []
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.endswith("\n"):
                    rows.append(json.loads(line))
        return rows

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a line to the metrics."""
        path = self.path / METRICS_FILE
        with os.fdopen(open_private(path, os.O_WRONLY | os.O_APPEND), "w", encoding="utf-8") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")

    def keep_metrics(self, stage: str, last_step: int) -> None:
        """Drop what ``stage`` wrote after ``last_step``, which is about to be done again."""
        kept = [row for row in self.metrics() if row.get("stage") != stage or row["step"] <= last_step]
        if (self.path / METRICS_FILE).exists():
            write_whole(self.path / METRICS_FILE, "".join(json.dumps(row) + "\n" for row in kept).encode())


class StageState:
    """The newest state of one stage: arrays and a few numbers, in one file that is replaced whole."""

    def __init__(self, run: RunFolder, name: str) -> None:
        self.run = run
        self.name = name
        self._path = run.path / f"{name}.safetensors"

    def save(self, arrays: Mapping[str, mx.array], numbers: Mapping[str, Any]) -> None:
        """Replace the state."""
        temporary = self._path.with_name(f".new-{self._path.name}")
        mx.save_safetensors(str(temporary), dict(arrays), {"numbers": json.dumps(numbers)})
        temporary.chmod(PRIVATE_FILE)
        with temporary.open("rb") as file:
            sync(file.fileno())
        temporary.replace(self._path)

    def load(self) -> tuple[dict[str, mx.array], dict[str, Any]] | None:
        """The newest state, None before the first. Raises ``InputError`` when it can't be read."""
        if not self._path.exists():
            return None
        try:
            loaded: Any = mx.load(str(self._path), format="safetensors", return_metadata=True)
            arrays, metadata = loaded
            return dict(arrays), json.loads(metadata["numbers"])
        except (RuntimeError, ValueError, KeyError) as fault:
            raise InputError(f"{self._path} can't be read: {fault}", "Start again in another folder.") from fault


def digest_of(inputs: Mapping[str, Any]) -> str:
    """A name for all that a run depends on: the SHA-256 of its JSON."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _locked(file: int, patience_s: float) -> bool:
    """Lock it; False where another process holds it for so long."""
    until_s = monotonic() + patience_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= until_s:
                return False
            sleep(_LOOK_S)
        else:
            return True


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{path} can't be read: {fault}", "Start again in another folder.") from fault
    return found


def _renamed(settings: Any) -> Any:
    """Settings of a run under the names that they have now."""
    if not isinstance(settings, dict):
        return settings
    return {RENAMED.get(name, name): _renamed(value) for name, value in settings.items()}


def _difference(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """The first setting that differs, for a person."""
    for name in sorted(set(there) | set(wanted)):
        one, other = there.get(name), wanted.get(name)
        if one != other:
            if isinstance(one, dict) and isinstance(other, dict):
                return f"{name}: {_difference(one, other)}"
            return f"{name} was {str(one)[:60]} and is {str(other)[:60]}"
    return "nothing"
