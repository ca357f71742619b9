import pytest

from engine.core.errors import ExitCode, UsageError
from engine.football.events import Shots
from engine.football.goal_list import load_goals


@pytest.mark.parametrize(
    ("text", "period", "clock_s", "shown"),
    [
        ("12:34", 1, 754, "12:34"),
        ("67:01", 2, 1321, "67:01"),
        ("45+2:10", 1, 2830, "45+2:10"),
        ("45:10", 2, 10, "45:10"),
        ("90+3:00", 2, 2880, "90+3:00"),
        ("et95:00", 3, 300, "95:00"),
        ("ET110:30", 4, 330, "110:30"),
        ("105+1:05", 3, 965, "105+1:05"),
        ("120+0:30", 4, 930, "120+0:30"),
        ("754", 1, 754, "12:34"),
        ("4021", 2, 1321, "67:01"),
    ],
)
def test_a_time_as_people_write_it(text: str, period: int, clock_s: float, shown: str) -> None:
    (goal,) = load_goals(text).goals
    assert (goal.period, goal.clock_s, goal.match_clock) == (period, clock_s, shown)


def test_goals_are_put_in_order_and_nothing_else_is_claimed() -> None:
    match = load_goals("67:01, 12:34")
    assert [goal.match_clock for goal in match.goals] == ["12:34", "67:01"]
    assert match.shots is Shots.UNKNOWN and match.score is None
    assert load_goals("").goals == ()


@pytest.mark.parametrize(
    "text",
    ["12.34", "92:00", "46+1:00", "12:60", "12:34,,13:00", "et12:00", "1e9", "-3:00", "٣:٠٠", "130:00", "999999"],
)
def test_what_is_no_time_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="goal ") as caught:
        load_goals(text)
    assert caught.value.exit_code is ExitCode.USAGE and "45+2:10" in caught.value.hint
