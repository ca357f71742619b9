from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.core.errors import DeviceError, InputError
from tui.monitor.play_clip import play


class Fault(Exception):
    """What PortAudio raises."""


def test_a_clip_is_played_at_its_own_rate(tmp_path: Path) -> None:
    clip = tmp_path / "clip.flac"
    soundfile.write(clip, np.zeros(2205), 22050)
    heard: list[tuple[int, int]] = []

    def speaker(samples: Any, rate_hz: int, blocking: bool) -> None:
        heard.append((len(samples), rate_hz))

    play(clip, SimpleNamespace(play=speaker, PortAudioError=Fault))
    assert heard == [(2205, 22050)]


def test_without_a_loudspeaker_it_says_what_to_do(tmp_path: Path) -> None:
    clip = tmp_path / "clip.flac"
    soundfile.write(clip, np.zeros(2205), 22050)

    def nothing(*_: object, **__: object) -> None:
        raise Fault("no default output device")

    with pytest.raises(DeviceError, match="no loudspeaker here: no default output device"):
        play(clip, SimpleNamespace(play=nothing, PortAudioError=Fault))


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.flac").write_text("words", encoding="utf-8")
    with pytest.raises(InputError):
        play(tmp_path / "clip.flac", SimpleNamespace())
