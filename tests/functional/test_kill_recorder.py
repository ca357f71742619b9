"""A recorder that is killed, and one that is stopped for a while."""

from tests.kill_recorder import ALLOWED_S, kills, summary


def test_twenty_kills_cost_a_second_each_at_most_and_break_nothing():
    found = list(kills(20, seed=20261120))
    assert [one.faults for one in found if one.faults] == []
    assert max(one.missing_readings_s for one in found) <= ALLOWED_S
    assert "20 kills" in summary(found)
    assert max(one.heard_s for one in found) > 20


def test_a_recorder_that_was_stopped_and_goes_on_loses_nothing_by_it():
    (one,) = kills(1, seed=7, stopped_s=0.05)
    assert one.faults == ()
