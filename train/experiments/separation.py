"""Whether it helps to take voices out of the sound: ``python -m train.experiments.separation REEL --speech FOLDER
--model FOLDER --work FOLDER``.

A reel of real crowds and of everything that is as loud (``train.experiments.make_reel``) is heard as it is, and with
real speech over it at several levels, each with and without separation by the program's own blocks. The speech comes
from recordings of people, one after another with pauses, at its level while somebody speaks against that of all of the
reel. What each condition gave is kept in the work folder: a study that was stopped goes on there.
"""

import argparse
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np

from engine.app.separate_voices import networks_of
from engine.audio.media_file import MediaFile
from engine.core.as_program import as_program
from engine.core.errors import InputError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.paths import shipped_weights
from engine.core.settings import Settings
from engine.core.signals import AudioBlock, Samples
from engine.core.text import plain
from engine.live.stream import PressureStream
from engine.model.checkpoint import Weights, load
from engine.model.inference_engines import choose_engine, network_of
from engine.separation.blocks import Blocks
from engine.separation.stem_source import CROWD, SCHEME, VOICE
from engine.separation.u_net import StemNetwork
from train.data.real_sounds.reel_truth import ReelTruth, read_truth
from train.evaluate.real_sounds.reels import Track, compare_by_clip, reel_figures
from train.jobs.kept_results import KeptResults
from train.metrics.bootstrap import Interval

