"""How close the simulated crowd is to the measured one: ``python -m train.experiments.simulator_fidelity --statistics
FILE [--venues N] [--taggers FOLDER [--sounds FOLDER] [--recorded FOLDER ...]] [--people]``.

For every kind in the statistics (``crowd_statistics.json``: mean spectra of real recordings and how far apart their
sources lie) the same is measured on drawn grounds, through their rooms and microphones, and both stand in one table.
With ``--taggers`` a second one follows: what a stranger's ear says (``train.experiments.tagger_fidelity``).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.as_program import as_program
from engine.core.errors import InputError
from engine.core.signals import Samples
from engine.simulator import confuser_schedule
from engine.simulator import crowd_behaviour as crowd
from engine.simulator.acoustics import CHUNK, Bus
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.match import Score, SimulatedMatch, draws_for, in_order, play_cue
from engine.simulator.sound_cues import Confuser, Cue, Reaction
from engine.simulator.timeline import Timeline
from engine.simulator.venue import Texture, Venue, draw_venue
from train.data.real_sounds.recordings_in_grounds import Recordings
from train.experiments import tagger_fidelity

Table = NDArray[np.float64]

CRIES: Final = {"roar": Reaction.ROAR, "groan": Reaction.GROAN, "applause": Reaction.APPLAUSE}
ALONE: Final = {"whistle": (Confuser.WHISTLE,), "drum_fanfare_horn": (Confuser.DRUMS, Confuser.HORNS)}
"""Kinds that were recorded close, without a crowd around them."""
MODULATION_HZ: Final = ((0.25, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0))
_ENVELOPE_STEP: Final = grid.HOP // 4
_LEVEL_STEP: Final = grid.HOP // 2
_AFTER_S: Final = 1.0
"""A recording of a cry or a whistle goes on for a moment after it."""
_LONGEST_S: Final = 8.2
"""As long as the measured recordings of roars were on average: their last seconds are not in the figures."""
_BED_S, _PAUSE_S, _CHANT_S = 14.0, 6.0, 14.0


class Scene(NamedTuple):
    """A stretch of one kind, with the second of quiet before it where there is one."""

    kind: str
    sound: Samples
    before: Samples


def draw_scenes(seed: int) -> list[Scene]:
    """One ground's bed, roar, groan, applause and chant over that bed, and its whistle and drums or horns alone."""
    venue = draw_venue(draws_for(seed, "venue"))
    rng = draws_for(seed, "fidelity")
    cues: list[Cue] = []
    spans: list[tuple[str, float, float]] = [("bed", 2.0, _BED_S)]
    at_s = _BED_S + 2.0
    for name, kind in CRIES.items():
        level_db = {"roar": rng.normal(13.5, 2.5), "groan": rng.normal(13.5, 2.5), "applause": rng.normal(9.0, 2.0)}[
            name
        ]
        cue = crowd.make_reaction(rng, kind, at_s, float(np.clip(level_db, 5.0, 21.0)))
        cues.append(cue)
        spans.append((name, at_s, min(cue.end_s + _AFTER_S, at_s + _LONGEST_S)))
        at_s = cue.end_s + _PAUSE_S
    song = crowd.make_chant(rng, venue, at_s, _CHANT_S, float(rng.normal(11.0, 2.0)))
    cues += song
    spans.append(("chant", at_s, song[-1].end_s))
    duration_s = song[-1].end_s + 2.0
    points = int(duration_s / crowd.MOOD_STEP_S) + 8
    mood = Mood(np.zeros(points), np.zeros(points))
    score = Score(seed, venue, Timeline((), (), duration_s), mood, in_order(cues))
    sound = np.concatenate(list(SimulatedMatch(score).chunks()))
    scenes = [Scene(name, _part(sound, a, b), _part(sound, a - 1.0, a)) for name, a, b in spans]
    for name, kinds in ALONE.items():
        alone = kinds[int(rng.integers(len(kinds)))]
        seconds = float(np.clip(confuser_schedule.draw_length_s(rng, alone), 0.5, 9.0))
        cue = confuser_schedule.make_confuser(rng, alone, 0.0, seconds, 0.0)[0]
        scenes.append(Scene(name, _alone(seed, venue, cue), np.zeros(0, np.float32)))
    return scenes


def _part(sound: Samples, start_s: float, end_s: float) -> Samples:
    return sound[int(start_s * grid.SAMPLE_RATE_HZ) : int(end_s * grid.SAMPLE_RATE_HZ)]


