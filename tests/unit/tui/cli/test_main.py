"""How the command starts, ends, and says what went wrong."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import typer

from engine.core.errors import DeviceError, ExitCode, InputError, MomentumError, UsageError, WeightsError
from tui.cli.commands import SECTIONS
from tui.cli.main import main

RunCommand = Callable[[Callable[..., object]], int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Runs a function as the command ``momentum trial``."""

    def run(function: Callable[..., object]) -> int:
        module = ModuleType("tui.cli.commands.trial")
        vars(module)["trial"] = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(SECTIONS, "Trial", ("trial",))
        return main(["trial"])

    return run


def start(*args: str, environ: dict[str, str] | None = None, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tui", *args]
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, text=True, capture_output="stdout" not in settings, env={**os.environ, **(environ or {})}, **settings
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (MomentumError("it broke", "mend it"), ExitCode.FAILED),
        (UsageError("it broke", "mend it"), ExitCode.USAGE),
        (DeviceError("it broke", "mend it"), ExitCode.DEVICE),
        (WeightsError("it broke", "mend it"), ExitCode.WEIGHTS),
        (InputError("it broke", "mend it"), ExitCode.INPUT),
        (MomentumError("it broke", "mend it", ExitCode.TERMINATED), ExitCode.TERMINATED),
    ],
)
def test_a_fault_is_two_lines_on_stderr_and_its_exit_code(
    run: RunCommand, capsys: pytest.CaptureFixture[str], fault: MomentumError, code: ExitCode
):
    def fails() -> None:
        raise fault

    assert run(fails) == code
    assert capsys.readouterr() == ("", "momentum: it broke\n  mend it\n")


def test_an_error_text_from_outside_stays_two_harmless_lines(run: RunCommand, capsys: pytest.CaptureFixture[str]):
    def fails() -> None:
        raise InputError("bad file: \x1b[2Ja\nb.wav", "look\rhere")

    run(fails)
    assert capsys.readouterr().err == "momentum: bad file: \ufffd[2Ja b.wav\n  look here\n"


@pytest.mark.parametrize(
    ("result", "code"), [(None, ExitCode.DONE), (0, ExitCode.DONE), (ExitCode.FAILED, ExitCode.FAILED)]
)
def test_what_a_command_returns_is_the_exit_code(run: RunCommand, result: int | None, code: ExitCode):
    assert run(lambda: result) == code


def test_ctrl_c_ends_with_130_and_no_words(run: RunCommand, capsys: pytest.CaptureFixture[str]):
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert run(interrupted) == ExitCode.INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_a_question_left_unanswered_ends_with_130(run: RunCommand):
    def asks() -> None:
        raise typer.Abort

    assert run(asks) == ExitCode.INTERRUPTED


def test_a_fault_of_the_system_names_what_it_concerns(run: RunCommand, capsys: pytest.CaptureFixture[str]):
    def writes() -> None:
        raise PermissionError(13, "Permission denied", "/matches/final")

    assert run(writes) == ExitCode.FAILED
    assert capsys.readouterr().err.startswith("momentum: /matches/final: Permission denied\n  ")


def test_a_fault_of_the_program_keeps_its_traceback(run: RunCommand):
    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(wrong)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["confg"], "momentum: No such command 'confg'. Did you mean 'config'?\n  See 'momentum --help'.\n"),
        (["config", "show", "--loud"], "momentum: No such option: --loud\n  See 'momentum config show --help'.\n"),
        (
            ["config", "path", "x"],
            "momentum: Got unexpected extra argument(s) (x)\n  See 'momentum config path --help'.\n",
        ),
    ],
)
def test_a_wrong_command_line_is_two_lines_and_2(capsys: pytest.CaptureFixture[str], args: list[str], said: str):
    assert main(args) == ExitCode.USAGE
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_help_lists_every_command_and_ends_well(capsys: pytest.CaptureFixture[str], args: list[str]):
    assert main(args) == ExitCode.DONE
    out = capsys.readouterr().out
    assert all(name in out.split() for names in SECTIONS.values() for name in names)
    assert "..." not in out.replace("[ARGS]...", "")  # none is cut


@pytest.mark.parametrize("name", [name for names in SECTIONS.values() for name in names])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], name: str):
    assert main([name, "--help"]) == ExitCode.DONE
    assert f"Usage: momentum {name}" in capsys.readouterr().out