LEVELS_DB: Final = (0.0, 10.0, -10.0, 5.0, -5.0)
"""Of the speech over the reel; the ends and the middle first, for whoever can't wait."""
PAUSES_S: Final = (0.4, 2.5)
_PIECE: Final = 512 * 1024
_VAD_RATE_HZ: Final = 16000
_SURE: Final = 0.5
_ENDINGS: Final = (".wav", ".flac", ".ogg", ".mp3", ".opus")


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Speech as long as a reel, (n,), and where somebody speaks: a flag for each sample."""

    samples: Samples
    spoken: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Condition:
    """Speech ``level_db`` over the reel (None: no speech), and whether voices are taken out."""

    level_db: float | None
    separate: bool

    @property
    def name(self) -> str:
        return "none" if self.level_db is None else f"{self.level_db:+.0f} dB"


def speech_over(length: int, phrases: Sequence[Samples], rng: np.random.Generator) -> Speech:
    """``phrases`` in a drawn order, again and again, with pauses, each at one level while it sounds."""
    samples, spoken = np.zeros(length, np.float32), np.zeros(length, bool)
    at = 0
    while at < length:
        for i in rng.permutation(len(phrases)):
            at += round(rng.uniform(*PAUSES_S) * SAMPLE_RATE_HZ)
            piece = phrases[i][: max(0, length - at)]
            loud = _loud(piece)
            if loud.any():
                samples[at : at + len(piece)] = piece / np.sqrt(np.mean(np.square(piece[loud])))
                spoken[at : at + len(piece)] = loud
            at += len(piece)
    return Speech(samples, spoken)


def _loud(sound: Samples) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where it is within 25 dB of its loudest, by pieces of 20 ms."""
    step = SAMPLE_RATE_HZ // 50
    power = np.square(sound[: len(sound) // step * step]).reshape(-1, step).mean(axis=1)
    found = np.zeros(len(sound), bool)
    if len(power):
        found[: len(power) * step] = np.repeat(power > power.max() * 10**-2.5, step)
    return found


def mixed(reel: Samples, speech: Speech, level_db: float | None) -> Samples:
    """The reel with the speech over it, all of it as loud as the reel alone was, so that nothing clips."""
    if level_db is None:
        return reel
    loudness = float(np.sqrt(np.mean(np.square(reel))))
    return np.asarray(reel + speech.samples * np.float32(loudness * 10 ** (level_db / 20)), np.float32)


def hear(sound: Samples, weights: Weights, networks: StemNetwork | None) -> dict[str, Any]:
    """Times and readings over a sound, the voice's stem where it is taken apart, and seconds of processor for both."""
    engine = choose_engine("auto")
    stream = PressureStream(network_of(weights, engine), weights.config.calibration)
    blocks = None if networks is None else Blocks(networks, SCHEME)
    readings, voice = [], []
    apart_s, read_s, at = 0.0, 0.0, 0
    for piece, last in _pieces(sound):
        crowd, began_s = piece, process_time()
        if blocks is not None:
            stems = blocks.push(piece)
            stems = np.concatenate([stems, blocks.finish()], axis=1) if last else stems
            voice.append(stems[VOICE])
            crowd = stems[CROWD].copy()
        apart_s += process_time() - began_s
        began_s = process_time()
        readings += stream.push(AudioBlock(crowd, at))
        read_s += process_time() - began_s
        at += len(crowd)
    values = [np.nan if one.pressure is None else one.pressure for one in readings]
    return {
        "t_s": np.array([one.t for one in readings]),
        "scores": np.array(values),
        "voice": np.concatenate(voice) if voice else sound,
        "apart_s": apart_s,
        "read_s": read_s,
    }


def _pieces(sound: Samples) -> Iterator[tuple[Samples, bool]]:
    for first in range(0, len(sound), _PIECE):
        yield sound[first : first + _PIECE], first + _PIECE >= len(sound)


def voice_found(sound: Samples, spoken: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[float, float]:
    """The shares of moments with speech, and of those without, in which Silero's detector hears a voice."""
    import soxr

    from engine.commentary.spoken.recogniser import load_voice
    from engine.commentary.spoken.utterances import CHUNK

    detector = load_voice()
    heard = soxr.resample(sound, SAMPLE_RATE_HZ, _VAD_RATE_HZ)
    chunks = len(heard) // CHUNK
    sure = np.array([detector(heard[i * CHUNK : (i + 1) * CHUNK]) > _SURE for i in range(chunks)])
    places = ((np.arange(chunks) + 0.5) * CHUNK * SAMPLE_RATE_HZ / _VAD_RATE_HZ).astype(np.intp)
    said = spoken[np.minimum(places, len(spoken) - 1)]
    return float(sure[said].mean()), float(sure[~said].mean())


def study(reel: Path, speech: Path, model: str, work: Path, minutes: float, seed: int = 0) -> list[str]:
    """The whole of it, as the lines of a table. Raises ``MomentumError``."""
    truth = _first(read_truth(reel), minutes * 60)
    length = round(truth.duration_s * SAMPLE_RATE_HZ)
    sound = _samples(reel, length)
    spoken = speech_over(length, _phrases(speech), np.random.default_rng(seed))
    weights = load(shipped_weights() / "default")
    networks = networks_of(Settings(separation_model=model))
    kept = KeptResults(work)
    files = sha256(sound.tobytes() + spoken.samples.tobytes()).hexdigest()
    tracks: dict[Condition, Track] = {}
    costs: list[tuple[float, float, float]] = []
    voices: dict[Condition, tuple[float, float]] = {}
    for level_db in (None, *LEVELS_DB):
        for separate in (False, True):
            condition = Condition(level_db, separate)
            key = sha256(f"{files} {weights.checksum} {condition} {SCHEME}".encode()).hexdigest()
            found = kept.get(key)
            if found is None:
                found = hear(mixed(sound, spoken, level_db), weights, networks if separate else None)
                voice = found.pop("voice")
                flags = spoken.spoken if level_db is not None else np.zeros(length, bool)
                hit, false = voice_found(voice, flags) if level_db is not None else (0.0, 0.0)
                found |= {"hit": hit, "false": false}
                kept.put(key, found)
                sys.stderr.write(f"{condition.name}, {'taken apart' if separate else 'as it is'}: done\n")
            tracks[condition] = Track(truth, found["t_s"], found["scores"])
            voices[condition] = (found["hit"], found["false"])
            if separate:
                costs.append((found["apart_s"], found["read_s"], truth.duration_s))
    return [*_table(tracks, voices, seed), *_cost(costs)]


def _table(tracks: Mapping[Condition, Track], voices: Mapping[Condition, tuple[float, float]], seed: int) -> list[str]:
    titles: tuple[str, ...] = (
        "speech over the crowd",
        "by clip, as it is",
        "without voices",
        "difference",
        "by reading, as it is",
    )
    titles += ("without voices", "voice detected, as it is", "in the voice's stem")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for level_db in (None, *sorted(LEVELS_DB)):
        plain_, apart = (Condition(level_db, separate) for separate in (False, True))
        figures = [reel_figures([tracks[one]], np.random.default_rng(seed)) for one in (plain_, apart)]
        difference = compare_by_clip(tracks[apart], tracks[plain_], np.random.default_rng(seed))
        detected = [f"{voices[one][0]:.2f} / {voices[one][1]:.2f}" for one in (plain_, apart)]
        detected = ["", ""] if level_db is None else detected
        auc = [_with(one.event_auc) for one in figures]
        frame = [f"{one.frame_auc:.3f}" for one in figures]
        lines.append(f"| {' | '.join([plain_.name, *auc, _with(difference, sign='+'), *frame, *detected])} |")
    return lines


def _with(found: Interval, sign: str = "") -> str:
    if found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:{sign}.3f}"
    return f"{found.value:{sign}.3f} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


def _cost(costs: Sequence[tuple[float, float, float]]) -> list[str]:
    apart_s, read_s, length_s = (sum(column) for column in zip(*costs, strict=True))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
    told = (
        f"taking apart: {apart_s / length_s:.3f} s of processor for a second of sound; reading the index: "
        f"{read_s / length_s:.4f} s; together {1 + apart_s / read_s:.1f} times the index alone; "
        f"at most {memory:.0f} MB with all of the study's sound"
    )
    return [told]


def _first(truth: ReelTruth, seconds: float) -> ReelTruth:
    """The beginning of a reel: clips that are over by then."""
    length_s = min(truth.duration_s, seconds)
    return ReelTruth(truth.seed, length_s, tuple(clip for clip in truth.clips if clip.end_s <= length_s))


def _samples(file: Path, length: int | None = None) -> Samples:
    source = MediaFile(file)
    try:
        parts, held = [], 0
        for block in source.blocks():
            parts.append(block.samples)
            held += len(block.samples)
            if length is not None and held >= length:
                break
    finally:
        source.close()
    return np.concatenate(parts)[:length]


def _phrases(folder: Path) -> list[Samples]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS) if folder.is_dir() else []
    if not files:
        raise InputError(f"{plain(folder, 80)} holds no speech", "Give a folder with recordings of people who speak.")
    return [_samples(file) for file in files]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m train.experiments.separation", description=__doc__)
    parser.add_argument("reel", type=Path, help="a reel with its truth beside it (train.experiments.make_reel)")
    parser.add_argument("--speech", type=Path, required=True, help="folder with recordings of people who speak")
    parser.add_argument("--model", required=True, help="folder with Spleeter's weights (momentum weights separation)")
    parser.add_argument("--work", type=Path, required=True, help="folder for what each condition gave")
    parser.add_argument("--minutes", type=float, default=20.0, help="how much of the reel")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    told = study(given.reel, given.speech, given.model, given.work, given.minutes, given.seed)
    sys.stdout.write("\n".join(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(as_program(main))
