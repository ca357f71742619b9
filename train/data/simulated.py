"""Simulated matches on disk: their log-mel frames and the simulator's own truth, drawn from seeds.

A match is the stretch of a simulated recording that a seed decides, heard through the program's own ``LogMel``. The
truth file is written last and in one piece: a match that has one is whole, so drawing can be killed at any moment and
taken up again. The same seeds give the same files.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import LogMel
from engine.core.errors import InputError
from engine.core.files import private_folder, remove_unfinished, whole_file
from engine.core.signals import Samples
from engine.football.events import EventKind, RecordedEvent
from engine.football.match_clock import MatchOnSound
from engine.simulator.match import Score, SimulatedMatch
from engine.simulator.sound_cues import ALARMS, Confuser, Cue, Reaction
from engine.simulator.truth import Sounding
from train.data import packed_mel as features
from train.data.match_folder import GRID
from train.data.simulation_plans import Plan, random_plan
from train.jobs.run_tasks import run_tasks
from train.jobs.task import Result, Task
from train.jobs.workers import InThisProcess, Workers

SCHEMA: Final = 1
KINDS: Final = tuple(sorted([kind.value for kind in Reaction] + [kind.value for kind in Confuser]))
"""Everything the simulator can let sound; the order of the tags in training."""
ALARM_KINDS: Final = frozenset(kind.value for kind in ALARMS)
_REDRAW = "Delete the folder and draw the matches again."
Progress = Callable[[int, int, float], None]
"""Called with matches done, matches in all, and minutes of sound drawn by this process."""


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedRecording:
    """A simulated match on disk. ``frames`` counts them; ``sounds`` is in order of onset, those that are no cry real
    recordings where it is ``recorded``. ``heard`` (steps, classes) is what a tagger says of it, None where none was
    asked."""

    id: str
    path: Path
    frames: int
    on_sound: MatchOnSound
    sounds: tuple[Sounding, ...]
    sha256: str
    recorded: bool = False
    heard: NDArray[np.float32] | None = None

    def mel(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` in dB, float32 (n, MEL_BANDS); only these are read."""
        packed = np.memmap(self.path, np.uint8, "r", shape=(self.frames, features.BYTES_A_FRAME))
        return features.unpack(packed[start:stop])


def simulate_matches(
    folder: Path, seeds: Iterable[int], minutes: float, progress: Progress, workers: Workers | None = None
) -> list[SimulatedRecording]:
    """The matches that ``seeds`` draw, ``minutes`` of each. One seed is one venue. Errors as ``simulate_plans``."""
    return simulate_plans(folder, [random_plan(seed, minutes) for seed in seeds], progress, workers)


def simulate_plans(
    folder: Path, plans: Sequence[Plan], progress: Progress, workers: Workers | None = None
) -> list[SimulatedRecording]:
    """The matches of ``plans`` in ``folder``; those that are not there yet are drawn, by ``workers`` or else here.

    Raises ``InputError`` when the folder holds matches of another length or grid, or events can't be read.
    """
    folder = private_folder(folder).absolute()
    missing = []
    for plan in plans:
        file = folder / f"{plan.name}.json"
        if file.exists():
            read_match(file, plan.minutes)
        else:
            missing.append(Task(plan.name, draw, (folder, plan), {"folder": str(folder), "plan": plan.name}))
    done, drawn_min = len(plans) - len(missing), 0.0
    progress(done, len(plans), drawn_min)
    for _, result in run_tasks(missing, workers or InThisProcess(), _nobody, "drawing"):
        done, drawn_min = done + 1, drawn_min + result["minutes"]
        progress(done, len(plans), drawn_min)
    remove_unfinished(folder, {file.name for plan in plans for file in _files_of(folder, plan.name)})
    return [read_match(folder / f"{plan.name}.json", plan.minutes) for plan in plans]


