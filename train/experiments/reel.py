"""A test reel of real sounds: ``python -m train.experiments.reel OUT --data FOLDER [--seed N] [--hours 1] [--moods]``.

Real beds joined, and every 14 to 26 s one clip over them, its loudest 0.4 s 6 to 15 dB above the bed whatever it is: a
scorer that only hears loudness can't tell a roar from a whistle. ``OUT.flac`` is the sound, ``OUT.json`` its truth.
With ``--moods`` the crowd loops that have a mood instead, each after a neutral stretch of the same crowd.

**Folds.** Sounds that shipped weights may learn from are in the reel too. For a fair test they are dealt into
``train.data.real_sounds.sound_manifest.FOLDS`` folds by the names of their files; weights number k of
``--fold-weights`` must have been trained without the sounds of fold k, and each clip is heard by weights that were
trained without it. The other clips are in no fold, since nothing was ever trained on them; they are heard by the
weights of all folds, and the mean counts. The shipped weights may have heard all usable sounds: heard by them alone,
those clips are marked ``heard``.
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from engine.core import grid
from engine.core.errors import InputError, UsageError
from engine.core.files import open_private
from engine.core.signals import Samples
from train.data.real_sounds.reel_truth import FIRST_S, GAP_S, Mood, Placed, ReelTruth, write_truth
from train.data.real_sounds.sound_manifest import Clip, load, read_manifest

LEVEL_DB: Final = (6.0, 15.0)
LONGEST_S: Final = 12.0
DECK: Final[Mapping[str, int]] = {
    "reaction": 6,
    "applause": 1,
    "boo": 1,
    "speech": 2,
    "whistle": 2,
    "drums": 2,
    "fanfare": 2,
    "drum and chant": 1,
    "surroundings": 3,
}
"""Of twenty clips in a row, how many are of each group; within a group every sort of clip comes in turn."""
FROM_ANYWHERE: Final = frozenset({"speech", "drum and chant"})
"""Groups whose clips have no beginning worth keeping: a stretch from anywhere in them."""
BED_DBFS: Final = -32.0
NEUTRAL_S: Final = 45.0

_RATE: Final = grid.SAMPLE_RATE_HZ
_LOUDEST: Final = round(0.4 * _RATE)
_QUIET_DB: Final = -30.0
_BED_S: Final = (40.0, 90.0)
_JOIN_S: Final = 2.0
_LOOP_JOIN_S: Final = 0.5


def build(data: Path, out: Path, seed: int, hours: float, force: bool = False) -> ReelTruth:
    """Write a reel of ``hours`` to ``out`` (FLAC) and its truth beside it; the same seed gives the same sound.

    Raises:
        InputError: the folder lacks beds or one of the groups, or a file can't be read.
        UsageError: the length is no reel's, or the files are there already and ``force`` is False.
    """
    if not 0.03 <= hours <= 24:
        raise UsageError(f"a reel of {hours:g} hours", "Ask for 0.03 to 24 hours.")
    clips = read_manifest(data)
    for group in ("bed", *DECK):
        if not any(clip.group == group for clip in clips):
            raise InputError(f"{data} holds no clip of the group {group!r}", "Give a folder with all of them.")
    rng = np.random.default_rng([seed, 1])
    sounds = _Sounds(data)
    placed, pieces = _place(clips, sounds, rng, hours * 3600.0)
    truth = ReelTruth(seed, round(hours * 3600.0, 3), tuple(placed))
    bed = _bed([clip for clip in clips if clip.group == "bed"], sounds, np.random.default_rng([seed, 2]))
    _write(out, _mixed(bed, placed, pieces, round(hours * 3600.0 * _RATE)), truth, force)
    return truth


def build_moods(data: Path, out: Path, force: bool = False) -> ReelTruth:
    """Write every crowd loop that has a mood, each after ``NEUTRAL_S`` of the neutral loop of the same crowd.

    Raises as ``build`` does.
    """
    loops = [(clip, *_mood_of(clip)) for clip in read_manifest(data) if clip.kind == "crowd_mood"]
    neutral = {size: clip for clip, size, mood in loops if mood == 0}
    if not loops or any(size not in neutral for _, size, _ in loops):
        raise InputError(f"{data} holds no crowd loops with a neutral one for each size", "Give a folder with them.")
    sounds, parts, moods, at_s = _Sounds(data), [], [], 0.0
    for clip, size, mood in sorted(loops, key=lambda loop: (loop[1], loop[2])):
        before = _repeated(_seamless(sounds[neutral[size]]), round(NEUTRAL_S * _RATE), 0)
        sound = sounds[clip]
        parts += [before, sound]
        onset_s = at_s + NEUTRAL_S
        at_s = onset_s + len(sound) / _RATE
        moods.append(Mood(round(onset_s, 3), round(at_s, 3), size, mood, clip.file))
    truth = ReelTruth(0, round(at_s, 3), moods=tuple(moods))
    _write(out, iter(parts), truth, force)
    return truth


class _Sounds:
    """The clips of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Samples] = {}

    def __getitem__(self, clip: Clip) -> Samples:
        if clip.file not in self._read:
            self._read[clip.file] = load(self._folder, clip)
        return self._read[clip.file]


