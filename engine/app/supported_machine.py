"""Is this a machine that the program can be installed on? ``make`` asks before it installs, ``momentum doctor`` after.

``python -I engine/app/supported_machine.py`` needs nothing but Python: it says the fault in two lines and ends with 2,
or nothing.
"""

import platform
import subprocess
import sys
from typing import Final, NamedTuple

OLDEST_MACOS: Final = (14, 0)
"""What the wheels of MLX are built for."""


class Machine(NamedTuple):
    """system and processor: as ``platform`` says them of the running Python. macos: its version, empty elsewhere.

    translated: whether Rosetta runs this Python on Apple silicon.
    """

    system: str
    processor: str
    macos: tuple[int, ...]
    translated: bool


def read_machine() -> Machine:
    """This one."""
    version = platform.mac_ver()[0]
    system = platform.system()
    return Machine(
        system,
        platform.machine(),
        tuple(int(part) for part in version.split(".") if part.isdigit()),
        system == "Darwin" and _translated(),
    )


def fault_of(machine: Machine) -> tuple[str, str] | None:
    """What keeps the program from being installed there, and what to do about it; None where nothing does."""
    if machine.system != "Darwin":
        return None
    if machine.translated:
        return (
            "this Python is one for Intel, which Rosetta translates; MLX has no packages for it",
            "Take one for Apple silicon, from python.org or /opt/homebrew/bin: make run PYTHON=/path/to/python3",
        )
    if machine.processor != "arm64":
        return (
            f"this Mac's processor is {machine.processor}; MLX has packages for Apple silicon (M1 and later) alone",
            "Take a Mac with Apple silicon, or a Linux machine: there is no way around it on this one.",
        )
    # A Python built for an old macOS may be told that a new one is 10.16; that is no reason to refuse.
    if machine.macos and machine.macos[:2] != (10, 16) and machine.macos[:2] < OLDEST_MACOS:
        return (
            f"this is macOS {'.'.join(map(str, machine.macos))}; MLX has packages for {OLDEST_MACOS[0]} and later",
            "Update macOS: System Settings > General > Software Update.",
        )
    return None


def _translated() -> bool:
    """Whether Rosetta runs this process (``sysctl.proc_translated``, which only Apple silicon has)."""
    try:
        said = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "sysctl.proc_translated"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.stdout.strip() == "1"


def main() -> int:
    fault = fault_of(read_machine())
    if fault is None:
        return 0
    sys.stderr.write(f"{fault[0]}\n  {fault[1]}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
