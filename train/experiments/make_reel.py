"""A test reel of real sounds: ``python -m train.experiments.make_reel OUT --data FOLDER [--seed N] [--hours 1]
[--moods]``.

Real beds joined, and every 14 to 26 s one clip over them, its loudest 0.4 s 6 to 15 dB above the bed whatever it is: a
scorer that only hears loudness can't tell a roar from a whistle. ``OUT.flac`` is the sound, ``OUT.json`` its truth.
With ``--moods`` the crowd loops that have a mood instead, each after a neutral stretch of the same crowd; with
``--rises`` recordings in which a crowd rises, each after its own rest (``train.experiments.make_rises_reel``).

**Sources.** With ``--part val`` or ``test`` the reel is made of a folder from ``train.experiments.gather_sounds`` and
holds sounds of sources only that nothing was learned from: *val* for choosing, *test* to be opened once
(``train.data.real_sounds.parts`` has the rule).

**Folds.** Sounds that shipped weights may learn from are in the reel too. For a fair test they are dealt into
``train.data.real_sounds.sound_manifest.FOLDS`` folds by the names of their files; weights number k of
``--fold-weights`` must have been trained without the sounds of fold k, and each clip is heard by weights that were
trained without it. The other clips are in no fold, since nothing was ever trained on them; they are heard by the
weights of all folds, and the mean counts. The shipped weights may have heard all usable sounds: heard by them alone,
those clips are marked ``heard``.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.core import grid
from engine.core.as_program import as_program
from engine.core.errors import InputError, UsageError
from engine.core.signals import Samples
from train.data.real_sounds.parts import TEST, VAL
from train.data.real_sounds.reel_mixing import (
    BED_DBFS,
    LONGEST_S,
    Sounds,
    at_level,
    heard_part,
    repeated,
    seamless,
    write_reel,
)
from train.data.real_sounds.reel_truth import FIRST_S, GAP_S, Mood, Placed, ReelTruth
from train.data.real_sounds.sound_manifest import Clip, read_manifest
from train.experiments.make_rises_reel import MOODS, build_rises, mood_of

LEVEL_DB: Final = (6.0, 15.0)
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
BY_SOURCE: Final[Mapping[str, int]] = {
    "reaction": 7,
    "applause": 2,
    "boo": 1,
    "chant": 3,
    "song": 2,
    "instrumental": 3,
    "speech": 2,
    "whistle": 1,
    "drums": 1,
    "fanfare": 1,
    "surroundings": 3,
}
"""The same for a reel of one part of the sources; a group that the part has no sound of is left out."""
NEUTRAL_S: Final = 45.0

_RATE: Final = grid.SAMPLE_RATE_HZ
_BED_S: Final = (40.0, 90.0)
_JOIN_S: Final = 2.0


def build(data: Path, out: Path, seed: int, hours: float, force: bool = False, part: str = "") -> ReelTruth:
    """Write a reel of ``hours`` to ``out`` (FLAC) and its truth beside it; the same seed gives the same sound.

    With ``part`` only sounds of the sources in it are heard (``train.data.real_sounds.parts``).

    Raises:
        InputError: the folder lacks beds or one of the groups, or a file can't be read.
        UsageError: the length is no reel's, or the files are there already and ``force`` is False.
    """
    if not 0.03 <= hours <= 24:
        raise UsageError(f"a reel of {hours:g} hours", "Ask for 0.03 to 24 hours.")
    clips = read_manifest(data)
    deck = DECK
    if part:
        clips = [clip for clip in clips if clip.part == part]
        there = Counter(clip.group for clip in clips)
        deck = {group: count for group, count in BY_SOURCE.items() if there[group] or group == "reaction"}
    for group in ("bed", *deck):
        if not any(clip.group == group or (group == "bed" and is_bed(clip, part)) for clip in clips):
            raise InputError(f"{data} holds no clip of the group {group!r}", "Give a folder with all of them.")
    rng = np.random.default_rng([seed, 1])
    sounds = Sounds(data)
    placed, pieces = _place(clips, deck, sounds, rng, hours * 3600.0)
    truth = ReelTruth(seed, round(hours * 3600.0, 3), tuple(placed), part=part)
    bed = _bed([clip for clip in clips if is_bed(clip, part)], sounds, np.random.default_rng([seed, 2]))
    write_reel(out, _mixed(bed, placed, pieces, round(hours * 3600.0 * _RATE)), truth, force)
    return truth


def is_bed(clip: Clip, part: str) -> bool:
    """Whether a clip is what others are laid over; of so few in a part, loops of a crowd in a neutral mood are, too."""
    return clip.group == "bed" or (bool(part) and clip.kind == MOODS and mood_of(clip)[1] == 0)


def build_moods(data: Path, out: Path, force: bool = False) -> ReelTruth:
    """Write every crowd loop that has a mood, each after ``NEUTRAL_S`` of the neutral loop of the same crowd.

    Raises as ``build`` does.
    """
    loops = [(clip, *mood_of(clip)) for clip in read_manifest(data) if clip.kind == MOODS]
    neutral = {size: clip for clip, size, mood in loops if mood == 0}
    if not loops or any(size not in neutral for _, size, _ in loops):
        raise InputError(f"{data} holds no crowd loops with a neutral one for each size", "Give a folder with them.")
    sounds, parts, moods, at_s = Sounds(data), [], [], 0.0
    for clip, size, mood in sorted(loops, key=lambda loop: (loop[1], loop[2])):
        before = repeated(seamless(sounds[neutral[size]]), round(NEUTRAL_S * _RATE), 0)
        sound = sounds[clip]
        parts += [before, sound]
        onset_s = at_s + NEUTRAL_S
        at_s = onset_s + len(sound) / _RATE
        moods.append(Mood(round(onset_s, 3), round(at_s, 3), size, mood, clip.file))
    truth = ReelTruth(0, round(at_s, 3), moods=tuple(moods))
    write_reel(out, iter(parts), truth, force)
    return truth


def _place(
    clips: Sequence[Clip], deck: Mapping[str, int], sounds: Sounds, rng: np.random.Generator, duration_s: float
) -> tuple[list[Placed], list[Samples]]:
    """Which clip stands where, and what of it is heard, at its level."""
    groups = _endless([group for group, count in deck.items() for _ in range(count)], rng)
    decks = {group: _turns([clip for clip in clips if clip.group == group], rng) for group in deck}
    placed, pieces = [], []
    onset_s = FIRST_S
    while onset_s + LONGEST_S < duration_s:
        clip = next(decks[next(groups)])
        level_db = float(rng.uniform(*LEVEL_DB))
        piece = at_level(heard_part(sounds[clip], clip.group, rng), BED_DBFS + level_db)
        end_s = onset_s + len(piece) / _RATE
        placed.append(
            Placed(
                onset_s=round(onset_s, 4),
                end_s=round(end_s, 4),
                group=clip.group,
                what=clip.what,
                file=clip.file,
                level_db=round(level_db, 2),
                fold=None if clip.part else clip.fold,
                source=clip.source,
            )
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


def _bed(beds: Sequence[Clip], sounds: Sounds, rng: np.random.Generator) -> Iterator[Samples]:
    """Beds of one loudness without end, each repeated for a while and blended into the next."""
    loops = {}
    for clip in beds:
        loop = seamless(sounds[clip])
        loops[clip.file] = loop * np.float32(
            10 ** (BED_DBFS / 20) / np.sqrt(np.mean(np.square(loop, dtype=np.float64)))
        )
    join = round(_JOIN_S * _RATE)
    turn = np.linspace(0, np.pi / 2, join, dtype=np.float32)
    tail = np.zeros(join, np.float32)
    for clip in _endless(beds, rng):
        loop = loops[clip.file]
        piece = repeated(loop, round(rng.uniform(*_BED_S) * _RATE) + join, int(rng.integers(len(loop))))
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


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.make_reel", description="Make a test reel of real sounds."
    )
    parser.add_argument("out", type=Path, help="the sound to write, OUT.flac; OUT.json is its truth")
    parser.add_argument("--data", type=Path, required=True, help="a folder of sounds with its MANIFEST.csv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--moods", action="store_true", help="crowd loops in all moods instead")
    parser.add_argument("--rises", action="store_true", help="crowds that rise after their own rest instead")
    parser.add_argument(
        "--part",
        choices=(VAL, TEST),
        default="",
        help="sources for choosing, or those opened once (train.experiments.gather_sounds)",
    )
    parser.add_argument("--force", action="store_true", help="replace what is there")
    chosen = parser.parse_args()
    if chosen.moods:
        truth = build_moods(chosen.data, chosen.out, chosen.force)
    elif chosen.rises:
        truth = build_rises(chosen.data, chosen.out, chosen.part, chosen.force)
    else:
        truth = build(chosen.data, chosen.out, chosen.seed, chosen.hours, chosen.force, chosen.part)
    clips = len(truth.clips) or len(truth.moods) or len(truth.rises)
    print(f"{chosen.out}: {truth.duration_s / 60:.1f} min, {clips} clips")  # noqa: T201
    for group, count in sorted(Counter(clip.group for clip in truth.clips).items()):
        sources = len({clip.source or clip.file for clip in truth.clips if clip.group == group})
        print(f"  {group}: {count} clips of {sources} sources")  # noqa: T201


if __name__ == "__main__":
    sys.exit(as_program(main))
