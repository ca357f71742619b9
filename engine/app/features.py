"""Features of recordings: what ``momentum features`` writes, and the same in memory for whoever spots events.

values, start_s = features_of(Path("match.mp4"), "pixels")
"""

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from engine.app.made_features import Made
from engine.core.errors import InputError, MomentumError, UsageError
from engine.core.telling import untold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import TypeIs

    from engine.core.run_protocols import Stop
    from engine.core.telling import Progress, Tell
    from engine.encoders.choices import Choice, Engine
    from engine.encoders.encoder import Described, PictureEncoder, Rows, SoundEncoder
    from engine.encoders.network_description import Net, Tensors
    from engine.encoders.network_interface import Compute

Decoding = Literal["auto", "software", "hardware"]
RATE_HZ: Final = 2.0
"""Rows a second, as in everything that SoccerNet publishes."""
_SOUND_BLOCK: Final = 65536


class Features(NamedTuple):
    """Values (rows, width), float32; row ``i`` belongs to ``start_s + i / rate`` seconds of the recording."""

    values: "NDArray[np.float32]"
    start_s: float


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made: of ``videos`` by these encoders, beside each or in ``folder``. ``replace``: also where other
    features have the name."""

    videos: tuple[Path, ...]
    encoders: "tuple[Choice, ...]"
    rate_hz: float = RATE_HZ
    folder: Path | None = None
    replace: bool = False
    decoding: Decoding = "auto"
    pca: int | Path | None = None
    """Components to reduce the picture's features to: how many to fit on all of them, or a file."""


def features_of(
    path: Path,
    encoder: str,
    rate_hz: float = RATE_HZ,
    weights: Path | None = None,
    engine: "Engine" = "auto",
    decoding: Decoding = "auto",
) -> Features:
    """The features of a recording in memory, by an encoder of pictures or of sound.

    Of a recording that breaks off the rows before that are given. Raises:
        UsageError: there is no such encoder, or what computes it is not installed.
        WeightsError: its weights are missing or wrong.
        InputError: the recording can't be read, or gives no row.
    """
    import numpy as np

    from engine.audio.late_fault import UntilFault
    from engine.encoders.choices import Choice
    from engine.encoders.feature_file import START_S

    built = build_encoder(Choice(encoder, weights, engine))
    found = UntilFault(_rows(built, path, rate_hz, 0, decoding, lambda duration_s: None))
    values = [rows.values for rows in found]
    if not values:
        found.raise_it()
        raise InputError(f"{path.name} gave no features: it is too short.", "Name a longer recording.")
    return Features(np.concatenate(values), START_S)


def build_encoder(choice: "Choice", compute: "Compute | None" = None) -> "PictureEncoder | SoundEncoder":
    """``compute`` makes its network instead of what ``choice`` names.

    Raises ``UsageError`` for an unknown name, ``WeightsError`` where its weights are missing or wrong.
    """
    from engine.encoders.choices import OF_SOUND, picture_encoder, sound_encoder

    return sound_encoder(choice, compute) if choice.name in OF_SOUND else picture_encoder(choice, compute)


def row_of_encoder(choice: "Choice", rate_hz: float) -> "dict[str, Any]":
    """What is said of all that the encoder makes, after every check of its weights; the network itself, which takes
    several times their memory, is not made. Raises as ``build_encoder``.
    """
    from engine.core.heap import keep_heap_small
    from engine.encoders.feature_file import encoder_row

    keep_heap_small()
    return encoder_row(build_encoder(choice, _Unmade), rate_hz)


class _Unmade:
    """Stands for a network that nobody asks to compute."""

    at_once = 1

    def __init__(self, net: "Net", tensors: "Tensors") -> None:
        """Keeps neither."""

    def __call__(self, inputs: "NDArray[np.float32]") -> "NDArray[np.float32]":
        raise AssertionError("what is only described computes nothing")


def make_features(order: Order, tell: "Progress", stop: "Stop", say: "Tell" = untold) -> Iterator[Made]:
    """Every file that was ordered, as it is done; one that can't be read does not hold up the others.

    What is there already is left as it is, and what was begun goes on where it was, in the same bits. Ends early when
    ``stop`` says so. ``say`` hears what a person should know of the components. Raises ``UsageError`` before anything
    is done where a name is taken by other features, two recordings would have the same, or components are of another
    encoder; ``WeightsError``; ``OSError`` where the disk refuses.
    """
    from engine.app.reduce_features import components_for, reduce_features
    from engine.core.files import private_folder, refuse_twice
    from engine.core.heap import keep_heap_small
    from engine.encoders.feature_file import encoder_row, feature_file, read_sidecar

    keep_heap_small()
    encoders = [build_encoder(choice) for choice in order.encoders]
    for each in encoders:
        if isinstance(order.pca, Path) and not _hears(each):
            components_for(order.pca, encoder_row(each, order.rate_hz), say)  # while nothing has been done yet
    jobs = [[(video, feature_file(video, each.title, order.folder)) for video in order.videos] for each in encoders]
    refuse_twice([file for of_encoder in jobs for _, file in of_encoder])
    for each, of_encoder in zip(encoders, jobs, strict=True):
        for video, file in of_encoder:
            if file.exists() and not order.replace and not _is_of(read_sidecar(file), each, video, order.rate_hz):
                raise UsageError(f"{file} holds other features.", "Name another --out, or --replace them.")
    if order.folder is not None:
        private_folder(order.folder)
    del each
    for of_encoder in jobs:
        encoder = encoders.pop(0)
        made: list[Made] = []
        for video, file in of_encoder:
            if stop.reason is None:
                made.append(_make(video, encoder, file, order, tell, stop))
                yield made[-1]
        title, reduced = encoder.title, order.pca is not None and not _hears(encoder)
        del encoder  # components take as much memory as a network
        if order.pca is not None and reduced and stop.reason is None:
            yield from reduce_features(made, title, order.pca, order.replace)


