"""One recorder a device: two would each get half of the truth, or the second one silence."""

import hashlib
from pathlib import Path

from engine.core.errors import DeviceError
from engine.core.files import private_folder
from engine.session.file_lock import HeldLock, Holder, holder_of
from engine.session.folder import DEVICES


def hold_device(root: Path, device: str, holder: Holder) -> HeldLock:
    """Hold ``device`` for this process until released. Raises ``DeviceError`` that says who holds it."""
    folder = private_folder(root / DEVICES)
    # A device's name may hold anything, a file's name may not.
    path = folder / (hashlib.sha256(device.encode(errors="surrogateescape")).hexdigest()[:32] + ".lock")
    lock = HeldLock.take(path, holder)
    if lock is not None:
        return lock
    other = holder_of(path)
    if other is None:
        raise DeviceError(f"{device} is being recorded by another process", "'momentum watch' shows what it hears")
    raise DeviceError(
        f"{device} is being recorded by process {other.pid} since {other.since_at} (session {other.session})",
        f"'momentum watch {other.session}' shows it; end that process to record here.",
    )
