"""What C libraries write to descriptor 2 is kept, and off the terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.app.stray_output import STRAY_OUTPUT, Bounded, libraries_kept_quiet, open_stray_output


@pytest.mark.parametrize("nested", ["", "with own_terminal(log): print('inner', file=sys.stderr)"])
def test_what_the_program_says_is_read_and_what_a_library_says_is_kept(tmp_path: Path, nested: str):
    code = f"""
import os, sys
from pathlib import Path
from tui.monitor.launch import own_terminal
from engine.app.stray_output import libraries_kept_quiet
log = Path({str(tmp_path)!r})
with libraries_kept_quiet(log):
    os.write(2, b"before\\n")
    print("ours", file=sys.stderr)
    sys.__stdin__ = type("Terminal", (), {{"isatty": lambda self: True}})()
    {nested or "pass"}
    os.write(2, b"after\\n")
os.write(2, b"again on the terminal\\n")
print("as before", file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "ours\nagain on the terminal\nas before\n"
    kept = (tmp_path / STRAY_OUTPUT).read_text()
    assert kept == ("before\ninner\nafter\n" if nested else "before\nafter\n")


def test_a_fault_inside_leaves_the_terminal_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    stderr = sys.stderr
    with pytest.raises(ZeroDivisionError), libraries_kept_quiet(tmp_path):
        raise ZeroDivisionError
    assert sys.stderr is stderr
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"


def test_a_library_that_never_stops_talking_does_not_fill_the_disk(tmp_path: Path):
    log = open_stray_output(tmp_path)
    file = tmp_path / STRAY_OUTPUT
    bounded = Bounded(file)
    for _ in range(40):
        os.write(log, b"x" * 100_000)
        bounded.flush()
        assert file.stat().st_size <= 1_100_000
    os.write(log, b"x" * 2_000_000)
    os.close(log)
    os.close(open_stray_output(tmp_path))
    assert file.stat().st_size == 0


def test_no_file_is_no_fault_to_who_bounds_it(tmp_path: Path):
    Bounded(tmp_path / "absent").flush()