def _alone(seed: int, venue: Venue, cue: Cue) -> Samples:
    """A cue through its room and the microphone's response, without a bed."""
    bus = Bus(draws_for(seed, f"room {cue.place.value}"), replace(venue, reverberation_s=0.4), cue.place)
    dry = play_cue(cue, venue)
    length = len(dry) + int(_AFTER_S * grid.SAMPLE_RATE_HZ)
    padded = np.concatenate([dry, np.zeros(2 * CHUNK - len(dry) % CHUNK, np.float32)])
    heard = [bus.through(padded[first : first + CHUNK]) for first in range(0, len(padded), CHUNK)]
    return np.concatenate([part for part in heard if part is not None])[:length]


def spectrum_db(sound: Samples) -> Table:
    """Mean mel power in dB against the sum over the bands, shape (MEL_BANDS,)."""
    power = np.mean(10 ** (log_mel(sound).astype(np.float64) / 10), axis=0)
    return np.asarray(10 * np.log10(power / power.sum()))


def level_spread_db(sound: Samples) -> float:
    """Deviation of the level between windows of one second."""
    whole = len(sound) // grid.SAMPLE_RATE_HZ
    if whole < 2:
        return 0.0
    rows = sound[: whole * grid.SAMPLE_RATE_HZ].reshape(whole, -1).astype(np.float64)
    return float(np.std(10 * np.log10(np.mean(rows**2, axis=1) + 1e-12)))


def modulation_shares(sound: Samples) -> Table:
    """How the power of the envelope's movement is shared between the ranges of ``MODULATION_HZ``."""
    count = len(sound) // _ENVELOPE_STEP
    rows = sound[: count * _ENVELOPE_STEP].reshape(count, _ENVELOPE_STEP).astype(np.float64)
    envelope = np.sqrt(np.mean(rows**2, axis=1))
    power = np.abs(np.fft.rfft(envelope - envelope.mean())) ** 2
    hz = np.fft.rfftfreq(count, _ENVELOPE_STEP / grid.SAMPLE_RATE_HZ)
    shares = np.array([power[(hz >= low) & (hz < high)].sum() for low, high in MODULATION_HZ])
    return np.asarray(shares / max(shares.sum(), 1e-12))


def rise_height_decay(scene: Scene) -> tuple[float, float, float]:
    """Of a reaction: seconds from a tenth to nine tenths of its height in dB, that height, and dB a second after it.

    The level is the power of 23 ms, smoothed over 0.1 s; it starts where the quiet before was. The fall is a
    straight line through the level from the peak until it has come back to a quarter of the height.
    """
    sound = np.concatenate([scene.before, scene.sound])
    count = len(sound) // _LEVEL_STEP
    power = np.mean(sound[: count * _LEVEL_STEP].reshape(count, _LEVEL_STEP).astype(np.float64) ** 2, axis=1)
    power = np.convolve(power, np.ones(5) / 5, mode="same")
    level = 10 * np.log10(power + 1e-12)
    step_s = _LEVEL_STEP / grid.SAMPLE_RATE_HZ
    onset = len(scene.before) // _LEVEL_STEP
    start = float(np.mean(level[2 : max(onset - 2, 3)]))
    peak = onset + int(np.argmax(level[onset:-3]))
    height = float(level[peak]) - start
    climb = level[onset : peak + 1] - start
    below = np.flatnonzero(climb < 0.1 * height)
    low = int(below[-1]) if len(below) else 0
    high = low + int(np.argmax(climb[low:] >= 0.9 * height))
    back = np.flatnonzero(level[peak:] - start < 0.25 * height)
    end = peak + (int(back[0]) if len(back) else count - peak)
    fall = level[peak : max(end, peak + 5)]
    slope = float(np.polyfit(np.arange(len(fall)) * step_s, fall, 1)[0])
    return (high - low) * step_s, height, slope


