"""The engine stands alone."""

import importlib.util
import subprocess
import sys

import pytest


@pytest.mark.skipif(importlib.util.find_spec("engine.live.stream") is None, reason="engine.live.stream is missing")
def test_the_stream_loads_no_screen_no_command_line_and_no_training():
    code = (
        "import sys, engine.live.stream;"
        "print(*(name for name in ('textual', 'typer', 'librosa', 'train', 'tui') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