def draw(given: tuple[Path, Plan]) -> Result:
    """Simulate a match into a folder: its frames, and then its truth. Returns the minutes of sound.

    A worker that seemed to be lost may do the same just now: each writes files of its own, the same to the bit.
    """
    folder, plan = given
    score = plan.score()
    log_mel = LogMel()
    digest = hashlib.sha256()
    sound: list[Samples] = []
    frames = 0
    path, told, known = _files_of(folder, plan.name)
    with whole_file(path, replace=True) as unfinished, unfinished.open("wb") as file:
        for chunk in SimulatedMatch(score, play=plan.play, bedding=plan.bedding).chunks():
            if plan.ear is not None:
                sound.append(chunk)
            mel = log_mel.push(chunk)
            data = features.pack(mel).tobytes()
            file.write(data)
            digest.update(data)
            frames += len(mel)
    if plan.ear is not None:
        heard = plan.ear(np.concatenate(sound)).astype(np.float16)
        digest.update(heard.tobytes())
        with whole_file(told, replace=True) as unfinished, unfinished.open("wb") as file:
            np.save(file, heard, allow_pickle=False)
    truth = {"schema": SCHEMA, "grid": GRID, "seed": plan.seed, "minutes": plan.minutes, "frames": frames}
    truth |= {"sha256": digest.hexdigest()} | _truth(score) | {"recorded": plan.recorded}
    with whole_file(known, replace=True) as unfinished:
        unfinished.write_text(json.dumps(truth, separators=(",", ":")), encoding="utf-8")
    return {"minutes": plan.minutes}


def _files_of(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """A match's frames, what a tagger heard in them, and its truth, which is written last."""
    return folder / f"{name}.mel12", folder / f"{name}.heard.npy", folder / f"{name}.json"


def _nobody(step: str, done: float, total: float | None, note: str = "") -> None:
    """Who draws is told by matches and minutes."""


def _truth(score: Score) -> dict[str, Any]:
    shots = [
        {"t_s": event.t_s, "goal": event.is_goal, "xg": event.xg}
        for event in score.timeline.events
        if event.kind in (EventKind.GOAL, EventKind.SHOT)
    ]
    return {
        "moments": shots,
        "play": [(period.start_s, period.end_s) for period in score.timeline.periods],
        "sounds": [_sounding(cue) for cue in score.cues],
        "venue": score.venue.summary(),
    }


def _sounding(cue: Cue) -> dict[str, Any]:
    return {
        "kind": cue.kind.value,
        "onset_s": cue.onset_s,
        "peak_s": cue.peak_s,
        "end_s": cue.end_s,
        "level_db": cue.level_db,
        "cause": cue.cause,
    }


def _shot(row: Mapping[str, Any]) -> RecordedEvent:
    return RecordedEvent(row["t_s"], EventKind.GOAL if row["goal"] else EventKind.SHOT, xg=row["xg"])


def read_match(path: Path, minutes: float | None = None) -> SimulatedRecording:
    """The match whose truth file is ``path``. Raises ``InputError`` when it can't be used."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        if row["schema"] != SCHEMA or row["grid"] != GRID:
            raise InputError(f"{path} was drawn by another version of the program", _REDRAW)
        if minutes is not None and row["minutes"] != minutes:
            raise InputError(
                f"{path} is a match of {row['minutes']:g} minutes, not {minutes:g}",
                "Take another folder for matches of another length.",
            )
        shots = tuple(_shot(shot) for shot in row["moments"])
        play = tuple((float(start), float(end)) for start, end in row["play"])
        sounds = tuple(Sounding(**sounding) for sounding in row["sounds"])
        frames, sha256 = int(row["frames"]), str(row["sha256"])
        mel = path.with_suffix(".mel12")
        if mel.stat().st_size != frames * features.BYTES_A_FRAME:
            raise InputError(f"{mel} is cut short", _REDRAW)
        told = path.with_suffix(".heard.npy")
        heard = np.load(told, allow_pickle=False).astype(np.float32) if told.exists() else None
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise InputError(f"{path} can't be read: {fault}", _REDRAW) from fault
    return SimulatedRecording(
        path.stem, mel, frames, MatchOnSound(shots, play), sounds, sha256, bool(row.get("recorded")), heard
    )
