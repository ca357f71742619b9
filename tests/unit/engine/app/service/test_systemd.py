"""The service on Linux: a unit that systemd accepts, and commands in the right order."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.app.service import find_service
from engine.app.service.systemd import UNIT, SystemdService, program, systemd_unit
from engine.core.errors import MomentumError, UsageError
from tests.unit.engine.app.service.removing import installed_once_it_was_none

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


def on(home: Path, manager: Manager, **environ: str) -> SystemdService:
    return SystemdService(home, environ, manager)


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


@given(argument=st.text(min_size=1).filter(str.isprintable))
def test_any_printable_argument_comes_out_of_the_unit_as_it_went_in(argument):
    line = next(s for s in systemd_unit(["/x", argument], {}).splitlines() if s.startswith("ExecStart="))
    assert unquoted(line.removeprefix('ExecStart="/x" ')) == argument


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
def test_what_would_break_the_unit_is_refused(argument):
    with pytest.raises(UsageError, match="can't stand in the file"):
        systemd_unit(["/x", argument], {})


def test_wrong_weights_and_a_user_who_stops_it_do_not_start_it_again_and_a_stuck_device_does():
    unit = dict(line.split("=", 1) for line in systemd_unit(RECORD, {}).splitlines() if "=" in line)
    assert unit["Restart"] == "on-failure"
    never = {*unit["RestartPreventExitStatus"].split(), *unit["SuccessExitStatus"].split()}
    assert never == {"2", "4", "5", "130", "143"}


def test_install_on_linux_writes_a_private_unit_and_starts_it(tmp_path):
    manager = Manager()
    here = on(tmp_path, manager, MOMENTUM_HOME="/m")
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


def test_where_systemd_does_not_answer_nothing_is_written(tmp_path):
    here = on(tmp_path, Manager(fails="show-environment"))
    with pytest.raises(MomentumError, match="No medium found"):
        here.install(["record", "mic"])
    assert not here.file.exists()


def test_a_machine_without_a_manager_is_told_what_else_to_do(tmp_path):
    def missing(command):
        raise FileNotFoundError(2, "No such file or directory", command[0])

    with pytest.raises(MomentumError, match="systemctl can't be run on this machine"):
        SystemdService(tmp_path, {}, missing).install(["record", "mic"])
    with pytest.raises(MomentumError, match="there is no service for Plan 9"):
        find_service("Plan 9", tmp_path, 501, {}, missing)


def test_terminal_is_no_way_on_linux(tmp_path):
    with pytest.raises(UsageError, match="for macOS"):
        on(tmp_path, Manager()).install(["record"], through_terminal=True)


def test_remove_stops_it_and_takes_the_unit_away(tmp_path):
    manager = Manager()
    here = on(tmp_path, manager)
    installed_once_it_was_none(here)
    manager.told.clear()
    here.remove()
    assert not here.file.exists()
    assert "disable --now" in manager.told[0]


def test_a_program_that_was_moved_away_shows_in_the_status(tmp_path):
    here = on(tmp_path, Manager(fails="is-active"))
    here.file.parent.mkdir(parents=True)
    here.file.write_text(systemd_unit(["/gone/momentum", "record"], {}))
    status = here.status()
    assert (status.running, status.program, status.program_found) == (False, "/gone/momentum", False)
