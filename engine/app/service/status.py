"""Where a service stands."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Status:
    """Where the service stands; ``running`` is None where the system can't be asked.

    program: what the installed file starts, and whether that is there. way: how it is started; ``app`` and ``terminal``
    are of macOS. detail: how it ended last, in the manager's words, empty where it did not.
    """

    file: str
    installed: bool
    running: bool | None
    program: str | None
    program_found: bool
    way: Literal["systemd", "app", "terminal"] = "systemd"
    detail: str = ""
