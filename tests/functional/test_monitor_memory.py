"""What a monitor holds that has explained again and again."""

import sys
from pathlib import Path

import pytest

from engine.core.process_stats import resident_mb
from tests.functional.terminal import needs_tmux, terminal
from tests.unit.onnx_runtime import runtime_or_skip

MOST_MB = 185.0
"""A monitor is to stay under 200; the rest is for machines whose libraries take more."""

_REFINES_LITTLE = """
import sys
from engine.explain import attribution
attribution._MOST_NODES = 33
from tui.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@needs_tmux
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory of a process is counted in another way")
@pytest.mark.parametrize("engine", ["mlx", "onnx"])
def test_after_four_explanations_on_a_large_terminal_the_monitor_held_more_than_200_mb(
    engine: str, tmp_path: Path
) -> None:
    """At 200x50, where every panel is drawn: 80x24 takes less.

    Three are left once their first answer stands: refining goes on in the same memory, a gradient takes as much as the
    one before; so 33 are as many as are taken here. The fourth is whole when those that were left are over.
    """
    if engine == "onnx":
        runtime_or_skip()
    command = [sys.executable, "-c", _REFINES_LITTLE, "live", "demo", "--engine", engine]
    with terminal(tmp_path, command, (200, 50), {"MOMENTUM_HOME": str(tmp_path / "home")}) as pane:
        pane.until("CALM", "BUILDING", "ALARM")
        for _ in range(3):
            pane.keys("w")
            pane.until("the background alone")
            pane.keys("Escape")
            pane.gone("Why, at")
        pane.keys("w")
        pane.until("the background alone")
        pane.gone("being refined")
        held = resident_mb(pane.pid)
    assert held < MOST_MB, held
