"""Voices that say words nobody wrote: espeak-ng in fifty languages and as many throats, for speech and for chants.

Recordings of speech that may teach are few and by few people. A formant synthesiser is no person, but its syllables,
vowels and stresses are those of the languages, and hundreds of its voices in near unison are a crowd that the simulator
does not have. What it says is made of drawn syllables: no text of anybody's.
"""

import csv
import io
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.files import private_folder, write_whole
from engine.core.signals import Samples
from train.data.real_sounds.sound_manifest import MANIFEST

LANGUAGES: Final = tuple(
    [
        "af",
        "ar",
        "bg",
        "ca",
        "cmn",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en-gb",
        "en-us",
        "es",
        "es-419",
        "et",
        "fa",
        "fi",
        "fr-fr",
        "ga",
        "hi",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "ko",
        "lt",
        "lv",
        "mk",
        "ms",
        "nb",
        "nl",
        "pl",
        "pt",
        "pt-br",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "tr",
        "uk",
        "ur",
        "vi",
    ]
)
THROATS: Final = tuple(
    [
        "m1",
        "m2",
        "m3",
        "m4",
        "m5",
        "m6",
        "m7",
        "m8",
        "f1",
        "f2",
        "f3",
        "f4",
        "f5",
        "adam",
        "aunty",
        "belinda",
        "benjamin",
        "boris",
        "caleb",
        "david",
        "ed",
        "edward",
        "grandpa",
        "john",
        "linda",
        "marcelo",
        "max",
        "michael",
        "miguel",
        "norbert",
        "pablo",
        "paul",
        "pedro",
        "quincy",
        "rob",
        "robert",
        "sandro",
        "steph",
        "travis",
        "victor",
    ]
)
VOICES: Final = 160
CLIPS: Final = 3
"""Of each voice."""
PROGRAM: Final = "espeak-ng"
SOURCE: Final = "synthesised by espeak-ng"
"""One source for all, which ``part_of`` lets teach: no such voice is in a reel that judges."""
_ONSETS: Final = tuple(
    [
        "b",
        "d",
        "f",
        "g",
        "h",
        "k",
        "l",
        "m",
        "n",
        "p",
        "r",
        "s",
        "t",
        "v",
        "z",
        "br",
        "dr",
        "fr",
        "gr",
        "kl",
        "pl",
        "st",
        "tr",
        "ch",
        "sh",
        "w",
        "y",
    ]
)
_VOWELS: Final = tuple(["a", "e", "i", "o", "u", "aa", "ee", "oo", "ai", "au", "ei"])
_ENDS: Final = ("", "", "", "n", "r", "s", "l", "m", "t", "k")
_COLUMNS: Final = (
    *("file", "kind", "seconds", "sample_rate_hz", "source_repository", "source_path", "licence"),
    *("may_train_shipped_weights", "what", "notes", "author", "package", "source"),
)


def speak_all(out: Path, voices: int = VOICES, seed: int = 0) -> int:
    """Fill ``out`` with clips and their manifest; those that are there stay. Returns how many clips there are.

    Raises ``UsageError`` where the synthesiser is not installed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise UsageError(f"{PROGRAM} is not installed.", "Install it (Debian: apt install espeak-ng), or do without.")
    private_folder(out)
    rows = []
    for number in range(voices):
        rng = np.random.default_rng([seed, number])
        voice = f"{LANGUAGES[int(rng.integers(len(LANGUAGES)))]}+{THROATS[int(rng.integers(len(THROATS)))]}"
        for clip in range(CLIPS):
            words, speed, pitch = _words(rng), int(rng.integers(110, 260)), int(rng.integers(15, 90))
            file = out / f"voice-{number:03d}-{clip}.flac"
            if not file.exists():
                _keep(file, speak(program, voice, words, speed, pitch))
            seconds = soundfile.info(file).duration
            rows.append(
                (
                    file.name, "speech", f"{seconds:.2f}", grid.SAMPLE_RATE_HZ, PROGRAM, voice, "synthesised", "yes",
                    "synthesised voice", f"{speed} words a minute, pitch {pitch}", "nobody", PROGRAM, SOURCE,
                )
            )  # fmt: skip
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_COLUMNS, *rows])
    write_whole(out / MANIFEST, text.getvalue().encode())
    return len(rows)


def speak(program: str, voice: str, words: str, speed: int, pitch: int) -> Samples:
    """What ``voice`` makes of ``words``, mono at 22050 Hz. Raises ``UsageError`` where the synthesiser refuses."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.wav"
        command = [program, "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(file), words]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        if done.returncode or not file.is_file():
            raise UsageError(f"{PROGRAM} does not speak as {voice}.", done.stderr.decode(errors="replace")[:200])
        sound, rate_hz = soundfile.read(file, dtype="float32")
    return np.asarray(soxr.resample(sound, rate_hz, grid.SAMPLE_RATE_HZ), np.float32)


def _words(rng: np.random.Generator) -> str:
    """Six to fourteen words of one to four drawn syllables."""

    def one(of: tuple[str, ...]) -> str:
        return of[int(rng.integers(len(of)))]

    return " ".join(
        "".join(one(_ONSETS) + one(_VOWELS) + one(_ENDS) for _ in range(int(rng.integers(1, 5))))
        for _ in range(int(rng.integers(6, 15)))
    )


def _keep(file: Path, sound: Samples) -> None:
    packed = io.BytesIO()
    soundfile.write(packed, sound, grid.SAMPLE_RATE_HZ, format="FLAC")
    write_whole(file, packed.getvalue())
