"""From sound to screen: the delay that the monitor's status line shows while it listens to a virtual microphone."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import Row
from tests.functional.terminal import terminal

SCRIPT = Path(__file__).parents[3] / "shared" / "tools" / "virtual-microphone.sh"
_FROM_S, _TO_S = 8, 48
_SHOWN = re.compile(r" 0:(\d\d)\n(?:.*\n)*.*delay (\d+) ms")


def run() -> list[Row]:
    """Median and 95th percentile; nothing where there is no virtual microphone."""
    if not SCRIPT.is_file() or shutil.which("pulseaudio") is None or shutil.which("tmux") is None:
        print(f"delay: needs tmux, pulseaudio and {SCRIPT.name}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="am-") as folder:
        environ = {"XDG_RUNTIME_DIR": folder, "PULSE_SOURCE": "virtmic", "MOMENTUM_HOME": f"{folder}/home"}
        everything = {**os.environ, **environ}
        subprocess.run(["sh", str(SCRIPT), "start"], env=everything, check=True, stdout=subprocess.DEVNULL)
        try:
            shown = _shown(Path(folder), environ)
        finally:
            subprocess.run(["sh", str(SCRIPT), "stop"], env=everything, check=False)
    note = f"{len(shown)} looks; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        Row("sound to screen, median", statistics.median(shown), "ms", note=note),
        Row("sound to screen, p95", statistics.quantiles(shown, n=20)[18], "ms", note=note),
    ]


def _shown(folder: Path, environ: dict[str, str]) -> list[float]:
    """What the status line showed in each second."""
    seen: dict[int, float] = {}
    with terminal(folder, [sys.executable, "-m", "tui", "live", "mic:pulse"], environ=environ) as pane:
        pane.until("LIVE")
        while max(seen, default=0) < _TO_S:
            found = _SHOWN.search(pane.screen())
            if found:
                seen[int(found[1])] = float(found[2])
    return [delay_ms for second, delay_ms in seen.items() if second >= _FROM_S]
