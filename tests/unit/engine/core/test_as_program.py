"""How modules that are run as programs end."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.as_program import as_program
from engine.core.errors import InputError, UsageError

ROOT = Path(__file__).parents[4]


def failing(error: BaseException):
    def main() -> int:
        raise error

    return main


@pytest.mark.parametrize(("error", "code"), [(UsageError("a\x1b[1m", "b"), 2), (InputError("a\x1b[1m", "b"), 5)])
def test_a_fault_is_two_lines_of_plain_text_and_its_exit_code(error, code, capsys):
    assert as_program(failing(error)) == code
    assert capsys.readouterr().err == "a\ufffd[1m\n  b\n"


def test_a_missing_file_is_named_and_ctrl_c_says_nothing(capsys):
    assert as_program(failing(FileNotFoundError(2, "No such file", "reel.flac"))) == 1
    assert capsys.readouterr().err.splitlines()[0] == "reel.flac: No such file"
    assert as_program(failing(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == ""


def test_what_the_program_returns_is_its_exit_code_and_its_own_faults_are_raised():
    assert (as_program(lambda: None), as_program(lambda: 0), as_program(lambda: 3)) == (0, 0, 3)
    with pytest.raises(ZeroDivisionError):
        as_program(failing(ZeroDivisionError()))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(("where", "code", "said"), [("/dev/full", 1, "the output: No space left"), ("&-", 0, "")])
def test_a_full_disk_is_said_and_a_closed_output_is_nobodys_fault(where, code, said):
    program = "import sys; from engine.core.as_program import as_program; sys.exit(as_program(lambda: print('line')))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["sh", "-c", f'"$0" -c "$1" >{where}', sys.executable, program]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr
    assert ended.stderr.startswith(said) and bool(ended.stderr) == bool(said)


def test_a_reader_who_has_seen_enough_is_no_fault(tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nfrom engine.core.as_program import as_program\n"
        "sys.exit(as_program(lambda: print('line\\n' * 100000)))\n"
    )
    command = f"'{sys.executable}' '{program}' | head -n 1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("line\n", "")


def _programs() -> list[Path]:
    files = [*(ROOT / "train").rglob("*.py"), *(ROOT / "tui").rglob("*.py")]
    return sorted(file for file in files if '__name__ == "__main__"' in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", _programs(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_module_that_is_a_program_ends_so(file: Path):
    last = ast.parse(file.read_text(encoding="utf-8")).body[-1]
    assert isinstance(last, ast.If)
    assert ast.unparse(last.body[-1]) == "sys.exit(as_program(main))"


@pytest.mark.parametrize(
    ("module", "arguments", "code"),
    [
        ("train.experiments.make_reel", ["out.flac", "--data", "nowhere"], 5),
        ("train.recipes.alarm_line", ["nowhere", "--work", ".", "--open-data", ".", "--val-reel", "reel.flac"], 4),
        ("tui.monitor.screenshot", ["out.svg", "--at", "noon"], 2),
    ],
)
def test_a_wrong_argument_is_no_traceback(tmp_path: Path, module, arguments, code):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *arguments]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr and len(ended.stderr.splitlines()) == 2
    assert list(tmp_path.iterdir()) == []
