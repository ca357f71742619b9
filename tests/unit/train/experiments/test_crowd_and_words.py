"""What the study of crowd and words counts, and that it hears nothing before it was said."""

import numpy as np
import pytest

from engine.core.log_odds_fusion import CurveChannel, SpotChannel, fuse_at
from train.experiments.crowd_and_words import (
    CROWD,
    QUIET_S,
    WINDOWS_S,
    WORDS,
    Heard,
    alarms_s,
    crowd_channel,
    fit_rule,
    judge,
)

LENGTH_S = 1800.0


def heard(seed: int) -> Heard:
    """Two goals: the crowd rises at both, at a chance as loudly, and a little all the time; words name the goals ten
    seconds late, and a goal that was none."""
    rng = np.random.default_rng(seed)
    goals = (300.0 + rng.uniform(0, 100), 900.0 + rng.uniform(0, 100))
    curve = rng.normal(-6.0, 1.0, int(LENGTH_S / 2) + 1)
    for t_s in (*goals, 600.0, 1500.0):
        curve[int(t_s / 2) + 1 : int(t_s / 2) + 8] = rng.normal(2.0, 0.5)
    told_s = np.array([*(goal + 10.0 for goal in goals), 1300.0])
    return Heard(goals, LENGTH_S, {CROWD: CurveChannel(curve, 2.0), WORDS: SpotChannel(told_s, np.zeros(3))})


def test_a_reading_counts_from_the_moment_at_which_it_was_given() -> None:
    channel = crowd_channel(np.array([3.9, 4.0, 4.1, 7.0]), np.array([1.0, 5.0, 2.0, 3.0]))
    assert channel.log_odds.tolist() == [1.0, 1.0, 5.0, 2.0, 3.0]


def test_nothing_is_heard_before_it_was_said() -> None:
    matches = [heard(seed) for seed in range(6)]
    rule = fit_rule(matches, (CROWD, WORDS))
    one = matches[0]
    odds, shares = fuse_at(one.moments_s, one.channels, rule)
    t_s = one.moments_s[one.moments_s < 500.0]
    curve, spots = one.channels[CROWD], one.channels[WORDS]
    assert isinstance(curve, CurveChannel)
    assert isinstance(spots, SpotChannel)
    until = {
        CROWD: CurveChannel(curve.log_odds[: len(t_s) + 1], 2.0),
        WORDS: SpotChannel(spots.t_s[spots.t_s <= t_s[-1]], spots.log_odds[spots.t_s <= t_s[-1]]),
    }
    assert fuse_at(t_s, until, rule)[0].tolist() == odds[: len(t_s)].tolist()
    first = one.moments_s[np.argmax(shares[WORDS] > shares[WORDS].min())]
    assert one.goals_s[0] + 10.0 <= first <= one.goals_s[0] + 12.0


@pytest.mark.parametrize("window_s", WINDOWS_S)
def test_every_window_ends_at_the_moment_itself(window_s: float) -> None:
    curve = CurveChannel(np.arange(100.0), 2.0)
    spots = SpotChannel(np.array([101.0]), np.array([1.0]))
    t_s = np.array([100.0, 102.0])
    assert curve.evidence(t_s, -window_s / 2, window_s / 2, -9.0).tolist() == [50.0, 51.0]
    assert spots.evidence(t_s, -window_s / 2, window_s / 2, -9.0).tolist() == [-9.0, 1.0]


def test_an_alarm_is_given_once_and_again_only_if_there_is_reason_for_long() -> None:
    moments_s = np.arange(0.0, 100.0)
    odds = np.where((moments_s >= 10.0) & (moments_s <= 20.0 + QUIET_S), 1.0, -1.0)
    assert alarms_s(moments_s, odds, 0.0) == [10.0, 10.0 + QUIET_S]
    assert alarms_s(moments_s, odds, 2.0) == []


def test_two_ears_that_err_at_different_moments_find_more_than_one() -> None:
    table = judge([heard(seed) for seed in range(8)], [heard(seed) for seed in range(20, 28)], tellings=2)
    assert table[0].startswith("4 matches, 8 goals, 2 commentaries each")
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table if row.startswith("| best here")]
    recall = {name: value for _, name, value, _ in cells}
    false = {name: float(value.split()[0]) for _, name, _, value in cells}
    assert recall["both"].startswith("1.00")
    assert false["both"] == 0.0
    assert false["words alone"] == 1.0
    assert all(value <= 1.0 for value in false.values())
