"""What launchd is told, and how its answers are read."""

import pytest

from engine.app.service.launchctl import Launchctl, read_job
from engine.core.errors import MomentumError
from tests.unit.engine.app.service.fake_mac import KILLED, RUNNING, WAITING, FakeMac

LABEL = "org.acoustic-momentum.record"


def launchctl(mac: FakeMac) -> Launchctl:
    return Launchctl(501, LABEL, mac, mac.sleep)


@pytest.fixture
def agent(tmp_path):
    file = tmp_path / "agent.plist"
    file.write_text("<plist/>", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("printed", "running", "ended"),
    [
        (RUNNING, True, ""),
        (WAITING, False, "last ended with 78: EX_CONFIG"),
        (KILLED, False, "last ended by Terminated: 15"),
        (WAITING.replace("78: EX_CONFIG", "1"), False, "last ended with 1"),
        (WAITING.replace("not running", "spawn scheduled"), False, "last ended with 78: EX_CONFIG"),
        ("", None, ""),
    ],
)
def test_a_crashed_recorder_is_not_said_to_be_running(printed, running, ended):
    job = read_job(printed)
    assert (job.running, job.ended) == (running, ended)


def test_the_state_of_an_endpoint_is_not_that_of_the_job():
    assert (
        read_job("gui/501/x = {\n\tendpoints = {\n\t\tstate = running\n\t}\n\tstate = not running\n}\n").running
        is False
    )


def test_installing_over_a_running_one_waits_until_it_has_ended(agent):
    mac = FakeMac(ending=9)
    mac.loaded = "old"
    launchctl(mac).remove()
    assert mac.loaded is None
    assert mac.told[:2] == ["launchctl print", "launchctl bootout"]
    assert mac.slept_s == 4.0
    launchctl(mac).add(agent)
    assert mac.told[-2:] == ["launchctl enable", "launchctl bootstrap"]


def test_one_that_never_ends_is_told_after_thirty_seconds():
    mac = FakeMac(ending=1000)
    mac.loaded = "old"
    with pytest.raises(MomentumError, match="does not stop within 30 s: Boot-out failed: 36"):
        launchctl(mac).remove()
    assert mac.slept_s == 30.0


def test_one_that_is_not_loaded_is_removed_already():
    mac = FakeMac()
    launchctl(mac).remove()
    assert mac.told == ["launchctl print"]


@pytest.mark.parametrize("refusals", [[5], [37, 5, 5, 5, 5]])
def test_input_output_error_after_a_reinstallation_is_tried_again(agent, refusals):
    mac = FakeMac(refusals=refusals)
    launchctl(mac).add(agent)
    assert mac.loaded == "<plist/>"
    assert mac.told.count("launchctl bootstrap") == len(refusals) + 1


def test_a_refusal_that_stays_is_told_in_its_own_words(agent):
    mac = FakeMac(refusals=[5] * 100)
    with pytest.raises(MomentumError, match=r"Bootstrap failed: 5: Input/output error$"):
        launchctl(mac).add(agent)
    assert mac.slept_s == 30.0


def test_over_ssh_with_nobody_at_the_screen_it_is_said_who_must_log_in(agent):
    mac = FakeMac(refusals=[125])
    with pytest.raises(MomentumError, match="125: Domain does not support") as told:
        launchctl(mac).add(agent)
    assert "log in at the screen" in told.value.hint
    assert mac.slept_s == 0.0
