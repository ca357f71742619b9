"""How well alignment does on simulated sound: real timelines, drawn grounds, unknown kick-offs, every confuser on.

Run as ``python -m train.experiments.alignment_study --open-data DIR --out DIR``, best with ``nice``. Sounds are kept
in ``--out`` as frames, so that a run that was stopped goes on where it was, and one with better code hears the same
sounds.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import LogMel
from engine.core.as_program import as_program
from engine.football.alignment.align import align
from engine.football.alignment.result import AlignmentRefused
from engine.football.events import MatchEvents
from engine.football.statsbomb import load_from_folder, match_ids
from engine.simulator.match import SimulatedMatch, plan_match
from engine.simulator.real_timeline import to_timeline
from train.data import packed_mel as features

BEFORE_S = (0.0, 1200.0)
HALF_TIME_S = (720.0, 1200.0)
AFTER_S = (10.0, 240.0)
WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Case:
    """A simulated recording: which match was played, and when it truly kicked off (s)."""

    number: int
    match_id: int
    kick_off_s: tuple[float, ...]
    mel: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Errors (s) of the kick-offs found, or None and why it was refused."""

    errors_s: tuple[float, ...] | None
    detail: str


def make_case(number: int, seed: int, ids: Sequence[int], open_data: Path, kept: Path) -> Case:
    """The recording of that number, from ``kept`` if it was made before."""
    path = kept / f"sound-{seed}-{number:03d}.npz"
    if not path.exists():
        rng = np.random.default_rng([seed, number])
        match_id = ids[number % len(ids)]
        timeline = to_timeline(
            load_from_folder(open_data, match_id),
            kickoff_s=float(rng.uniform(*BEFORE_S)),
            half_time_s=float(rng.uniform(*HALF_TIME_S)),
            after_s=float(rng.uniform(*AFTER_S)),
        )
        mel = LogMel()
        packed = [
            features.pack(mel.push(block.samples))
            for block in SimulatedMatch(plan_match(int(rng.integers(2**31)), timeline)).blocks()
        ]
        starts = [period.start_s for period in timeline.periods]
        temporary = path.with_suffix(".new.npz")
        np.savez(temporary, match_id=match_id, kick_off_s=starts, packed=np.concatenate(packed))
        temporary.replace(path)
    with np.load(path) as found:
        kick_offs = tuple(float(t_s) for t_s in found["kick_off_s"])
        return Case(number, int(found["match_id"]), kick_offs, features.unpack(found["packed"]))


def judge(case: Case, match: MatchEvents) -> Outcome:
    """Align the recording with the events of ``match``, which need not be its own."""
    try:
        found = align(case.mel, match)
    except AlignmentRefused as refusal:
        return Outcome(None, refusal.message)
    truth = zip(match.periods, case.kick_off_s, strict=True)
    errors = tuple(found.kick_off_s[period.number] - t_s for period, t_s in truth)
    return Outcome(errors, f"confidence {found.confidence:.4f}, crowd lag {found.lag_s:.1f} s")


def other_matches(number: int, seed: int, own: int, ids: Sequence[int], count: int) -> Iterator[int]:
    """Ids of ``count`` matches other than ``own``, drawn for the recording of that number."""
    others = [match_id for match_id in ids if match_id != own]
    yield from (int(i) for i in np.random.default_rng([seed, number, 1]).choice(others, count, replace=False))


def run(open_data: Path, kept: Path, matches: int, wrong: int, seed: int, out: TextIO) -> bool:
    """Judge ``matches`` recordings with their own events and ``wrong`` times with others'; whether both bars hold."""
    ids = match_ids(open_data)
    right: list[float] = []
    refused_own = refused_other = tried = 0
    for number in range(matches):
        case = make_case(number, seed, ids, open_data, kept)
        outcome = judge(case, load_from_folder(open_data, case.match_id))
        refused_own += outcome.errors_s is None
        right += outcome.errors_s or ()
        shown = "refused" if outcome.errors_s is None else " ".join(f"{error:+6.2f} s" for error in outcome.errors_s)
        out.write(f"{number:3d}  own events {case.match_id}  {shown}  {outcome.detail}\n")
        share = wrong // matches + (number < wrong % matches)
        for match_id in other_matches(number, seed, case.match_id, ids, share):
            outcome = judge(case, load_from_folder(open_data, match_id))
            tried += 1
            refused_other += outcome.errors_s is None
            verdict = "refused" if outcome.errors_s is None else "ACCEPTED"
            out.write(f"{number:3d}  events of {match_id}  {verdict}  {outcome.detail}\n")
        out.flush()
    halves = 2 * matches
    near = sum(abs(error) <= WITHIN_S for error in right)
    out.write(
        f"\nown events: {near} of {halves} halves within {WITHIN_S:g} s ({100 * near / halves:.1f} %, bar 95 %), "
        f"{refused_own} of {matches} refused\n"
        f"another match's events: {refused_other} of {tried} refused (bar 48 of 50)\n"
    )
    if right:
        spread = np.percentile(np.abs(right), [50, 90])
        out.write(
            f"error: mean {np.mean(right):+.2f} s, half of them below {spread[0]:.2f} s, 90 % {spread[1]:.2f} s\n"
        )
    return near >= 0.95 * halves and refused_other >= 0.96 * tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m train.experiments.alignment_study", description=__doc__)
    parser.add_argument("--open-data", type=Path, required=True, help="folder of StatsBomb's open data")
    parser.add_argument("--out", type=Path, required=True, help="folder for the simulated sounds, about 16 MB each")
    parser.add_argument("--matches", type=int, default=40)
    parser.add_argument("--wrong", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return 0 if run(given.open_data, given.out, given.matches, given.wrong, given.seed, sys.stdout) else 1


if __name__ == "__main__":
    sys.exit(as_program(main))
