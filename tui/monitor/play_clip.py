"""Plays a clip on this machine's loudspeaker."""

import importlib
from pathlib import Path
from typing import Any

from engine.core.errors import DeviceError, InputError

_HINT = "export the clip with x and play it elsewhere; over ssh the sound would come out on the other machine"


def play(path: Path, module: Any = None) -> None:
    """Play the sound file to its end; meant for a thread of its own. ``module`` is sounddevice, or a stand-in.

    Raises ``DeviceError`` where nothing can be heard here and ``InputError`` for a file that is no sound.
    """
    import soundfile

    try:
        samples, rate_hz = soundfile.read(path, dtype="float32")
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{path.name} can't be played: {error}", "export it again") from error
    try:
        device = module or importlib.import_module("sounddevice")
    except OSError as error:  # what sounddevice raises where PortAudio is missing
        raise DeviceError("PortAudio is not installed, so nothing can be played here.", _HINT) from error
    try:
        device.play(samples, rate_hz, blocking=True)
    except device.PortAudioError as error:
        raise DeviceError(f"There is no loudspeaker here: {error}.", _HINT) from error