def _place(
    clips: Sequence[Clip], sounds: _Sounds, rng: np.random.Generator, duration_s: float
) -> tuple[list[Placed], list[Samples]]:
    """Which clip stands where, and what of it is heard, at its level."""
    groups = _endless([group for group, count in DECK.items() for _ in range(count)], rng)
    decks = {group: _turns([clip for clip in clips if clip.group == group], rng) for group in DECK}
    placed, pieces = [], []
    onset_s = FIRST_S
    while onset_s + LONGEST_S < duration_s:
        clip = next(decks[next(groups)])
        level_db = float(rng.uniform(*LEVEL_DB))
        piece = _at_level(_heard_part(sounds[clip], clip.group, rng), BED_DBFS + level_db)
        end_s = onset_s + len(piece) / _RATE
        placed.append(
            Placed(round(onset_s, 4), round(end_s, 4), clip.group, clip.what, clip.file, round(level_db, 2), clip.fold)
        )
        pieces.append(piece)
        onset_s += float(rng.uniform(*GAP_S))
    return placed, pieces


def _endless(cards: Sequence[Any], rng: np.random.Generator) -> Iterator[Any]:
    """The cards in a drawn order, again and again."""
    while True:
        for number in rng.permutation(len(cards)).tolist():
            yield cards[number]


def _turns(clips: Sequence[Clip], rng: np.random.Generator) -> Iterator[Clip]:
    """The sorts of clips in turn, and the clips of each in turn."""
    sorts = sorted({clip.sort for clip in clips})
    within = {sort: _endless([clip for clip in clips if clip.sort == sort], rng) for sort in sorts}
    for sort in _endless(sorts, rng):
        yield next(within[sort])


