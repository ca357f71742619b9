"""The recorder as a service: files that the platforms accept, and commands in the right order."""

import os
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MomentumError, UsageError
from tui.service import LABEL, UNIT, Service, launch_agent, program, systemd_unit

RECORD = [*program(), "record", "mic:USB"]


class Manager:
    """A service manager that notes what it is told."""

    def __init__(self, fails: str = "") -> None:
        self.told: list[str] = []
        self.fails = fails

    def __call__(self, command):
        line = " ".join(command)
        self.told.append(line)
        failed = bool(self.fails) and self.fails in line
        return subprocess.CompletedProcess(command, int(failed), "", "No medium found" if failed else "")


def on(system: str, home: Path, manager: Manager, **environ: str) -> Service:
    return Service(system, home, 501, environ, manager)


def test_systemd_takes_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    unit = tmp_path / UNIT
    unit.write_text(systemd_unit([*RECORD, '50% "A\\B" $x'], {"MOMENTUM_HOME": "/a b/c%d"}))
    command = ["systemd-analyze", "verify", "--user", str(unit)]
    # It wants a place of its own, which a machine without a login has not.
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_macos_takes_the_agent(tmp_path):
    if shutil.which("plutil") is None:
        pytest.skip("plutil is not here: this is no macOS")
    agent = tmp_path / f"{LABEL}.plist"
    agent.write_bytes(launch_agent(RECORD, {"MOMENTUM_HOME": "/a b/c"}))
    subprocess.run(["plutil", "-lint", str(agent)], check=True)


def test_the_agent_has_the_documented_keys_and_kinds():
    kinds = {
        "Label": str,
        "ProgramArguments": list,
        "EnvironmentVariables": dict,
        "RunAtLoad": bool,
        "KeepAlive": dict,
        "ThrottleInterval": int,
        "LimitLoadToSessionType": str,
        "ProcessType": str,
        "ExitTimeOut": int,
        "Umask": int,
        "StandardOutPath": str,
        "StandardErrorPath": str,
    }
    agent = plistlib.loads(launch_agent(RECORD, {"MOMENTUM_HOME": "/a b/c"}))
    assert {key: type(value) for key, value in agent.items()} == kinds
    assert agent["ProgramArguments"] == RECORD
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["LimitLoadToSessionType"] == "Aqua"


@given(argument=st.text(min_size=1).filter(str.isprintable))
def test_any_printable_argument_comes_out_of_both_files_as_it_went_in(argument):
    line = next(s for s in systemd_unit(["/x", argument], {}).splitlines() if s.startswith("ExecStart="))
    assert unquoted(line.removeprefix('ExecStart="/x" ')) == argument
    assert plistlib.loads(launch_agent(["/x", argument], {}))["ProgramArguments"][1] == argument


def unquoted(word: str) -> str:
    """As systemd reads it: systemd.syntax(7) and the specifiers and variables of systemd.service(5)."""
    assert word[0] == word[-1] == '"'
    out, signs = [], iter(word[1:-1])
    for sign in signs:
        out.append(next(signs) if sign == "\\" else sign)
        if sign in "%$":
            assert next(signs) == sign
    return "".join(out)


@pytest.mark.parametrize("argument", ["a\nb", "a\x00b", "\x1b[31m"])
def test_what_would_break_the_file_is_refused(argument):
    for make in (systemd_unit, launch_agent):
        with pytest.raises(UsageError, match="can't stand in the file"):
            make(["/x", argument], {})


def test_install_on_linux_writes_a_private_unit_and_starts_it(tmp_path):
    manager = Manager()
    here = on("Linux", tmp_path, manager, MOMENTUM_HOME="/m")
    here.install(["record", "mic"])
    assert manager.told == [
        "systemctl --user show-environment",
        "systemctl --user daemon-reload",
        f"systemctl --user enable {UNIT}",
        f"systemctl --user restart {UNIT}",
    ]
    assert here.file == tmp_path / ".config" / "systemd" / "user" / UNIT
    assert here.file.stat().st_mode & 0o077 == 0
    assert 'Environment="MOMENTUM_HOME=/m"' in here.file.read_text()
    status = here.status()
    assert (status.installed, status.running, status.program_found) == (True, True, True)


def test_install_on_macos_replaces_the_agent_that_is_there(tmp_path):
    manager = Manager()
    here = on("Darwin", tmp_path, manager)
    here.install(["record", "mic"])
    assert manager.told == [f"launchctl bootout gui/501/{LABEL}", f"launchctl bootstrap gui/501 {here.file}"]
    assert here.file == tmp_path / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    assert here.status().program_found


def test_where_systemd_does_not_answer_nothing_is_written(tmp_path):
    here = on("Linux", tmp_path, Manager(fails="show-environment"))
    with pytest.raises(MomentumError, match="No medium found"):
        here.install(["record", "mic"])
    assert not here.file.exists()


def test_a_machine_without_a_manager_is_told_what_else_to_do(tmp_path):
    def missing(command):
        raise FileNotFoundError(command[0])

    here = Service("Linux", tmp_path, 501, {}, missing)
    with pytest.raises(MomentumError, match="systemctl is not on this machine"):
        here.install(["record", "mic"])
    with pytest.raises(MomentumError, match="there is no service for Plan 9"):
        Service("Plan 9", tmp_path, 501, {}, missing).install(["record", "mic"])


@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_remove_stops_it_and_takes_the_file_away(tmp_path, system):
    manager = Manager()
    here = on(system, tmp_path, manager)
    with pytest.raises(UsageError, match="not installed"):
        here.remove()
    here.install(["record", "mic"])
    manager.told.clear()
    here.remove()
    assert not here.file.exists()
    assert ("disable --now" if system == "Linux" else "bootout") in manager.told[0]


def test_a_program_that_was_moved_away_shows_in_the_status(tmp_path):
    here = on("Linux", tmp_path, Manager(fails="is-active"))
    here.file.parent.mkdir(parents=True)
    here.file.write_text(systemd_unit(["/gone/momentum", "record"], {}))
    status = here.status()
    assert (status.running, status.program, status.program_found) == (False, "/gone/momentum", False)
