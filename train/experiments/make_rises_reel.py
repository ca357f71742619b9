"""A reel of crowds that rise, each after its own rest: ``python -m train.experiments.make_reel OUT --data FOLDER
--rises``.

No mixing: what is heard before a rise is the same crowd in the same recording. Three sorts of sound allow it here.
Recordings in which the crowd gets louder after two seconds at least: what is before is repeated without a seam until
the history is full. Cries that die away: their quietest second and a half, brought to one level and repeated, comes
before. And loops of one crowd in several moods: the neutral loop, then a lively one of the same crowd that is louder.
The neutral loops are heard for themselves as well, as steady matches in which nothing should be alarmed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.core.errors import InputError
from engine.core.signals import Samples
from train.data.real_sounds.reel_mixing import BED_DBFS, RATE_HZ, Sounds, repeated, seamless, write_reel
from train.data.real_sounds.reel_truth import ReelTruth, Rise
from train.data.real_sounds.sound_manifest import Clip, read_manifest

MOODS: Final = "crowd_mood"
REST_S: Final = 45.0
STEADY_S: Final = 75.0
LEAST_RISE_DB: Final = 4.0
LEAST_REST_S: Final = 2.0
LOUDER_DB: Final = 2.0
"""By how much a lively loop is louder than the neutral one at least."""
FALL_DB: Final = 6.0
"""How far a cry dies away at least, for its end to count as rest."""
LIVELY: Final = 2
"""The least mood of a loop that counts as a rise above the neutral one."""
RISING: Final = "reaction"
"""The group of recordings in which a crowd may rise."""
_FRAME_S: Final = 0.25
_AFTER_S: Final = 1.5
_JOIN_S: Final = 0.25
_REST_LENGTH_S: Final = 1.5


def build_rises(data: Path, out: Path, part: str = "", force: bool = False) -> ReelTruth:
    """Write every rise of a folder's crowds (of one ``part`` of its sources, where given) and its steady matches.

    Raises:
        InputError: the folder holds no crowd that rises, or a file can't be read.
        UsageError: the files are there already and ``force`` is False.
    """
    clips = [clip for clip in read_manifest(data) if not part or clip.part == part]
    sounds = Sounds(data)
    parts: list[Samples] = []
    rises: list[Rise] = []
    at_s = 0.0
    for scene in [*_of_recordings(clips, sounds), *_of_moods(data, part, sounds)]:
        rest = repeated(seamless(scene.rest), round((STEADY_S if scene.steady else REST_S) * RATE_HZ), 0)
        sound = _joined(rest, scene.rise)
        gain = 10 ** (BED_DBFS / 20) / np.sqrt(max(float(np.mean(np.square(rest, dtype=np.float64))), 1e-12))
        parts.append(sound * np.float32(gain))
        onset_s = at_s + (REST_S if scene.steady else len(rest) / RATE_HZ)
        end_s = at_s + len(sound) / RATE_HZ
        rises.append(
            Rise(round(at_s, 3), round(onset_s, 3), round(end_s, 3), round(scene.rise_db, 2), scene.file, scene.steady)
        )
        at_s = end_s
    if not any(not rise.steady for rise in rises):
        raise InputError(f"{data} holds no crowd that rises", "Give a folder with recordings of crowds.")
    truth = ReelTruth(0, round(at_s, 3), rises=tuple(rises), part=part)
    write_reel(out, iter(parts), truth, force)
    return truth


def rise_of(sound: Samples) -> tuple[int, float] | None:
    """Where a recording rises (in samples) and by how many dB; None where it does not.

    The first moment after ``LEAST_REST_S`` at which the second and a half to come is ``LEAST_RISE_DB`` above the median
    of all before, moved to where that rise is steepest.
    """
    frame, level = _levels_db(sound)
    after, least = round(_AFTER_S / _FRAME_S), round(LEAST_REST_S / _FRAME_S)
    for first in range(least, len(level) - after + 1):
        rest = float(np.median(level[:first]))
        gain = float(np.mean(level[first : first + after])) - rest
        if gain >= LEAST_RISE_DB and level[first] >= rest + LEAST_RISE_DB / 2:
            return first * frame, gain
    return None


def end_of(sound: Samples) -> tuple[int, float] | None:
    """Where the rest after a cry begins (in samples), and how many dB the cry stands above it.

    The quietest ``_REST_LENGTH_S`` after the loudest moment, without the last half second, which often is a fade; None
    where that is not ``FALL_DB`` below the loudest second.
    """
    frame, level = _levels_db(sound)
    length = round(_REST_LENGTH_S / _FRAME_S)
    second = round(1.0 / _FRAME_S)
    loud = np.convolve(level, np.full(second, 1 / second), "valid") if len(level) >= second else level
    last = len(level) - length - round(0.5 / _FRAME_S)
    loudest = int(np.argmax(loud))
    candidates = range(loudest + second, last + 1)
    if not candidates:
        return None
    first = min(candidates, key=lambda at: float(np.mean(level[at : at + length])))
    fall_db = float(loud.max() - np.mean(level[first : first + length]))
    return (first * frame, fall_db) if fall_db >= FALL_DB else None


def mood_of(clip: Clip) -> tuple[str, int]:
    """Size and mood from a name that ends in ``v<size>_l<mood + 3>``. Raises ``InputError`` for another name."""
    size, _, mood = Path(clip.file).stem.rpartition("_l")
    if not size or not mood.isdecimal():
        raise InputError(f"{clip.file} does not say its size and mood", "Name it …_v1_l0 to …_v4_l6.")
    return size.rpartition("_")[2], int(mood) - 3


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    rest: Samples
    rise: Samples
    rise_db: float
    file: str
    steady: bool = False


def _levels_db(sound: Samples) -> tuple[int, npt.NDArray[np.float64]]:
    """Samples in a frame, and the level of each frame."""
    frame = round(_FRAME_S * RATE_HZ)
    power = np.square(sound[: len(sound) // frame * frame], dtype=np.float64).reshape(-1, frame).mean(axis=1)
    return frame, 10 * np.log10(np.maximum(power, 1e-10))


def _of_recordings(clips: list[Clip], sounds: Sounds) -> Iterator[_Scene]:
    for clip in clips:
        if clip.group != RISING:
            continue
        sound = sounds[clip]
        if (found := rise_of(sound)) is not None:
            first, gain_db = found
            yield _Scene(sound[:first], sound[first:], gain_db, clip.file)
        elif (found := end_of(sound)) is not None:
            first, gain_db = found
            rest = sound[first : first + round(_REST_LENGTH_S * RATE_HZ)]
            yield _Scene(_levelled(rest), sound[:first], gain_db, clip.file)


def _levelled(sound: Samples) -> Samples:
    """The sound with its slow rise or fall taken out, at its mean level."""
    frame, level = _levels_db(sound)
    places = (np.arange(len(level)) + 0.5) * frame
    slope, start = np.polyfit(places, level, 1)
    trend = slope * np.arange(len(sound)) + start - float(np.mean(level))
    return np.asarray(sound * 10 ** (-trend / 20), np.float32)


def _of_moods(data: Path, part: str, sounds: Sounds) -> Iterator[_Scene]:
    """Lively loops after the neutral one of the same crowd, which any part may rest on; then the neutral ones alone."""
    loops = [(clip, *mood_of(clip)) for clip in read_manifest(data) if clip.kind == MOODS]
    neutral = {size: clip for clip, size, mood in loops if mood == 0}
    for clip, size, mood in loops:
        if mood >= LIVELY and size in neutral and (not part or clip.part == part):
            rest, rise = sounds[neutral[size]], sounds[clip]
            gain_db = 10 * float(np.log10(np.mean(np.square(rise)) / max(float(np.mean(np.square(rest))), 1e-12)))
            if gain_db >= LOUDER_DB:
                yield _Scene(rest, rise, gain_db, clip.file)
    for clip in neutral.values():
        yield _Scene(sounds[clip], np.zeros(0, np.float32), 0.0, clip.file, steady=True)


def _joined(rest: Samples, rise: Samples) -> Samples:
    """The rise after the rest, with a quarter of a second blended; the rise begins where the rest is half gone."""
    join = min(round(_JOIN_S * RATE_HZ), len(rise))
    if not join:
        return rest
    turn = np.linspace(0, np.pi / 2, join, dtype=np.float32)
    sound = np.concatenate([rest, rise[join:]])
    sound[len(rest) - join : len(rest)] = rest[len(rest) - join :] * np.cos(turn) + rise[:join] * np.sin(turn)
    return sound