def load_statistics(file: Path) -> dict[str, Any]:
    """The measured statistics. Raises ``InputError`` for a file that is missing or not of that form."""
    hint = "Name the file crowd_statistics.json."
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        for name in ("bed", *CRIES, *ALONE, "chant"):
            entry = data["kinds"][name]
            if len(entry["mel_db_re_total_mean"]) != grid.MEL_BANDS:
                raise InputError(f"{file}: {name} has not {grid.MEL_BANDS} bands", hint)
        for name in ("roar", "groan"):
            data["reactions"][name]["rise_10_90_s"]["p50"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} holds no crowd statistics: {error}", hint) from error
    return data


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report; ``holds`` is None where there is nothing to hold it against."""

    kind: str
    what: str
    simulated: str
    measured: str
    holds: bool | None


LEAST_BANDS: Final = 0.8
SPREAD_FACTOR: Final = 1.6
MODULATION_MOST: Final = 0.15


def compare(scenes: Sequence[Scene], statistics: dict[str, Any]) -> list[Line]:
    """All lines of the report.

    Spectra: the share of bands whose mean over grounds lies within one deviation between sources (a kind of which
    one source was measured has none, and gets no verdict). Level spread: the median within a factor of 1.6 of the
    measured one. Envelope modulation: every share within 0.15. Rise, height, decay: the median between the
    measured tenth and ninetieth percentile.
    """
    lines: list[Line] = []
    for kind, entry in statistics["kinds"].items():
        mine = [scene for scene in scenes if scene.kind == kind]
        if not mine:
            continue
        mean = np.mean([spectrum_db(scene.sound) for scene in mine], axis=0)
        off = np.abs(mean - np.array(entry["mel_db_re_total_mean"]))
        spread = np.array(entry["mel_db_re_total_std_between_sources"])
        several = int(entry["sources"]) > 1
        share = float(np.mean(off <= spread))
        seen = f"{100 * share:.0f} % of bands" if several else f"{np.median(off):.1f} dB off (median)"
        wanted = ">= 80 % within 1 std" if several else "one source, no std"
        lines.append(Line(kind, "spectrum", seen, wanted, share >= LEAST_BANDS if several else None))
        if entry["level_std_db_over_1s_windows_median"] > 0:
            level = float(np.median([level_spread_db(scene.sound) for scene in mine]))
            real = float(entry["level_std_db_over_1s_windows_median"])
            holds = real / SPREAD_FACTOR <= level <= real * SPREAD_FACTOR
            lines.append(Line(kind, "level spread", f"{level:.2f} dB", f"{real:.2f} dB", holds if several else None))
        shares = np.mean([modulation_shares(scene.sound) for scene in mine], axis=0)
        real_shares = np.array(list(entry["envelope_modulation_power_share"].values()))
        close = bool(np.all(np.abs(shares - real_shares) <= MODULATION_MOST))
        lines.append(Line(kind, "modulation", _row(shares), _row(real_shares), close if several else None))
    for kind in ("roar", "groan"):
        figures = np.array([rise_height_decay(scene) for scene in scenes if scene.kind == kind])
        if not len(figures):
            continue
        names = ("rise_10_90_s", "peak_above_start_db", "decay_db_per_s")
        for name, values in zip(names, figures.T, strict=True):
            low, high = sorted((statistics["reactions"][kind][name]["p10"], statistics["reactions"][kind][name]["p90"]))
            p10, p50, p90 = np.percentile(values, [10, 50, 90])
            lines.append(
                Line(
                    kind,
                    name,
                    f"{p50:.2f} ({p10:.2f} to {p90:.2f})",
                    f"{statistics['reactions'][kind][name]['p50']:.2f} ({low:.2f} to {high:.2f})",
                    bool(low <= p50 <= high),
                )
            )
    return lines


def _row(shares: Table) -> str:
    return " ".join(f"{share:.2f}" for share in shares)


def report(lines: Sequence[Line], venues: int) -> str:
    """The table as text."""
    head = (f"over {venues} grounds", "what", "simulated", "measured", "")
    verdict = {True: "holds", False: "MISSES", None: "-"}
    rows = [head, *((x.kind, x.what, x.simulated, x.measured, verdict[x.holds]) for x in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    text = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    judged = [line.holds for line in lines if line.holds is not None]
    return f"{text}\n{sum(judged)} of {len(judged)} hold\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit code 0 when every line holds, 1 when one misses."""
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.simulator_fidelity", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--statistics", type=Path, required=True)
    parser.add_argument("--venues", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--taggers", type=Path, help="a folder with a sound tagger, for the second table")
    parser.add_argument(
        "--sounds", type=Path, help="real clips (train.experiments.gather_sounds), to be told from simulated"
    )
    parser.add_argument("--people", action="store_true", help="in the second table, crowds made of single people")
    parser.add_argument(
        "--recorded",
        type=Path,
        action="append",
        default=[],
        help="in the second table, sounds as training plays recordings of this folder (may be given again)",
    )
    options = parser.parse_args(arguments)
    if options.recorded and options.taggers is None:
        parser.error("--recorded goes with --taggers")
    recordings = Recordings(options.recorded) if options.recorded else None
    statistics = load_statistics(options.statistics)
    scenes = [
        scene
        for seed in range(options.first_seed, options.first_seed + max(options.venues, 1))
        for scene in draw_scenes(seed)
    ]
    lines = compare(scenes, statistics)
    sys.stdout.write(report(lines, max(options.venues, 1)))
    if options.taggers is not None:
        seeds = range(options.first_seed, options.first_seed + max(options.venues, 1))
        texture = Texture.PEOPLE if options.people else Texture.NOISE
        heard, told = tagger_fidelity.listen(options.taggers, options.sounds, seeds, texture, recordings)
        sys.stdout.write("\n" + tagger_fidelity.report(heard, told, len(seeds), texture, bool(recordings)))
    return 0 if all(line.holds is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(as_program(main))
