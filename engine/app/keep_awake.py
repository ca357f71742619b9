"""Keeps a Mac awake while it listens: nobody touches it during a match, and an idle Mac falls asleep.

``caffeinate -i -w PID`` holds the system's own assertion against idle sleep for as long as the process lives, so that a
killed recorder holds nothing. The display may go dark. Closing a lid or choosing Sleep is a person's wish and stays so.
"""

import logging
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

CAFFEINATE: Final = "/usr/bin/caffeinate"
_ENDS_WITHIN_S: Final = 5.0

log = logging.getLogger(__name__)


@contextmanager
def kept_awake(system: str, start: Callable[..., Any] = subprocess.Popen) -> Iterator[None]:
    """While inside, the machine does not fall asleep by itself; ``system`` as ``platform.system()`` says it.

    Elsewhere than on macOS nothing is done: a Linux server sleeps when it is told to.
    """
    if system != "Darwin":
        yield
        return
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        # A group of its own: Ctrl-C is for the recorder, which still has its session to end.
        holder = start([CAFFEINATE, "-i", "-w", str(os.getpid())], **quiet, start_new_session=True)
    except OSError as error:
        log.warning("this Mac may fall asleep while it listens: %s: %s", CAFFEINATE, error.strerror or error)
        yield
        return
    try:
        yield
    finally:
        holder.terminate()
        holder.wait(_ENDS_WITHIN_S)
