"""A public sound tagger as a stranger's ear: YAMNet (TensorFlow models, Apache-2.0), 521 classes of AudioSet.

It teaches and judges, and is never needed to run the program: the package ``ai-edge-litert`` is imported when the first
sound is heard. Every window of 0.975 s is brought to one loudness before, because what a sound is does not depend on
how loud it is, and the scores do.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr

from engine.audio.media_file import MediaFile
from engine.core import grid
from engine.core.errors import InputError, UsageError
from engine.core.extras import installing
from engine.core.files import private_folder, write_whole
from engine.core.signals import Samples

RATE_HZ: Final = 16000
WINDOW: Final = 15600
"""Samples at ``RATE_HZ`` that are heard at once: 0.975 s."""
HOP: Final = WINDOW // 2
LEVEL: Final = 0.1
"""The root mean square to which every window is brought."""
MODEL: Final = "yamnet.tflite"
CLASSES: Final = "yamnet_classes.csv"

Table = npt.NDArray[np.float32]

TAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "cheer": ("Cheering", "Whoop"),
    "groan": (),
    "boo": (),
    "applause": ("Applause", "Clapping"),
    "chant": ("Chant", "Mantra", "Choir"),
    "music": (
        *("Music", "Musical instrument", "Pop music", "Rock music", "Electronic music", "Singing", "Song"),
        *("Vocal music", "Background music", "Theme music"),
    ),
    "speech": ("Speech", "Narration, monologue", "Conversation"),
    "whistle": ("Whistle", "Whistling", "Steam whistle"),
    "horn": (
        *("Air horn, truck horn", "Vehicle horn, car horn, honking", "Foghorn", "Train horn", "Brass instrument"),
        *("Trumpet", "French horn", "Trombone"),
    ),
    "drum": ("Drum", "Drum kit", "Bass drum", "Snare drum", "Drum roll", "Percussion"),
    "surroundings": (
        *("Vehicle", "Aircraft", "Helicopter", "Engine", "Train", "Rain", "Wind", "Water", "Thunder", "Siren", "Alarm"),
        *("Animal", "Bird", "Dog", "Fireworks", "Explosion", "Ocean", "Stream"),
    ),
}
"""Our tags, and the classes whose strongest score each is. AudioSet knows no boo, and its groan is one person's: of
those two the tagger says nothing."""


_EMBEDDING: Final = "global_average_pooling2d/Mean"


class Yamnet:
    """The tagger of a folder; ``cache`` keeps what was heard of files, by what is in them.

    Raises:
        InputError: a file of the tagger is missing, or is not the one that SHA256SUMS names.
    """

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self._folder = folder
        self._cache = cache
        self.digest = _checked(folder, MODEL)
        _checked(folder, CLASSES)
        with (folder / CLASSES).open(encoding="utf-8", newline="") as file:
            self.classes: tuple[str, ...] = tuple(row["display_name"] for row in csv.DictReader(file))

    def scores(self, samples: Samples) -> Table:
        """The scores in [0, 1] of all classes in mono sound at 22050 Hz, (windows, 521), at the times of ``ends_s``.

        Less than one window counts as one.

        Raises:
            UsageError: the package that runs the tagger is not installed.
        """
        return _run(self._scorer, windows_of(samples))

    def embeddings(self, samples: Samples) -> Table:
        """The values before the last layer, (windows, 1024). Raises as ``scores`` does."""
        return _run(self._embedder, windows_of(samples))

    def file_scores(self, file: Path) -> Table:
        """The scores of a sound file; from the cache where the same content was heard before. Raises ``InputError``."""
        return self._kept("scores", file)

    def file_embeddings(self, file: Path) -> Table:
        """The values before the last layer of a sound file, kept as scores are. Raises ``InputError``."""
        return self._kept("embeddings", file)

    def column(self, name: str) -> int:
        """The number of a class. Raises ``KeyError`` where the tagger has no such class."""
        return self._columns[name]

    def tags(self, scores: Table) -> Table:
        """Our tags, (n, 521) to (n, len(TAGS)) in the order of ``TAGS``; NaN where the tagger has no class for one."""
        return tags_of(scores, self._columns)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.classes)}

    @cached_property
    def _scorer(self) -> tuple[Any, int, int]:
        run = self._interpreter(plain=False)
        tags = next(t["index"] for t in run.get_output_details() if t["shape"][-1] == len(self.classes))
        return run, int(run.get_input_details()[0]["index"]), int(tags)

    @cached_property
    def _embedder(self) -> tuple[Any, int, int]:
        run = self._interpreter(plain=True)
        inner = next(t["index"] for t in run.get_tensor_details() if t["name"].endswith(_EMBEDDING))
        return run, int(run.get_input_details()[0]["index"]), int(inner)

    def _interpreter(self, plain: bool) -> Any:
        """``plain`` keeps what is inside the network, which the quick way to run it (five times) overwrites."""
        try:
            from ai_edge_litert import interpreter
        except ModuleNotFoundError as fault:
            raise UsageError(
                "The sound tagger needs the package ai-edge-litert, which is not installed.",
                installing("taggers"),
            ) from fault
        resolver = interpreter.OpResolverType
        run = interpreter.Interpreter(
            str(self._folder / MODEL),
            num_threads=1,
            experimental_preserve_all_tensors=plain,
            experimental_op_resolver_type=resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES if plain else resolver.AUTO,
        )
        run.allocate_tensors()
        return run

    def _kept(self, what: str, file: Path) -> Table:
        listen = self.scores if what == "scores" else self.embeddings
        if self._cache is None:
            return listen(_decoded(file))
        key = hashlib.sha256(self.digest.encode() + file.read_bytes()).hexdigest()
        kept = self._cache / f"{key}.{what}.npy"
        if not kept.is_file():
            packed = io.BytesIO()
            np.save(packed, listen(_decoded(file)).astype(np.float16))
            private_folder(self._cache)
            write_whole(kept, packed.getvalue())
        return np.asarray(np.load(kept), np.float32)


def ends_s(windows: int) -> npt.NDArray[np.float64]:
    """When each of so many windows ends, in seconds from the beginning of the sound."""
    return (WINDOW + HOP * np.arange(windows)) / RATE_HZ


def _run(model: tuple[Any, int, int], windows: Table) -> Table:
    run, sound, wanted = model
    found = []
    for window in windows:
        run.set_tensor(sound, window[None])
        run.invoke()
        found.append(np.array(run.get_tensor(wanted), np.float32).reshape(-1))
    return np.array(found, np.float32)


def tags_of(scores: Table, columns: Mapping[str, int]) -> Table:
    """The strongest score of the classes of each of ``TAGS``, (n, classes) to (n, len(TAGS)); NaN for a tag of none."""
    found = np.full((len(scores), len(TAGS)), np.nan, np.float32)
    for i, names in enumerate(TAGS.values()):
        if names:
            found[:, i] = scores[:, [columns[name] for name in names]].max(axis=1)
    return found


def windows_of(samples: Samples) -> Table:
    """The windows of mono sound at 22050 Hz, (n, ``WINDOW``) at ``RATE_HZ`` and one loudness; half overlaps half."""
    sound = soxr.resample(np.asarray(samples, np.float32), grid.SAMPLE_RATE_HZ, RATE_HZ)
    if len(sound) < WINDOW:
        sound = np.pad(sound, (0, WINDOW - len(sound)))
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP].astype(np.float32)
    loudness = np.sqrt(np.mean(np.square(windows, dtype=np.float64), axis=1, keepdims=True))
    return np.asarray(np.clip(windows * (LEVEL / np.maximum(loudness, 1e-6)), -1.0, 1.0), np.float32)


def _decoded(file: Path) -> Samples:
    source = MediaFile(file)
    try:
        return np.concatenate([block.samples for block in source.blocks()])
    finally:
        source.close()


_SUMS: Final = "SHA256SUMS"
_DATA: Final = "the folder with the taggers (yamnet.tflite, yamnet_classes.csv, SHA256SUMS)"


def _checked(folder: Path, name: str) -> str:
    """The sha256 of a file of the tagger, which is the one that SHA256SUMS names."""
    try:
        lines = [line.split() for line in (folder / _SUMS).read_text("utf-8").splitlines() if line]
        sums = {file: digest for digest, file in lines}
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    except (OSError, ValueError) as fault:
        raise InputError(f"{folder} holds no sound tagger: {fault}", f"Give {_DATA}.") from fault
    if sums.get(name) != found:
        raise InputError(f"{folder / name} is not the file that {_SUMS} names", f"Give {_DATA}, unchanged.")
    return found
