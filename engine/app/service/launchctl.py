"""What launchd is told and asked, through ``launchctl``.

Nothing of what ``launchctl print`` prints is promised by Apple ("NOT API in any sense", launchctl(1)); so only two of
its lines are read, and where they are missing the state is unknown. Exit codes and texts are errno's (``launchctl
error``): 3 no such process, 5 and 37 while the old job is still ending, 36 in progress, 113 no such service, 125 no
such session.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.app.service.system_commands import Run, answer
from engine.core.errors import MomentumError

GONE_WITHIN_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.5
_ADDED_WITHIN_S: Final = 30.0
_TRY_EVERY_S: Final = 1.0
_STILL_ENDING: Final = (5, 37)
_NOBODY_THERE: Final = 125
_LINE: Final = re.compile(r"^\t(state|last exit code|last terminating signal|pid) = (.+)$", re.MULTILINE)
"""A line of the job itself, which has one tab; those of its endpoints and environment have more."""


@dataclass(frozen=True, slots=True)
class Job:
    """What launchd says of a job: ``state`` in its own word, None where it says none; ``ended`` how it ended last."""

    state: str | None
    ended: str

    @property
    def running(self) -> bool | None:
        """Whether its process lives; None where launchd does not say."""
        return None if self.state is None else self.state == "running"


def read_job(printed: str) -> Job:
    """What ``launchctl print`` printed of one job."""
    lines = dict(_LINE.findall(printed))
    code, number = lines.get("last exit code", ""), lines.get("last terminating signal", "")
    ended = f"last ended with {code}" if code[:1].isdigit() else f"last ended by {number}" if number else ""
    return Job(lines.get("state"), ended)


@dataclass(frozen=True, slots=True)
class Launchctl:
    """The job ``label`` in the session at the screen of the user with this number."""

    uid: int
    label: str
    run: Run
    sleep: Callable[[float], None]

    @property
    def domain(self) -> str:
        return f"gui/{self.uid}"

    @property
    def target(self) -> str:
        return f"{self.domain}/{self.label}"

    def job(self) -> Job | None:
        """The job as it is; None where launchd does not know it. Raises ``MomentumError`` where it can't be asked."""
        said = answer(self.run, ["launchctl", "print", self.target])
        return None if said.returncode else read_job(said.stdout)

    def remove(self) -> None:
        """Stop the job and wait until launchd has forgotten it; one it does not know is fine.

        ``bootout`` returns while the job is still ending, and until it has ended no new one of that name is taken.
        Raises ``MomentumError`` where it does not end.
        """
        if self.job() is None:
            return
        said = answer(self.run, ["launchctl", "bootout", self.target])
        for _ in range(round(GONE_WITHIN_S / _LOOK_EVERY_S)):
            if self.job() is None:
                return
            self.sleep(_LOOK_EVERY_S)
        raise MomentumError(
            f"the service does not stop within {GONE_WITHIN_S:.0f} s{_reason(said.stderr)}",
            "'momentum service status' says how it stands; restart the Mac where it stays.",
        )

    def add(self, file: Path) -> None:
        """Have launchd take the job in ``file`` and start it, now and at every login.

        ``enable`` first, for a job that was disabled once is refused with the same code 5 as one that is still ending.
        Raises ``MomentumError``.
        """
        answer(self.run, ["launchctl", "enable", self.target])
        said = answer(self.run, ["launchctl", "bootstrap", self.domain, str(file)])
        for _ in range(round(_ADDED_WITHIN_S / _TRY_EVERY_S)):
            if said.returncode not in _STILL_ENDING or self.job() is not None:
                break
            self.sleep(_TRY_EVERY_S)
            said = answer(self.run, ["launchctl", "bootstrap", self.domain, str(file)])
        if said.returncode == 0 or (said.returncode in _STILL_ENDING and self.job() is not None):
            return
        hint = "'momentum service status' shows what is installed."
        if said.returncode == _NOBODY_THERE:
            hint = "log in at the screen of the Mac with this account first: a service listens in that session only."
        raise MomentumError(f"launchd does not take the service{_reason(said.stderr, said.returncode)}", hint)


def _reason(text: str, code: int | None = None) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Try re-running")]
    return f": {lines[0].strip()}" if lines else "" if code is None else f": code {code}"
