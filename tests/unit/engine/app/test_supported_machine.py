"""What make and the doctor say of a machine that the program can't be installed on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.app.supported_machine import Machine, fault_of

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (Machine("Darwin", "arm64", (14, 0), False), None),
        (Machine("Darwin", "arm64", (26, 5, 1), False), None),
        (Machine("Darwin", "arm64", (10, 16), False), None),
        (Machine("Darwin", "arm64", (), False), None),
        (Machine("Linux", "x86_64", (), False), None),
        (Machine("Darwin", "x86_64", (15, 1), True), "which Rosetta translates"),
        (Machine("Darwin", "x86_64", (15, 1), False), "this Mac's processor is x86_64"),
        (Machine("Darwin", "arm64", (13, 7, 1), False), "this is macOS 13.7.1"),
    ],
)
def test_pip_found_no_matching_distribution_of_mlx_and_nobody_said_why(machine, said):
    fault = fault_of(machine)
    if said is None:
        assert fault is None
    else:
        assert said in fault[0]
        assert fault[1]


def test_make_asks_before_it_installs_and_needs_nothing_but_python():
    done = subprocess.run(
        [sys.executable, "-I", str(ROOT / "engine" / "app" / "supported_machine.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def make(folder: Path, *arguments: str, **environ: str) -> str:
    done = subprocess.run(
        ["make", "-C", str(ROOT), "-n", f"VENV={folder}/venv", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
    )
    return done.stdout


@pytest.fixture
def only_3_14(tmp_path: Path) -> Path:
    """A folder of programs in which python3 is Apple's 3.9, and python3.14 is new enough."""
    for name in ("sh", "find", "make"):
        (tmp_path / name).symlink_to(shutil.which(name))
    for name, code in (("python3", 1), ("python3.14", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o700)
    return tmp_path


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_finds_python_3_14_beside_the_old_one_that_apple_brings(only_3_14):
    steps = make(only_3_14, "run", PATH=str(only_3_14))
    assert "python3.14 -I engine/app/supported_machine.py" in steps
    assert steps.index("machine.py") < steps.index("-m venv")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_check_reads_the_types_as_linux_and_as_macos_have_them(only_3_14):
    steps = make(only_3_14, "check", PATH=os.environ["PATH"])
    assert "mypy --platform linux" in steps
    assert "mypy --platform darwin" in steps