def _make(
    video: Path, encoder: "PictureEncoder | SoundEncoder", file: Path, order: Order, tell: "Progress", stop: "Stop"
) -> Made:
    from engine.audio.late_fault import UntilFault
    from engine.encoders.feature_file import Unfinished, described, fault_told, made_rows

    try:
        made_from = described(encoder, video, order.rate_hz)
    except OSError:
        made_from = None
    if made_from is None:
        return Made(file, 0, _why_not(video), 0.0)
    there = made_rows(file, made_from)
    if there:
        return Made(file, there, fault_told(file), None)
    unfinished = Unfinished(file, made_from)
    begin = unfinished.rows
    told = _Told(tell, f"{video.name}, {encoder.name}", order.rate_hz, begin)
    found = UntilFault(_rows(encoder, video, order.rate_hz, begin, order.decoding, told.lasts))
    fault: MomentumError | None = None
    rows = 0
    for block in found:
        unfinished.add(block)
        told.reached(block.first + len(block.values))
        if stop.reason is not None:
            return Made(file, unfinished.rows, None, told.seconds)
    try:
        found.raise_it()
    except MomentumError as error:
        fault = error
    try:
        rows = unfinished.finish(fault.message if fault else "")
    except MomentumError as error:
        fault = fault or error
    return Made(file, rows, fault, told.seconds)


def _rows(
    encoder: "PictureEncoder | SoundEncoder",
    path: Path,
    rate_hz: float,
    first: int,
    decoding: Decoding,
    lasts: Callable[[float | None], None],
) -> "Iterator[Rows]":
    """Rows from ``first`` on; ``lasts`` is told how long the recording is, where that is known."""
    from engine.audio.late_fault import UntilFault
    from engine.audio.media_file import MediaFile
    from engine.encoders.encoder import BLOCK_ROWS, Rows
    from engine.video.frames_at_rate import blocks
    from engine.video.video_frames import PictureFile, sound_start_s

    if _hears(encoder):
        with closing(MediaFile(path, _SOUND_BLOCK, encoder.sound_hz)) as sound:
            lasts(sound.duration_s)
            heard = UntilFault(sound.blocks())
            yield from encoder.encode(heard, sound_start_s(path), rate_hz, first)
            heard.raise_it()
        return
    with closing(PictureFile(path, decoding)) as picture:
        lasts(picture.duration_s)
        for block in blocks(picture, rate_hz, encoder.fit, BLOCK_ROWS, first):
            yield Rows(block.first, encoder.encode(block.pictures, block.before))


def _hears(encoder: "PictureEncoder | SoundEncoder") -> "TypeIs[SoundEncoder]":
    return hasattr(encoder, "sound_hz")


class _Told:
    """Progress of one recording: seconds of it done, how fast, and how long that will still take."""

    def __init__(self, tell: "Progress", step: str, rate_hz: float, begin: int) -> None:
        self._tell, self._step, self._rate_hz, self._begin = tell, step, rate_hz, begin
        self._lasts_s: float | None = None
        self._began = monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return monotonic() - self._began

    def lasts(self, duration_s: float | None) -> None:
        self._lasts_s = duration_s
        self._tell(self._step, self._begin / self._rate_hz, duration_s)

    def reached(self, row: int) -> None:
        done_s = min(row / self._rate_hz, self._lasts_s or math.inf)
        speed = (row - self._begin) / self._rate_hz / max(self.seconds, 1e-9)
        left = "" if self._lasts_s is None else f", {max(0.0, self._lasts_s - done_s) / max(speed, 1e-9):.0f} s left"
        self._tell(self._step, done_s, self._lasts_s, f"{speed:.1f} x real time{left}")


def _is_of(row: "dict[str, Any] | None", encoder: "Described", video: Path, rate_hz: float) -> bool:
    """Whether what is there was made of this recording by this encoder, as far as its name goes."""
    from engine.encoders.feature_file import described, says_all

    return row is not None and (not video.is_file() or says_all(row, described(encoder, video, rate_hz)))


def _why_not(video: Path) -> MomentumError:
    from engine.audio.media_file import head_of

    try:
        head_of(video, video.name)
    except MomentumError as error:
        return error
    return InputError(f"{video.name} can't be read.", "Check the path.")