PRINTING = [
    ["--version"],
    ["--help"],
    ["sessions", "export", "--help"],
    ["config", "show"],
    ["config", "show", "--json"],
    ["config", "path"],
    ["weights", "list"],
    ["weights", "show", "--json"],
    ["sessions", "list", "--json"],
    ["library", "list"],
    ["live", "demo:1", "--json", "--speed", "max", "--no-record"],
    ["live", "demo:1", "--plain", "--speed", "max"],
]


@pytest.mark.parametrize("args", PRINTING, ids=" ".join)
def test_head_closes_the_pipe_and_the_command_ends_quietly_with_0(args: list[str]):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = start(*args, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_head_takes_the_first_line_of_a_long_listening_and_it_ends_quietly():
    command = [sys.executable, "-m", "tui", "live", "demo:1", "--json", "--speed", "max", "--no-record"]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline().startswith('{"type":"start"')
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")


@pytest.mark.parametrize(
    ("flags", "says"), [(["--alarm-budget", "5"], "; alarm from 0.48, about "), (["--spike-off", "0.02"], "default\n")]
)
def test_readable_lines_begin_with_what_the_line_in_force_gives_where_that_was_measured(flags: list[str], says: str):
    command = [sys.executable, "-m", "tui", "live", "demo:1", "--plain", "--speed", "max", "--no-record", *flags]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.stdout.close()
    assert says in first
    assert ("of real cries found" in first) == ("about" in says)


@pytest.mark.parametrize("form", ["--json", "--text"])
def test_doctor_keeps_its_exit_code_when_head_closes_the_pipe(form: str):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = start("doctor", form, environ={"MOMENTUM_WEIGHTS": "absent"}, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_an_error_keeps_its_exit_code_when_nobody_reads_it():
    shell = f"{sys.executable} -m tui nonsense 2>&1 | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", shell]).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is missing")
def test_a_full_disk_under_the_output_is_said_and_fails():
    with Path("/dev/full").open("w") as full:
        done = start("config", "show", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == ExitCode.FAILED
    assert done.stderr.startswith("momentum: the output: No space left on device\n")


def test_a_terminal_without_unicode_is_no_fault():
    done = start("ma\u0142y", environ={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "momentum: No such command 'ma\\u0142y'.")


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0)])
def test_a_closed_output_is_no_fault(closed: str, code: int):
    shell = f"{sys.executable} -m tui config path {closed}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "")


def test_an_error_nobody_can_be_told_of_keeps_its_exit_code():
    assert subprocess.run(["bash", "-c", f"{sys.executable} -m tui nonsense 2>&-"]).returncode == 2


def test_no_file_takes_the_place_of_a_closed_output():
    code = "import os, tui.cli.main; tui.cli.main.main(['config', 'path']); print(os.open('/', os.O_RDONLY) > 2)"
    done = subprocess.run(["bash", "-c", f'{sys.executable} -c "{code}" 2>&-'], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "True"


def test_a_shell_completes_command_names():
    environ = {"_MOMENTUM_COMPLETE": "complete_bash", "COMP_WORDS": "momentum conf", "COMP_CWORD": "1"}
    assert start(environ=environ).stdout.split() == ["config"]


@pytest.mark.parametrize("module", ["tui.cli.main", "tui.cli.commands.config"])
def test_starting_imports_nothing_heavy(module: str):
    assert heavy_modules_after(f"import {module}") == []


def test_help_imports_nothing_heavy():
    assert heavy_modules_after("import tui.cli.main; tui.cli.main.main(['--help'])") == []


def test_what_only_a_cluster_or_a_sweep_needs_is_imported_by_nothing_else(tmp_path: Path):
    simulate = ["simulate", str(tmp_path / "m"), "--count", "1", "--minutes", "0.1"]
    code = f"from tui.cli.main import main; main({simulate}); main(['train', 'sweep', '--show-space'])"
    assert not {"dask", "distributed", "optuna"} & set(heavy_modules_after(code))


def test_one_thread_is_set_before_numpy_unless_the_user_set_more():
    code = "import os, tui.cli.main; tui.cli.main.main(['config', 'path']); print(os.environ['OMP_NUM_THREADS'])"
    for given, used in (({}, "1"), ({"OMP_NUM_THREADS": "4"}, "4")):
        environ = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | given
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True)
        assert done.stdout.splitlines()[-1] == used


def heavy_modules_after(code: str) -> list[str]:
    heavy = [
        "numpy",
        "mlx",
        "textual",
        "librosa",
        "rich",
        "pydantic",
        "soundfile",
        "av",
        "sounddevice",
        "torch",
        "train",
        "dask",
        "distributed",
        "optuna",
    ]
    code += f"; import sys; print('heavy:', *(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]
