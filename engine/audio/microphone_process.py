"""A microphone that is listened to by a process of its own, for a program that listens to several.

PortAudio lists devices once in a process, and looking again ends every open stream there: one microphone that comes
back would cost all others their sound. It may hang, too, and take every device with it. So each device has a small
process that listens, and what listens to it here sees blocks with the times at which they were heard: the monotonic
clock is one for all processes. A device that comes back, or hangs, gets a new process.
"""

import json
import os
import select
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import numpy as np

from engine.audio.calls_with_deadline import PATIENCE_S
from engine.audio.microphone import HEARTBEAT_S, QUEUE_S, Microphone
from engine.audio.source import AudioSource
from engine.core.errors import DeviceError, MomentumError
from engine.core.own_process import command_for, environment_for_it
from engine.core.signals import AudioBlock

_CLOSING_S: Final = 1.0
_KIND: Final = struct.Struct("<cI")
"""What follows, and its length in bytes: N the device's name, B a block, F a fault."""
_BLOCK: Final = struct.Struct("<qdII")
"""First sample, when the last was heard, overruns, overloads; then float32 samples."""


class MicrophoneProcess:
    """As ``Microphone``, in a process of its own, which ends when this one does.

    Args:
        device: number, name or part of the name; None for the default.
        rate_hz, queue_s: as in ``Microphone``.
        heartbeat_s: how long to wait for sound before an empty block is yielded.
        patience_s: how long opening may take.
        command: what to start; None for this very program.

    Raises:
        DeviceError: at once for a device that is missing, unknown, refused or does not answer, and out of ``blocks``
            for one that went away.
    """

    live = True
    duration_s = None

    def __init__(
        self,
        device: str | None = None,
        *,
        rate_hz: int | None = None,
        queue_s: float = QUEUE_S,
        heartbeat_s: float = HEARTBEAT_S,
        patience_s: float = PATIENCE_S,
        command: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = {"device": device, "rate_hz": rate_hz, "queue_s": queue_s}
        self._again = {"heartbeat_s": heartbeat_s, "patience_s": patience_s, "command": command, "clock": clock}
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._bytes = bytearray()
        self._end = 0
        self._closed = False
        self.name = device or "default"
        # No signal that the terminal sends to all that runs in it; closing the pipes is what ends it.
        self._process = subprocess.Popen(
            [*(command or command_for(__name__, "listen_apart")), json.dumps(self._wanted)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment_for_it(),
            start_new_session=True,
        )
        try:
            self.name = json.loads(self._first_word(patience_s))
        except BaseException:
            self.close()
            raise

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield what is heard until ``close``."""
        while not self._closed:
            message = self._message(self._heartbeat_s)
            if message is None:
                yield AudioBlock(np.zeros(0, np.float32), self._end, self._clock())
                continue
            kind, body = message
            if kind == b"F":
                raise _fault(body)
            start, captured_at, overruns, overloads = _BLOCK.unpack_from(body)
            samples = np.frombuffer(body, np.float32, offset=_BLOCK.size)
            block = AudioBlock(samples, start, captured_at, overruns, overloads=overloads)
            self._end = block.end
            yield block

    def close(self) -> None:
        """End the process; harmless when done twice, from any thread."""
        if self._closed:
            return
        self._closed = True
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_CLOSING_S)
        except subprocess.TimeoutExpired:  # the sound system hangs, and nobody need wait for it
            self._process.kill()
            self._process.wait()

    def open_again(self) -> "MicrophoneProcess":
        """The same device, by its name, in a new process. Raises ``DeviceError``."""
        return MicrophoneProcess(**{**self._wanted, "device": self.name}, **self._again)  # type: ignore[arg-type]

    def _first_word(self, patience_s: float) -> bytes:
        until_s = self._clock() + patience_s
        while (left_s := until_s - self._clock()) > 0:
            message = self._message(min(left_s, self._heartbeat_s))
            if message is not None:
                kind, body = message
                if kind == b"F":
                    raise _fault(body)
                return body
        raise DeviceError(
            f"The microphone {self.name} does not answer: opening it has not come to an end within {patience_s:g} s.",
            "The system's sound may hang: look at 'momentum devices'.",
        )

    def _message(self, wait_s: float) -> tuple[bytes, bytes] | None:
        """The next message; None where none has come whole within ``wait_s``. Raises ``DeviceError`` at the end."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        until_s = self._clock() + wait_s
        while True:
            if len(self._bytes) >= _KIND.size:
                kind, size = _KIND.unpack_from(self._bytes)
                if len(self._bytes) >= _KIND.size + size:
                    body = bytes(self._bytes[_KIND.size : _KIND.size + size])
                    del self._bytes[: _KIND.size + size]
                    return kind, body
            if not select.select([descriptor], [], [], max(0.0, until_s - self._clock()))[0]:
                return None
            received = os.read(descriptor, 1 << 16)
            if not received:
                raise DeviceError(
                    f"The microphone {self.name} went away: what listens to it has ended.",
                    "'momentum devices' shows whether it is there.",
                )
            self._bytes += received


def listen_apart(wanted: dict[str, Any], open_microphone: Callable[..., AudioSource] = Microphone) -> None:
    """What the process does: listen to ``wanted`` and write blocks on standard output until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # What libraries print would be taken for sound.
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        source = open_microphone(wanted.pop("device"), **wanted)
        _send(out, b"N", json.dumps(source.name).encode())
        for block in source.blocks():
            captured_at = time.monotonic() if block.captured_at is None else block.captured_at
            head = _BLOCK.pack(block.start, captured_at, block.overruns, block.overloads)
            _send(out, b"B", head + block.samples.astype(np.float32, copy=False).tobytes())
    except MomentumError as fault:
        _send(out, b"F", json.dumps([fault.message, fault.hint]).encode())
    except BrokenPipeError:  # nobody listens any more
        pass
    # A sound system that hangs would keep the interpreter from ending.
    os._exit(0)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def _send(out: int, kind: bytes, body: bytes) -> None:
    message = memoryview(_KIND.pack(kind, len(body)) + body)
    while message:
        message = message[os.write(out, message) :]


def _fault(body: bytes) -> DeviceError:
    message, hint = json.loads(body)
    return DeviceError(message, hint)
