"""Checks of a Mac that is to record while nobody is there: sleep, and what a power cut at night would do.

``pmset -g`` prints one setting a line, its name and its number; ``fdesetup status`` one sentence, "FileVault is On." or
"FileVault is Off."; ``defaults read`` the name of the account, or fails where none is set.
"""

import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.app.doctor.recorder_service import status_of

_PMSET: Final = ("/usr/bin/pmset", "-g")
_FILEVAULT: Final = ("/usr/bin/fdesetup", "status")
_AUTO_LOGIN: Final = ("/usr/bin/defaults", "read", "/Library/Preferences/com.apple.loginwindow", "autoLoginUser")


def sleep(around: Surroundings) -> Iterator[Finding]:
    """Does this Mac fall asleep? While the recorder runs it does not; before that, nobody reaches it."""
    if around.system != "Darwin":
        return
    minutes = power_settings(_asked(around, _PMSET)).get("sleep")
    if minutes is None:
        yield Finding("sleep", Verdict.NOTE, "whether this Mac sleeps can't be told", "Look at 'pmset -g' yourself.")
    elif minutes == 0:
        yield Finding("sleep", Verdict.OK, "this Mac does not sleep by itself")
    else:
        detail = f"this Mac sleeps after {minutes} min; a recorder keeps it awake while it runs"
        yield Finding("sleep", Verdict.NOTE, detail, "On a machine that stands alone: sudo pmset -a sleep 0")


def power_cut(around: Surroundings) -> Iterator[Finding]:
    """Would the recorder run again in the morning, if the power failed at night and came back?"""
    if around.system != "Darwin":
        return
    restarts = power_settings(_asked(around, _PMSET)).get("autorestart")
    vault = _file_vault(_asked(around, _FILEVAULT))
    account = _auto_login(around)
    wanted = around.environ.get("USER", "")
    stops: list[tuple[str, str]] = []
    if restarts == 0:
        stops.append(("this Mac stays off", "sudo pmset -a autorestart 1"))
    if vault:
        stops.append(("FileVault waits for a password at the screen", "turn FileVault off, or have somebody come"))
    elif account == "":
        stops.append(
            ("nobody is logged in", "System Settings > Users & Groups > Automatically log in as: the recording account")
        )
    elif account and wanted and account != wanted:
        stops.append(
            (f"{account} is logged in, not {wanted}", "System Settings > Users & Groups > Automatically log in")
        )
    if stops:
        matters = status_of(around).installed
        detail = f"after a power cut nothing would be recorded: {', and '.join(what for what, _ in stops)}"
        remedy = "; ".join(remedy for _, remedy in stops)
        yield Finding("power cut", Verdict.WARNING if matters else Verdict.NOTE, detail, remedy)
    elif restarts is None or vault is None or account is None:
        detail = "whether this Mac would record again after a power cut can't be told"
        yield Finding("power cut", Verdict.NOTE, detail, "Pull the plug once, before the season does.")
    else:
        yield Finding("power cut", Verdict.OK, f"this Mac starts again and logs {account} in")


def power_settings(printed: str | None) -> dict[str, int]:
    """The numbers of ``pmset -g`` by name; what stands behind a number says who holds it up."""
    return {name: int(number) for name, number in re.findall(r"^ (\S+)\s+(\d+)\b", printed or "", re.MULTILINE)}


def _file_vault(printed: str | None) -> bool | None:
    said = re.match(r"FileVault is (On|Off)\b", printed or "")
    return None if said is None else said[1] == "On"


def _auto_login(around: Surroundings) -> str | None:
    """The account that is logged in by itself, empty where none is, None where that can't be told."""
    said = _answer(around, _AUTO_LOGIN)
    if said is None or (said.returncode and "does not exist" not in said.stderr + said.stdout):
        return None
    return "" if said.returncode else said.stdout.strip()


def _asked(around: Surroundings, command: Sequence[str]) -> str | None:
    """What a program of macOS prints; None where it can't be asked or refuses."""
    said = _answer(around, command)
    return said.stdout if said is not None and said.returncode == 0 else None


def _answer(around: Surroundings, command: Sequence[str]) -> "subprocess.CompletedProcess[str] | None":
    try:
        return around.run(command)
    except (OSError, subprocess.TimeoutExpired):
        return None
