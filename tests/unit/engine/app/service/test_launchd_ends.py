"""What launchd sees of an end, and what a person finds in the log."""

import pytest

from engine.app.service.launchd_ends import LOCK, OUTPUT, run_as_service
from engine.core.paths import find_paths
from engine.session.file_lock import HeldLock, holder_of, is_held


def serve(arguments, command):
    """What launchd sees; what is told goes to stdout."""
    return run_as_service(arguments, command, find_paths(), print)


@pytest.mark.parametrize(
    ("code", "seen", "said"),
    [
        (0, 0, ""),
        (2, 0, "no new start mends"),
        (4, 0, "no new start mends"),
        (5, 0, "no new start mends"),
        (130, 0, "as it was asked to"),
        (143, 0, "as it was asked to"),
        (1, 1, "started again"),
        (3, 3, "started again"),
        (6, 6, "started again"),
    ],
)
def test_wrong_weights_or_a_kill_do_not_start_it_for_ever_and_a_missing_or_stuck_device_does(
    home, capsys, code, seen, said
):
    assert serve(["record", "mic"], lambda _: code) == seen
    assert said in capsys.readouterr().out


def test_while_it_runs_its_process_can_be_found(home):
    lock = home / "data" / LOCK

    def command(arguments):
        assert arguments == ["record", "mic"]
        assert holder_of(lock).source == "record mic"
        return 0

    serve(["record", "mic"], command)
    assert not is_held(lock)


def test_an_older_one_that_is_just_ending_is_no_obstacle(home):
    (home / "data").mkdir(parents=True)
    from engine.session.file_lock import Holder

    with HeldLock.take(home / "data" / LOCK, Holder(1, "", "", "")):
        assert serve([], lambda _: 3) == 3


def test_what_launchd_appends_to_for_ever_begins_anew_when_it_is_large(home):
    log = home / "log" / OUTPUT
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * 999_999)
    serve([], lambda _: 0)
    assert log.stat().st_size == 999_999
    log.write_bytes(b"x" * 1_000_001)
    serve([], lambda _: 0)
    assert log.stat().st_size == 0
