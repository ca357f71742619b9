"""What launchd sees of a recorder that ends: exit codes that it takes in the right way.

launchd starts a job again by whether its exit code is 0 and by nothing else (``KeepAlive`` in launchd.plist(5) knows
``SuccessfulExit`` and ``Crashed``, and no list of codes). So an end that no new start mends, and one that somebody
asked for, become 0 here, with a word in the log; every other end stays what it was and is started again. systemd has a
list (``RestartPreventExitStatus``) and needs none of this.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import ExitCode
from engine.core.files import private_folder
from engine.core.paths import Paths
from engine.session.file_lock import HeldLock, Holder

if TYPE_CHECKING:
    from engine.core.telling import Tell

NOT_CURABLE: Final = (ExitCode.USAGE, ExitCode.WEIGHTS, ExitCode.INPUT)
"""Ends that a new start does not mend."""
ASKED_FOR: Final = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)
LOCK: Final = "service.lock"
"""In the data folder; held while the service runs."""
OUTPUT: Final = "service.log"
"""In the log folder: what the process writes to its standard error, tracebacks included."""
_LARGEST_BYTES: Final = 1_000_000


def run_as_service(
    arguments: Sequence[str], command: Callable[[Sequence[str]], int], paths: Paths, tell: "Tell"
) -> int:
    """Run ``command`` with ``arguments`` as the service; returns what launchd should see.

    ``tell`` hears, with the time, why it ended.
    """
    _shorten(paths.log / OUTPUT)
    holder = Holder(os.getpid(), _now(), " ".join(arguments), "")
    # Held by an older one that is just ending: this one then begins without; the device has a lock of its own.
    with HeldLock.take(private_folder(paths.data) / LOCK, holder) or nullcontext():
        code = command(arguments)
    if code in NOT_CURABLE:
        end = f"ended with code {int(code)}, which no new start mends: mend it, then 'momentum service install'"
    elif code in ASKED_FOR:
        end = f"ended with code {int(code)}, as it was asked to"
    elif code != ExitCode.DONE:
        tell(f"{_now()} the service ended with code {int(code)}; it is started again")
        return int(code)
    else:
        return 0
    tell(f"{_now()} the service {end}")
    return 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shorten(log: Path) -> None:
    """Begin the log anew where it has grown large: launchd never does. The record's own log keeps the history."""
    try:
        if log.stat().st_size > _LARGEST_BYTES:
            os.truncate(log, 0)
    except FileNotFoundError:
        pass