def _heard_part(sound: Samples, group: str, rng: np.random.Generator) -> Samples:
    """At most ``LONGEST_S`` of a clip, without the quiet before and after it, so that its onset is one."""
    longest = round(LONGEST_S * _RATE)
    if group in FROM_ANYWHERE and len(sound) > longest:
        first = int(rng.integers(len(sound) - longest + 1))
        sound = sound[first : first + longest]
    step = _RATE // 50
    power = np.square(sound[: len(sound) // step * step], dtype=np.float64).reshape(-1, step).mean(axis=1)
    loud = np.flatnonzero(power > loudest_power(sound) * 10 ** (_QUIET_DB / 10))
    if len(loud):
        sound = sound[loud[0] * step : (loud[-1] + 1) * step]
    sound = sound[:longest].copy()
    fade = min(round(0.02 * _RATE), len(sound))
    sound[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


def loudest_power(sound: Samples) -> float:
    """Mean power of the loudest 0.4 s, or of all of a shorter sound."""
    window = min(_LOUDEST, len(sound))
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    return float((sums[window:] - sums[:-window]).max() / window)


def _at_level(sound: Samples, level_dbfs: float) -> Samples:
    return sound * np.float32(10 ** (level_dbfs / 20) / np.sqrt(max(loudest_power(sound), 1e-12)))


def _seamless(sound: Samples) -> Samples:
    """The sound with its end blended into its beginning, so that it can be repeated."""
    join = min(round(_LOOP_JOIN_S * _RATE), len(sound) // 4)
    turn = np.linspace(0, np.pi / 2, join, dtype=np.float32)
    looped = sound[: len(sound) - join].copy()
    looped[:join] = looped[:join] * np.sin(turn) + sound[len(sound) - join :] * np.cos(turn)
    return looped


def _repeated(loop: Samples, length: int, first: int) -> Samples:
    return np.take(loop, np.arange(first, first + length), mode="wrap")


def _bed(beds: Sequence[Clip], sounds: _Sounds, rng: np.random.Generator) -> Iterator[Samples]:
    """Beds of one loudness without end, each repeated for a while and blended into the next."""
    loops = {}
    for clip in beds:
        loop = _seamless(sounds[clip])
        loops[clip.file] = loop * np.float32(
            10 ** (BED_DBFS / 20) / np.sqrt(np.mean(np.square(loop, dtype=np.float64)))
        )
    join = round(_JOIN_S * _RATE)
    turn = np.linspace(0, np.pi / 2, join, dtype=np.float32)
    tail = np.zeros(join, np.float32)
    for clip in _endless(beds, rng):
        loop = loops[clip.file]
        piece = _repeated(loop, round(rng.uniform(*_BED_S) * _RATE) + join, int(rng.integers(len(loop))))
        piece[:join] = piece[:join] * np.sin(turn) + tail * np.cos(turn)
        tail = piece[len(piece) - join :]
        yield piece[: len(piece) - join]


def _mixed(
    bed: Iterable[Samples], placed: Sequence[Placed], pieces: Sequence[Samples], length: int
) -> Iterator[Samples]:
    """The bed with the clips over it, piece by piece, ``length`` samples in all."""
    start = 0
    for piece in bed:
        out = piece[: length - start].copy()
        for clip, sound in zip(placed, pieces, strict=True):
            first = round(clip.onset_s * _RATE) - start
            begin, end = max(first, 0), min(first + len(sound), len(out))
            if begin < end:
                out[begin:end] += sound[begin - first : end - first]
        yield out
        start += len(out)
        if start >= length:
            return


def _mood_of(clip: Clip) -> tuple[str, int]:
    """Size and mood from a name that ends in ``v<size>_l<mood + 3>``."""
    size, _, mood = Path(clip.file).stem.rpartition("_l")
    if not size or not mood.isdecimal():
        raise InputError(f"{clip.file} does not say its size and mood", "Name it …_v1_l0 to …_v4_l6.")
    return size.rpartition("_")[2], int(mood) - 3


def _write(out: Path, pieces: Iterator[Samples], truth: ReelTruth, force: bool) -> None:
    truth_file = out.with_suffix(".json")
    taken = [file for file in (out, truth_file) if file.exists()]
    if taken and not force:
        raise UsageError(f"{taken[0]} is there already", "Choose another name, or replace it with --force.")
    descriptor = open_private(out, os.O_RDWR | os.O_TRUNC)
    with os.fdopen(descriptor, "w+b") as raw, soundfile.SoundFile(raw, "w", _RATE, 1, "PCM_16", format="FLAC") as flac:
        for piece in pieces:
            flac.write(np.clip(piece, -1.0, 1.0))
    write_truth(truth, truth_file)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.reel", description="Make a test reel of real sounds."
    )
    parser.add_argument("out", type=Path, help="the sound to write, OUT.flac; OUT.json is its truth")
    parser.add_argument("--data", type=Path, required=True, help="a folder of sounds with its MANIFEST.csv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--moods", action="store_true", help="crowd loops in all moods instead")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    chosen = parser.parse_args()
    try:
        if chosen.moods:
            truth = build_moods(chosen.data, chosen.out, chosen.force)
        else:
            truth = build(chosen.data, chosen.out, chosen.seed, chosen.hours, chosen.force)
    except (InputError, UsageError) as fault:
        parser.exit(fault.exit_code, f"{fault.message}\n  {fault.hint}\n")
    print(f"{chosen.out}: {truth.duration_s / 60:.1f} min, {len(truth.clips) or len(truth.moods)} clips")  # noqa: T201


if __name__ == "__main__":
    main()
