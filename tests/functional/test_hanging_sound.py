"""A sound system that hangs for good ends the recorder, so that its service can start it anew."""

import json
import os
import subprocess
import sys
from pathlib import Path

from engine.core.errors import ExitCode
from engine.session import SessionReader


def _where_sound_hangs(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.functional.hanging_sounddevice", *arguments],
        env={**os.environ, "MOMENTUM_HOME": str(home)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_doctor_tells_of_a_sound_system_that_hangs_and_does_not_hang_with_it(tmp_path: Path):
    """It goes on after a fault, so what it ends with is an ordinary end, in which PortAudio is tidied up."""
    ended = _where_sound_hangs(tmp_path, "doctor", "--listen", "0.5", "--json")
    assert ended.returncode == ExitCode.FAILED, ended.stderr
    (hearing,) = [row for row in json.loads(ended.stdout)["findings"] if row["what"] == "hearing"]
    assert hearing["verdict"] == "problem"
    assert hearing["detail"].startswith("The microphone Desk does not answer")


def test_a_recorder_whose_sound_system_hangs_keeps_what_it_heard_and_ends_by_itself(tmp_path: Path):
    ended = _where_sound_hangs(tmp_path)
    assert ended.returncode == ExitCode.STUCK, ended.stderr
    fault, hint = ended.stderr.splitlines()[-2:]
    assert fault.startswith("momentum: The microphone Desk does not answer")
    assert "the service starts again" in hint
    (folder,) = (path for path in (tmp_path / "data" / "sessions").iterdir() if (path / "session.db").exists())
    with SessionReader.open(folder) as reader:
        info = reader.info
        assert not info.running
        assert info.end is not None and info.end.reason == "fault"
        assert info.end.t > 0.9
        assert sum(segment.end - segment.start for segment in reader.segments()) == 50 * 441
    assert "does not answer" in (tmp_path / "log" / "record.log").read_text()
