"""What somebody sees who runs ``make`` for the first time, with a Python and a pip that only pretend."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
case "$*" in
  *"-m venv"*)
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && printf '#!/bin/sh\\necho monitor on "$@"\\n' > "$3/bin/momentum"
    chmod +x "$3/bin/momentum" ;;
  *"pip install"*)
    case "$*" in *--quiet*) ;; *) echo "Collecting numpy" ;; esac
    exit ${PIP_FAILS:-0} ;;
  *"-m pytest"*) echo "2 passed" ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "python3").write_text(PYTHON, encoding="ascii")
    (tmp_path / "python3").chmod(0o755)
    return tmp_path


def make(checkout: Path, target: str, **environ: str) -> tuple[int, list[str]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", target, f"PYTHON={checkout / 'python3'}", "VENV=env"],
        cwd=checkout, env={**clean, **environ}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(("target", "last"), [("run", "monitor on live demo"), ("test", "2 passed")])
def test_make_says_what_it_installs_while_it_does_and_nothing_when_there_is_nothing_to_do(
    checkout: Path, target: str, last: str
) -> None:
    code, said = make(checkout, target)
    assert code == 0
    steps = [line for line in said if line.startswith("Setting up")]
    assert [" ".join(step.split()[2:5]) for step in steps] == ["once: step 1", "once: step 2"]
    assert "minute" in steps[1]
    assert said.index(steps[1]) < said.index("Collecting numpy") < said.index(last)
    code, said = make(checkout, target)
    assert code == 0
    assert [line for line in said if "pytest" not in line] == [last]


def test_an_installation_that_fails_says_so_last_and_is_tried_again(checkout: Path) -> None:
    code, said = make(checkout, "run", PIP_FAILS="1")
    assert code != 0
    assert said[-1].startswith("Installing failed")
    assert make(checkout, "run")[1][-1] == "monitor on live demo"
