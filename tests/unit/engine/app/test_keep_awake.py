"""A Mac that listens does not fall asleep."""

import os
import subprocess

import pytest

from engine.app.keep_awake import kept_awake


class Holder:
    """Stands for caffeinate."""

    def __init__(self, command, **how) -> None:
        self.command, self.how, self.ended = command, how, False

    def terminate(self) -> None:
        self.ended = True

    def wait(self, timeout_s: float) -> int:
        assert self.ended
        return -15


@pytest.fixture
def started():
    return []


def test_the_mac_fell_asleep_in_the_middle_of_the_match(started):
    def start(command, **how):
        started.append(Holder(command, **how))
        return started[-1]

    with kept_awake("Darwin", start):
        (holder,) = started
        assert holder.command == ["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]
        assert holder.how["start_new_session"]
        assert holder.how["stdout"] == subprocess.DEVNULL
        assert not holder.ended
    assert holder.ended


def test_it_may_sleep_again_when_the_listening_ends_by_a_fault(started):
    def start(command, **how):
        started.append(Holder(command, **how))
        return started[-1]

    with pytest.raises(ValueError, match="fault"), kept_awake("Darwin", start):
        raise ValueError("fault")
    assert started[0].ended


def test_without_caffeinate_the_listening_goes_on_and_the_log_says_so(caplog):
    def start(*_, **__):
        raise FileNotFoundError(2, "No such file or directory")

    with kept_awake("Darwin", start):
        pass
    assert "may fall asleep" in caplog.text


def test_linux_is_left_alone():
    with kept_awake("Linux", lambda *_, **__: pytest.fail("nothing is started")):
        pass
