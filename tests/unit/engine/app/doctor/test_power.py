"""What a Mac would do at night. Outputs as pmset, fdesetup and defaults of macOS 12 to 15 print them.

``pmset -g`` after outputs that people have published, of Mac minis, laptops and a virtual machine, which knows fewer
settings; what stands behind ``sleep`` says who keeps it awake at the moment.
"""

import subprocess
from pathlib import Path

import pytest

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.app.doctor.power import power_cut, power_settings, sleep
from engine.app.service.launchd import LABEL
from engine.core.paths import find_paths
from engine.core.settings import Settings

MINI = """\
System-wide power settings:
Currently in use:
 standby              0
 Sleep On Power Button 1
 autorestart          1
 powernap             1
 networkoversleep     0
 disksleep            10
 sleep                0
 ttyskeepawake        1
 displaysleep         10
 tcpkeepalive         1
 womp                 1
"""
LAPTOP = """\
System-wide power settings:
 SleepDisabled          0
Currently in use:
 standby              1
 Sleep On Power Button 1
 hibernatefile        /var/vm/sleepimage
 powernap             1
 networkoversleep     0
 disksleep            10
 sleep                1 (sleep prevented by sharingd, coreaudiod, powerd)
 hibernatemode        3
 ttyskeepawake        1
 displaysleep         5
 tcpkeepalive         1
 lowpowermode         1
 womp                 0
"""
NO_AUTO_LOGIN = (
    "2026-11-21 12:00:00.000 defaults[100:100]\n"
    "The domain/default pair of (/Library/Preferences/com.apple.loginwindow, autoLoginUser) does not exist\n"
)
UNREADABLE = (
    "2026-11-21 12:00:00.000 defaults[100:100]\nCould not read domain /Library/Preferences/com.apple.loginwindow\n"
)


def mac(
    home: Path,
    pmset: str | None = MINI,
    vault: str | None = "FileVault is Off.\n",
    account: str | None = "ref\n",
    **more: str,
) -> Surroundings:
    said = {"pmset": pmset, "fdesetup": vault, "defaults": account}

    def run(command):
        text = said.get(Path(command[0]).name)
        if text in (NO_AUTO_LOGIN, UNREADABLE):
            return subprocess.CompletedProcess(command, 1, "", text)
        if text is None:
            raise FileNotFoundError(2, "No such file or directory", command[0])
        return subprocess.CompletedProcess(command, 0, text, "")

    paths = find_paths({"MOMENTUM_HOME": str(home)})
    return Surroundings({"HOME": str(home), "USER": "ref"} | more, paths, Settings(), system="Darwin", run=run)


def only(findings) -> Finding:
    (finding,) = findings
    assert bool(finding.remedy) == (finding.verdict != Verdict.OK)
    return finding


def test_settings_are_read_by_name_and_words_among_them_are_left_out():
    settings = power_settings(LAPTOP)
    assert (settings["sleep"], settings["displaysleep"], settings["SleepDisabled"]) == (1, 5, 0)
    assert "hibernatefile" not in settings
    assert power_settings(None) == {}


@pytest.mark.parametrize(
    ("pmset", "verdict", "said"),
    [
        (MINI, Verdict.OK, "does not sleep"),
        (LAPTOP, Verdict.NOTE, "after 1 min"),
        (None, Verdict.NOTE, "can't be told"),
    ],
)
def test_a_mac_that_falls_asleep_is_told_of(home, pmset, verdict, said):
    finding = only(sleep(mac(home, pmset)))
    assert (finding.verdict, said in finding.detail) == (verdict, True)


def test_a_mac_that_starts_and_logs_in_by_itself_records_again(home):
    finding = only(power_cut(mac(home)))
    assert (finding.verdict, finding.detail) == (Verdict.OK, "this Mac starts again and logs ref in")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pmset": MINI.replace("autorestart          1", "autorestart          0")}, "stays off"),
        ({"vault": "FileVault is On.\n", "account": NO_AUTO_LOGIN}, "FileVault waits for a password"),
        ({"account": NO_AUTO_LOGIN}, "nobody is logged in"),
        ({"account": "office\n"}, "office is logged in, not ref"),
    ],
)
@pytest.mark.parametrize("installed", [True, False])
def test_after_a_power_cut_at_night_nothing_was_recorded_and_nobody_had_said_so(home, changed, said, installed):
    if installed:
        agent = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        agent.parent.mkdir(parents=True)
        agent.touch()
    finding = only(power_cut(mac(home, **changed)))
    assert finding.verdict == (Verdict.WARNING if installed else Verdict.NOTE)
    assert finding.detail.startswith("after a power cut nothing would be recorded: ")
    assert said in finding.detail


@pytest.mark.parametrize(
    "changed",
    [{"vault": None}, {"pmset": None}, {"vault": "Error: not permitted\n"}, {"account": None}, {"account": UNREADABLE}],
)
def test_what_can_not_be_asked_is_not_called_fine(home, changed):
    finding = only(power_cut(mac(home, **changed)))
    assert (finding.verdict, "can't be told" in finding.detail) == (Verdict.NOTE, True)


def test_linux_is_not_asked(home):
    linux = Surroundings({}, find_paths({"MOMENTUM_HOME": str(home)}), Settings(), system="Linux")
    assert [*sleep(linux), *power_cut(linux)] == []
