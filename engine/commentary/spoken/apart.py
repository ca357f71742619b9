"""A teller in a process of its own: it may hang, die, flood or speak nonsense, and is begun anew.

It writes lines of JSON: ``{"ready": source}``, ``{"late_s": 1.5}`` twice a second, ``{"words": {start, end, text,
language}}`` in seconds of the run's sound, ``{"over": why}``, ``{"fault": [message, hint]}``. It is told twice a second
how far the run has heard: ``{"heard_s": 71.2, "at_s": 1234.5}`` by the monotonic clock.
"""

import json
import math
import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from engine.commentary.spoken.beside import Closed, SpokenBeside
from engine.core.own_process import environment_for_it
from engine.core.signals import Hearing, Words
from engine.core.text import plain

ANSWER_S: Final = 20.0
"""A process that says nothing for this long hangs; loading its model may take ``READY_S``."""
READY_S: Final = 120.0
TOO_LATE_S: Final = 180.0
"""Behind by so much it will not catch up."""
AGAIN_S: Final = 1.0
LONGEST_AGAIN_S: Final = 60.0
TELL_EVERY_S: Final = 0.5
_ONE_THREAD: Final = {
    name: "1" for name in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
}
"""More threads that wait for each other would take the processor from the readings."""
_LINE_BYTES: Final = 1 << 16
_CLOSING_S: Final = 1.0


class Fault(Exception):
    """Why the process is ended and begun anew."""


class ProcessTeller:
    """Args:
    name: what a person calls the source.
    command: what to start; ``wanted`` follows as JSON.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        wanted: dict[str, Any],
        clock: Callable[[], float] = time.monotonic,
        answer_s: float = ANSWER_S,
        ready_s: float = READY_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self.name = name
        self._command = [*command, json.dumps(wanted)]
        self._clock = clock
        self._answer_s = answer_s
        self._ready_s = ready_s
        self._again_s = again_s

    def tell(self, to: SpokenBeside) -> None:
        """See ``Teller``."""
        pause_s = self._again_s
        to.told_all()
        to.show(Hearing.STARTING, detail=self.name)
        while True:
            began_s = self._clock()
            try:
                self._once(to)
                return
            except (Fault, OSError) as fault:
                to.show(Hearing.LOST, detail=str(fault))
            if self._clock() - began_s > LONGEST_AGAIN_S:
                pause_s = self._again_s
            to.wait_closed(pause_s)
            pause_s = min(2 * pause_s, LONGEST_AGAIN_S)

    def _once(self, to: SpokenBeside) -> None:
        """One life of the process, to the end of its source. Raises ``Fault``, ``OSError`` or ``Closed``."""
        # No signal that the terminal sends to all that runs in it; closing the pipes is what ends it.
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment_for_it(), **_ONE_THREAD},
            start_new_session=True,
        )
        try:
            _Life(to, process).go_on(self._clock, self._answer_s, self._ready_s)
        finally:
            _end(process)


class _Life:
    """What is exchanged with one process."""

    def __init__(self, to: SpokenBeside, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None and process.stdout is not None
        self._to = to
        self._out = process.stdout.fileno()
        self._in = process.stdin.fileno()
        os.set_blocking(self._in, False)
        self._bytes = bytearray()
        self._ready = False
        self._over = False

    def go_on(self, clock: Callable[[], float], answer_s: float, ready_s: float) -> None:
        """Until the end of its source. Raises ``Fault``, ``OSError`` or ``Closed``."""
        heard_at_s, told_at_s = clock(), float("-inf")
        while not self._over:
            if self._to.closed:
                raise Closed
            now_s = clock()
            if now_s - told_at_s >= TELL_EVERY_S:
                told_at_s = now_s
                self.tell_it({"heard_s": self._to.heard_s, "at_s": now_s})
            if select.select([self._out], [], [], TELL_EVERY_S / 2)[0]:
                received = os.read(self._out, 1 << 16)
                if not received:
                    raise Fault("its process has ended")
                self._take(received)
                heard_at_s = clock()
            elif clock() - heard_at_s > (answer_s if self._ready else ready_s):
                raise Fault(f"its process has not answered for {clock() - heard_at_s:.0f} s")

    def tell_it(self, message: dict[str, float]) -> None:
        """One line, or nothing where it does not read: it is told again."""
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._in, (json.dumps(message) + "\n").encode())

    def _take(self, received: bytes) -> None:
        self._bytes += received
        *lines, rest = bytes(self._bytes).split(b"\n")
        self._bytes = bytearray(rest)
        if len(rest) > _LINE_BYTES:
            raise Fault("its process speaks without end")
        for line in lines:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        try:
            message = json.loads(line)
            kind = next(key for key in ("ready", "late_s", "words", "over", "fault") if key in message)
            value = message[kind]
            match kind:
                case "ready":
                    self._ready = True
                    self._to.show(Hearing.LISTENING)
                case "late_s":
                    self._take_sign(_number(value), int(message.get("dropped", 0)))
                case "words":
                    self._take_words(value)
                case "over":
                    self._over = True
                    self._to.show(Hearing.OVER, detail=str(value))
                case _:
                    said, hint = value
                    raise Fault(f"{said} {hint}")
        except (ValueError, TypeError, KeyError, StopIteration, RecursionError) as error:
            raise Fault(f"its process speaks nonsense: {plain(line.decode(errors='replace'), 60)}") from error

    def _take_sign(self, late_s: float, dropped: int) -> None:
        if late_s > TOO_LATE_S:
            raise Fault(f"it is {late_s:.0f} s behind and will not catch up")
        self._to.show(Hearing.LISTENING, late_s, f"{dropped} utterances were left out" if dropped else "")

    def _take_words(self, value: dict[str, Any]) -> None:
        now_s = self._to.heard_s
        start_s, end_s = sorted(min(_number(value[key]), now_s) for key in ("start", "end"))
        text, language = value["text"], value.get("language", "")
        if not isinstance(text, str) or not isinstance(language, str):
            raise TypeError("words are text")
        self._to.say(Words(now_s, start_s, end_s, text, language))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r} is no time")
    return float(value)


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None and process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_CLOSING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
