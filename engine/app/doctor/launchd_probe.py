"""A LaunchAgent that listens once and says what it heard: macOS hands zeros to some of what launchd starts."""

import json
import os
import plistlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from engine.app.service import Run, run_command
from engine.core.errors import MomentumError
from engine.core.files import private_folder, write_private
from engine.core.paths import Paths

LABEL: Final = "org.acoustic-momentum.probe"
_LISTENS_S: Final = 5
_PATIENCE_S: Final = 40.0
"""To start, to listen, and to give up a microphone that does not come."""
_LOOK_EVERY_S: Final = 0.5
_KEPT: Final = ("MOMENTUM_HOME", "MOMENTUM_SOURCE", "PYTHONHOME")


def probe_agent(command: Sequence[str], environment: dict[str, str], output: Path) -> bytes:
    """The property list that runs ``command`` once, its output to ``output``."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "EnvironmentVariables": environment,
            "RunAtLoad": True,
            # The same kind of process as the recorder's.
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
            "Umask": 0o077,
            "StandardOutPath": str(output),
            "StandardErrorPath": os.devnull,
        }
    )


def heard_by_launchd(
    paths: Paths,
    momentum: Sequence[str],
    environ: dict[str, str],
    run: Run = run_command,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Have launchd start a process that listens for five seconds; what its ``doctor`` says of the hearing.

    ``momentum`` is how launchd starts the command: as it starts the recorder, or the answer is another program's.
    Raises ``MomentumError`` where launchd does not start it or it does not answer.
    """
    folder = private_folder(paths.cache)
    job, output = folder / f"{LABEL}.plist", folder / f"{LABEL}.json"
    command = [*momentum, "doctor", "--listen", str(_LISTENS_S), "--json"]
    environment = {name: environ[name] for name in _KEPT if environ.get(name)}
    target = f"gui/{os.getuid()}"
    for file, content in ((job, probe_agent(command, environment, output)), (output, b"")):
        write_private(file, content)
    try:
        run(["launchctl", "bootout", f"{target}/{LABEL}"])
        started = run(["launchctl", "bootstrap", target, str(job)])
        if started.returncode:
            raise MomentumError(
                f"launchd does not start it: {started.stderr.strip() or started.returncode}",
                "It needs somebody who is logged in at the screen.",
            )
        until_s = clock() + _PATIENCE_S
        while (said := _findings(output)) is None and clock() < until_s:
            sleep(_LOOK_EVERY_S)
        run(["launchctl", "bootout", f"{target}/{LABEL}"])
    finally:
        job.unlink(missing_ok=True)
        output.unlink(missing_ok=True)
    if said is None:
        raise MomentumError("what launchd started has not answered", "Look into Console.app for what stopped it.")
    return "; ".join(f"{row['what']}: {row['detail']}" for row in said if row["what"] in ("hearing", "microphone"))


def _findings(output: Path) -> list[dict[str, Any]] | None:
    """What it has said, None until it has said all."""
    try:
        findings: list[dict[str, Any]] = json.loads(output.read_text(encoding="utf-8"))["findings"]
    except (OSError, ValueError):
        return None
    return findings
