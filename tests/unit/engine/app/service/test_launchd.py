"""The service on macOS, with a launchd that is not one."""

import os
import plistlib
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.app.service import launchctl, launchd
from engine.app.service.launchd import LABEL, LaunchdService, guarded, launch_agent
from engine.app.service.launchd_ends import LOCK
from engine.audio import calls_with_deadline
from engine.core.errors import UsageError
from engine.session.file_lock import HeldLock, Holder
from tests.unit.engine.app.service.fake_mac import KILLED, WAITING, FakeMac
from tests.unit.engine.app.service.removing import installed_once_it_was_none

RECORD = ["/p/acoustic-momentum", "record", "mic:USB"]
OUTPUT = Path("/l/service.log")


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """The user's own folder on that Mac."""
    return tmp_path / "ref"


def on(user: Path, mac: FakeMac) -> LaunchdService:
    return LaunchdService(user, 501, {"MOMENTUM_HOME": str(user / "momentum")}, mac, mac.sleep)


def installed(service: LaunchdService) -> dict:
    return plistlib.loads(service.file.read_bytes())


def test_macos_takes_the_agent(tmp_path):
    if shutil.which("plutil") is None:
        pytest.skip("plutil is not here: this is no macOS")
    agent = tmp_path / f"{LABEL}.plist"
    agent.write_bytes(launch_agent(RECORD, {"MOMENTUM_HOME": "/a b/c"}, OUTPUT))
    subprocess.run(["plutil", "-lint", str(agent)], check=True)


def test_the_agent_has_the_documented_keys_and_kinds():
    """Keys and kinds as in launchd.plist(5)."""
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
        "AssociatedBundleIdentifiers": list,
    }
    agent = plistlib.loads(launch_agent(RECORD, {"MOMENTUM_HOME": "/a b/c"}, OUTPUT))
    assert {key: type(value) for key, value in agent.items()} == kinds
    assert agent["ProgramArguments"] == RECORD
    assert agent["LimitLoadToSessionType"] == "Aqua"
    assert agent["StandardErrorPath"] == str(OUTPUT)


def test_launchd_does_not_kill_a_recorder_that_still_waits_for_a_device_that_hangs():
    """Killed at the same moment as it gives the device up, it would leave its session open."""
    agent = plistlib.loads(launch_agent(RECORD, {}, OUTPUT))
    assert calls_with_deadline.PATIENCE_S + 5 <= agent["ExitTimeOut"] < launchctl.GONE_WITHIN_S


def test_launchd_starts_it_again_by_its_exit_code_alone_and_not_faster_than_every_ten_seconds():
    agent = plistlib.loads(launch_agent(RECORD, {}, OUTPUT))
    assert (agent["KeepAlive"], agent["ThrottleInterval"]) == ({"SuccessfulExit": False}, 10)


@given(argument=st.text(min_size=1).filter(str.isprintable))
def test_any_printable_argument_comes_out_of_the_agent_as_it_went_in(argument):
    assert plistlib.loads(launch_agent(["/x", argument], {}, OUTPUT))["ProgramArguments"][1] == argument


@pytest.mark.parametrize("argument", ["a\nb", "a\x00b", "\x1b[31m"])
def test_what_would_break_the_agent_is_refused(argument):
    with pytest.raises(UsageError, match="can't stand in the file"):
        launch_agent(["/x", argument], {}, OUTPUT)


def test_the_recorder_that_launchd_starts_is_an_application_that_may_ask_for_the_microphone(user):
    mac = FakeMac()
    here = on(user, mac)
    said = here.install(["record", "mic"])
    agent = installed(here)
    program = Path(agent["ProgramArguments"][0])
    assert program == user / "Applications" / "Acoustic Momentum.app" / "Contents" / "MacOS" / "acoustic-momentum"
    info = plistlib.loads((program.parents[1] / "Info.plist").read_bytes())
    assert info["NSMicrophoneUsageDescription"]
    assert agent["AssociatedBundleIdentifiers"] == [info["CFBundleIdentifier"]]
    assert agent["ProgramArguments"][-2:] == ["record", "mic"]
    assert agent["EnvironmentVariables"]["MOMENTUM_HOME"] == str(user / "momentum")
    assert here.file.stat().st_mode & 0o077 == 0
    assert mac.loaded == here.file.read_text(encoding="utf-8")
    assert "'Acoustic Momentum' may use the microphone" in said[0]
    status = here.status()
    assert (status.installed, status.running, status.program_found, status.way) == (True, True, True, "app")


