import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile


def draw(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui.monitor.screenshot", *arguments], capture_output=True, text=True, timeout=120
    )


def test_the_picture_is_the_monitor_at_that_moment_of_the_sound(tmp_path: Path) -> None:
    sound, picture = tmp_path / "crowd.wav", tmp_path / "docs" / "monitor.svg"
    soundfile.write(sound, np.random.default_rng(7).normal(0, 0.05, 4 * 22050), 22050)
    done = draw(str(picture), "--source", str(sound), "--at", "0:02", "--kick-off", "0:01")
    assert done.returncode == 0, done.stderr
    drawn = picture.read_text(encoding="utf-8").replace("&#160;", " ")
    assert "WARMING UP" in drawn
    assert "00:01" in drawn


def test_a_moment_that_is_no_time_is_two_lines_and_no_picture(tmp_path: Path) -> None:
    done = draw(str(tmp_path / "monitor.svg"), "--at", "soon")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert not (tmp_path / "monitor.svg").exists()
