"""``momentum record mic`` on a sound system that hangs when a device is closed, and when the process tidies it up.

Run as a program: ``python -m tests.functional.hanging_sounddevice``, with the words of another command or without. The
device plays for a second, then dies.
"""

import atexit
import sys
import threading

import numpy as np

from tests.unit.engine.audio.fake_sounddevice import FakeSoundDevice, FakeStream, microphone

PATIENCE_S = 0.3
NEVER = threading.Event()


class HangingStream(FakeStream):
    def close(self) -> None:
        NEVER.wait()


def play(stream: FakeStream) -> None:
    sound = np.random.default_rng(0).normal(scale=0.05, size=(50, 441)).astype(np.float32)
    for piece in sound:
        stream.hear(piece)
    stream.die()


def main() -> int:
    fake = FakeSoundDevice(microphone("Desk"), script=play)
    fake.stream = HangingStream
    fake.get_portaudio_version = lambda: (0x130700, "")  # type: ignore[attr-defined]
    sys.modules["sounddevice"] = fake  # type: ignore[assignment]
    # As the real one registers Pa_Terminate.
    atexit.register(NEVER.wait)

    from engine.audio import microphone as opened
    from engine.audio import reconnecting as watched

    opened.Microphone.__init__.__kwdefaults__["patience_s"] = PATIENCE_S  # type: ignore[index]
    defaults = watched.WatchedSource.__init__.__defaults__
    assert defaults is not None
    watched.WatchedSource.__init__.__defaults__ = (*defaults[:-1], PATIENCE_S)

    from tui.cli.main import main

    return main(sys.argv[1:] or ["record", "mic", "--sound"])


if __name__ == "__main__":
    sys.exit(main())