def test_installed_once_more_it_waits_for_the_old_one_and_does_not_ask_again(user):
    mac = FakeMac()
    here = on(user, mac)
    here.install(["record", "mic"])
    mac.ending, mac.refusals = 9, [5]
    mac.told.clear()
    assert here.install(["record", "mic:USB"]) == []
    assert installed(here)["ProgramArguments"][-1] == "mic:USB"
    assert "codesign --force" not in mac.told


def test_where_signing_fails_a_window_of_terminal_listens_and_the_reason_is_told(user):
    mac = FakeMac(signs=False)
    here = on(user, mac)
    said = here.install(["record", "mic:Crowd mic"])
    agent = installed(here)
    assert agent["ProgramArguments"] == ["/usr/bin/open", "-g", "-a", "Terminal", str(here.command_file)]
    assert "KeepAlive" not in agent
    assert here.command_file.stat().st_mode & 0o777 == 0o700
    assert "'mic:Crowd mic'" in here.command_file.read_text(encoding="utf-8")
    assert "can't be signed" in said[0]
    assert "Terminal" in said[1]
    assert here.status().way == "terminal"
    assert not here.bundle.folder.exists()


def test_terminal_can_be_asked_for_and_left_again(user):
    mac = FakeMac()
    here = on(user, mac)
    here.install(["record", "mic"], through_terminal=True)
    assert here.status().way == "terminal"
    here.install(["record", "mic"])
    assert (here.status().way, here.command_file.exists()) == ("app", False)


def test_the_state_of_a_window_of_terminal_is_that_of_its_recorder_and_not_of_launchd_s_job(user):
    """launchd's job there is 'open', which ends at once."""
    here = on(user, FakeMac(printed=WAITING))
    here.install(["record", "mic"], through_terminal=True)
    assert here.status().running is False
    (user / "momentum" / "data").mkdir(parents=True, exist_ok=True)
    with HeldLock.take(user / "momentum" / "data" / LOCK, Holder(os.getpid(), "", "record mic", "")):
        assert here.status().running is True


def test_removing_ends_the_recorder_in_the_window(user, monkeypatch):
    mac = FakeMac()
    here = on(user, mac)
    here.install(["record", "mic"], through_terminal=True)
    held = HeldLock.take(user / "momentum" / "data" / LOCK, Holder(4353, "", "record mic", ""))
    killed = []

    def kill(pid: int, number: int) -> None:
        killed.append((pid, number))
        held.release()

    monkeypatch.setattr(launchd.os, "kill", kill)
    here.remove()
    assert killed == [(4353, signal.SIGTERM)]
    assert not here.file.exists()
    assert not here.command_file.exists()


@pytest.mark.parametrize(
    ("printed", "detail"), [(WAITING, "last ended with 78: EX_CONFIG"), (KILLED, "Terminated: 15")]
)
def test_a_job_that_launchd_knows_and_that_has_crashed_is_not_running(user, printed, detail):
    mac = FakeMac(printed=printed)
    here = on(user, mac)
    here.install(["record", "mic"])
    status = here.status()
    assert status.running is False
    assert detail in status.detail


def test_removing_a_job_that_launchd_does_not_know_takes_the_file_away(user):
    mac = FakeMac()
    here = on(user, mac)
    installed_once_it_was_none(here)
    mac.loaded = None
    here.remove()
    assert not here.file.exists()
    assert not here.bundle.folder.exists()


@pytest.mark.parametrize("place", ["Documents/momentum", "Desktop", "Downloads/a/b", "Library/Mobile Documents/x"])
def test_a_checkout_that_launchd_may_not_read_is_refused_in_two_lines(user, monkeypatch, place):
    assert guarded(user / place, user)
    mac = FakeMac()
    monkeypatch.setattr("sys.prefix", str(user / place / ".venv"))
    with pytest.raises(UsageError, match=r"its Python environment is in .*, which macOS keeps from a service") as told:
        on(user, mac).install(["record", "mic"])
    assert "~/momentum" in told.value.hint
    assert mac.told == []


def test_other_places_are_fine_and_other_disks_are_not(user):
    assert not guarded(user / "momentum", user)
    assert not guarded(user / "Documents2", user)
    assert not guarded(Path("/opt/momentum"), user)
    assert guarded(Path("/Volumes/Stick/momentum"), user)
