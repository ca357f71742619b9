"""The process that hears a commentary: its own memory, a lower priority, one thread for its network."""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

NICENESS: Final = 10


def hear_apart(wanted: dict[str, Any]) -> None:
    """What the process does with ``spec``, ``model``, ``language``, ``rate_hz`` and ``queue_s``, until standard input
    ends; with ``separation_model`` and ``engine`` it hears the voices alone. See ``engine.commentary.spoken.apart`` for
    what it says.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    # What libraries print would be taken for words.
    out = os.dup(1)
    os.dup2(2, 1)
    said = _Said(out)
    with suppress(BrokenPipeError):  # nobody listens any more
        said.send(_hear(wanted, said))
    # A sound system that hangs would keep the interpreter from ending.
    os._exit(0)


class _Said:
    """Standard output, for two threads."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._turn = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """One line. Raises ``BrokenPipeError``."""
        line = memoryview((json.dumps(message) + "\n").encode())
        with self._turn:
            while line:
                line = line[os.write(self._out, line) :]


def _hear(wanted: dict[str, Any], said: _Said) -> dict[str, Any]:
    """To the end of the sound; the last message."""
    from engine.app.open_source import open_source
    from engine.commentary.spoken.listener import Listener
    from engine.commentary.spoken.recogniser import load_recogniser, load_voice
    from engine.core.errors import MomentumError

    fault: list[MomentumError] = []
    name = ""
    try:
        recognise, voice = load_recogniser(Path(wanted["model"]), wanted["language"]), load_voice()
        source = open_source(
            wanted["spec"],
            speed=float("inf"),
            microphone_rate_hz=wanted["rate_hz"],
            queue_s=wanted["queue_s"],
        )
        if wanted.get("separation_model"):
            from engine.app.separate_voices import voices_alone

            source = voices_alone(source, wanted["separation_model"], wanted["engine"])
        name = source.name
        listener = Listener(source, voice, recognise, said.send)
        threading.Thread(target=_follow, args=(listener,), daemon=True).start()
        said.send({"ready": name})

        def hear() -> None:
            try:
                listener.hear()
            except MomentumError as error:
                fault.append(error)
            except BrokenPipeError:
                os._exit(0)

        threading.Thread(target=hear, daemon=True).start()
        listener.tell()
    except MomentumError as error:
        fault.append(error)
    return {"fault": [fault[0].message, fault[0].hint]} if fault else {"over": f"{name} has ended"}


def _follow(listener: Any) -> None:
    """Hear from the run how far it is; its end is the end of this process."""
    from engine.commentary.spoken.listener import RunClock

    for line in sys.stdin:
        told = json.loads(line)
        listener.run_clock = RunClock(float(told["heard_s"]), float(told["at_s"]))
    os._exit(0)
