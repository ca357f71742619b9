from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ, WINDOW_FRAMES, WINDOW_S, end_time_s, samples_for
from engine.football.events import EventKind, MatchEvent, MatchEvents, Period, RecordedEvent, Shots
from engine.football.goal_list import load_goals
from engine.football.match_clock import MatchClock, MatchOnSound, on_sound
from tests.unit.train.shared_data import needs_shared_data, real_matches
from train.data.labels import Danger, GoalWindow, LabelledEvent, Labels, Rule, Windows, find_rule

LENGTH_S = 900.0
ENDS = np.arange(WINDOW_FRAMES, int(LENGTH_S * SAMPLE_RATE_HZ) // 1024, 3)
END_S = np.array([end_time_s(int(end)) for end in ENDS])

SHOTS_AND_GOALS = st.sampled_from([EventKind.SHOT, EventKind.GOAL])
shots = st.lists(
    st.builds(RecordedEvent, st.floats(-50, LENGTH_S + 50), SHOTS_AND_GOALS, xg=st.none() | st.floats(0, 1)), max_size=8
)
matches = st.builds(lambda found: MatchOnSound(tuple(sorted(found, key=lambda m: m.t_s)), ((20.0, 880.0),)), shots)
rules = st.sampled_from([Danger(), GoalWindow(), Danger(before_s=10, after_s=10), GoalWindow(celebration_s=5)])


def one(t_s: float, goal: bool = False, xg: float | None = 0.5) -> MatchOnSound:
    kind = EventKind.GOAL if goal else EventKind.SHOT
    return MatchOnSound((RecordedEvent(t_s, kind, xg=xg),), ((0.0, LENGTH_S),))


def at(labels: Labels, moment_s: float) -> tuple[float, float, bool]:
    """Target, weight and truth of the window that ends closest to ``moment_s``."""
    i = int(np.argmin(np.abs(END_S - moment_s)))
    return float(labels.target[i]), float(labels.weight[i]), bool(labels.truth[i])


class TestEveryRule:
    @given(rules, matches)
    def test_no_negative_window_holds_sound_of_an_excluded_stretch(self, rule: Rule, match: MatchOnSound) -> None:
        labels = rule.apply(match, ENDS)
        for start_s, end_s in rule.excluded(match):
            overlapping = (start_s <= END_S) & (end_s >= END_S - WINDOW_S)
            assert not (labels.negative & overlapping).any()

    @given(rules, matches, st.integers(1, len(ENDS) - 1))
    def test_longer_sound_changes_no_label_before(self, rule: Rule, match: MatchOnSound, cut: int) -> None:
        short, long = rule.apply(match, ENDS[:cut]), rule.apply(match, ENDS)
        for name in ("target", "weight", "truth"):
            assert np.array_equal(getattr(short, name), getattr(long, name)[:cut])

    @given(rules, matches, st.floats(100, 800), st.floats(1, 300))
    def test_what_lies_beyond_the_reach_ahead_changes_no_label(
        self, rule: Rule, match: MatchOnSound, now_s: float, shift_s: float
    ) -> None:
        reach_s = 60.0
        later = tuple(replace(m, t_s=m.t_s + shift_s) if m.t_s > now_s + reach_s else m for m in match.shots)
        past = ENDS[now_s >= END_S]
        before, after = rule.apply(match, past), rule.apply(MatchOnSound(later, match.play), past)
        assert np.array_equal(before.target, after.target) and np.array_equal(before.weight, after.weight)

    def test_a_window_ends_with_the_last_sample_that_a_reading_there_has_heard(self) -> None:
        windows = Windows.ending_at(ENDS)
        assert windows.end_s[7] == samples_for(int(ENDS[7])) / SAMPLE_RATE_HZ
        assert windows.start_s[0] == pytest.approx(0.0, abs=1e-9)

    @given(rules, matches)
    def test_targets_and_weights_lie_between_0_and_1(self, rule: Rule, match: MatchOnSound) -> None:
        labels = rule.apply(match, ENDS)
        assert labels.target.min() >= 0 and labels.target.max() <= 1
        assert set(np.unique(labels.weight)) <= {0.0, 1.0}

    def test_there_is_no_window_before_the_first_whole_one(self) -> None:
        with pytest.raises(ValueError, match="first whole window"):
            Danger().apply(one(100), np.array([WINDOW_FRAMES - 1]))

    def test_rules_have_names(self) -> None:
        assert find_rule("danger") == Danger() and find_rule("goal-window") == GoalWindow()
        with pytest.raises(UsageError, match="no label rule"):
            find_rule("luck")

    def test_the_ends_of_a_stretch_belong_to_it(self) -> None:
        windows = Windows(np.array([0.0, 10.0, 20.0]), np.array([10.0, 20.0, 30.0]))
        assert windows.overlap(30.0, 40.0).tolist() == [False, False, True]
        assert windows.overlap(-5.0, 0.0).tolist() == [True, False, False]
        assert windows.end_within(10.0, 20.0).tolist() == [True, True, False]

    def test_reaches_are_the_documented_ones(self) -> None:
        assert GoalWindow() == GoalWindow(before_s=60.0, celebration_s=60.0, name="goal-window")
        assert Danger() == Danger(before_s=5.0, after_s=10.0, goal_after_s=30.0, least_xg=0.1, name="danger")


class TestGoalWindow:
    def test_an_alarm_counts_from_the_minute_before_a_goal_until_the_celebration_is_over(self) -> None:
        match = MatchOnSound((*one(300, xg=0.9).shots, *one(400, goal=True).shots), ((0.0, LENGTH_S),))
        assert GoalWindow().events(match) == [LabelledEvent(400, True, 340, 460)]
        assert GoalWindow().excluded(match) == [(400, 460)]

    def test_a_goal_at_the_very_end_of_a_window_is_heard_in_it(self) -> None:
        goal_s = float(END_S[300])
        labels = GoalWindow(before_s=goal_s - float(END_S[290])).apply(one(goal_s, goal=True), ENDS)
        assert labels.truth.nonzero()[0].tolist() == list(range(290, 300))

    labels = GoalWindow().apply(one(400, goal=True), ENDS)

    @pytest.mark.parametrize(
        ("moment_s", "target", "weight"),
        [(339, 0, 1), (341, 1, 1), (399, 1, 1), (401, 0, 0), (409, 0, 0), (459, 0, 0), (469, 0, 0), (471, 0, 1)],
    )
    def test_the_minute_before_a_goal_is_positive_and_what_holds_it_is_left_out(
        self, moment_s: float, target: float, weight: float
    ) -> None:
        assert at(self.labels, moment_s)[:2] == (target, weight)

    def test_shots_mean_nothing_to_it(self) -> None:
        assert GoalWindow().apply(one(400, xg=0.9), ENDS).negative.all()

    def test_windows_that_end_outside_play_are_left_out(self) -> None:
        match = MatchOnSound((), ((100.0, 200.0),))
        assert np.array_equal(GoalWindow().apply(match, ENDS).weight > 0, (END_S >= 100) & (END_S <= 200))


class TestDanger:
    def test_alarms_count_within_reach_of_goals_and_of_shots_good_enough(self) -> None:
        shots = [*one(100, xg=0.09).shots, *one(200, xg=0.1).shots, *one(300, xg=None).shots]
        match = MatchOnSound((*shots, *one(400, goal=True, xg=0.02).shots), ((0.0, LENGTH_S),))
        assert Danger().events(match) == [LabelledEvent(200, False, 195, 210), LabelledEvent(400, True, 395, 430)]
        assert Danger().excluded(match) == [(200, 210), (400, 430), (295, 310)]

    def test_where_shots_follow_each_other_the_highest_counts(self) -> None:
        match = MatchOnSound((*one(400, xg=0.3).shots, *one(404, xg=0.1).shots), ((0.0, LENGTH_S),))
        labels = Danger().apply(match, ENDS)
        assert [at(labels, moment_s)[0] for moment_s in (402, 408, 412)] == pytest.approx([1.0, 1.0, 0.5], abs=0.01)

    @pytest.mark.parametrize(
        ("moment_s", "target", "weight", "truth"),
        [(394, 0, 1, False), (397.5, 0.5, 1, True), (400.5, 1, 1, True), (409.5, 1, 1, True), (411, 0, 0, False),
         (419, 0, 0, False), (421, 0, 1, False)],
    )  # fmt: skip
    def test_the_reach_of_a_good_chance(self, moment_s: float, target: float, weight: float, truth: bool) -> None:
        labels = Danger().apply(one(400, xg=0.4), ENDS)
        assert at(labels, moment_s) == (pytest.approx(target, abs=0.03), weight, truth)

    def test_a_goal_reaches_further(self) -> None:
        labels = Danger().apply(one(400, goal=True, xg=0.02), ENDS)
        assert at(labels, 429) == (1, 1, True) and at(labels, 435) == (0, 0, False) and at(labels, 441) == (0, 1, False)

    @pytest.mark.parametrize(
        ("xg", "grade", "truth"),
        [(0.0, 0.0, False), (0.02, 0.1, False), (0.1, 0.5, True), (0.2, 0.75, True), (0.3, 1, True), (0.9, 1, True)],
    )
    def test_the_grade_rises_with_xg(self, xg: float, grade: float, truth: bool) -> None:
        target, weight, within = at(Danger().apply(one(400, xg=xg), ENDS), 402)
        assert (target, weight, within) == (pytest.approx(grade), 1, truth)

    def test_a_shot_that_nobody_graded_is_left_out(self) -> None:
        labels = Danger().apply(one(400, xg=None), ENDS)
        assert at(labels, 402) == (0, 0, False) and at(labels, 394) == (0, 1, False)

    def test_half_time_is_negative(self) -> None:
        assert Danger().apply(MatchOnSound((), ((100.0, 200.0),)), ENDS).negative.all()

    def test_a_list_of_goals_alone_cannot_carry_it(self) -> None:
        with pytest.raises(InputError, match="only its goals are known"):
            Danger().check(load_goals("12:34"))

    def test_a_reach_of_nothing_is_refused(self) -> None:
        for nothing in ("before_s", "after_s", "goal_after_s", "least_xg"):
            with pytest.raises(ValueError, match="above 0"):
                Danger(**{nothing: 0.0})


def test_periods_are_moved_onto_the_sound_and_unrecorded_ones_left_out() -> None:
    match = MatchEvents(
        match_id="m", home="", away="", date="", competition="", score=None, source="", attribution="",
        periods=(Period(1, 2800.0), Period(2)), shots=Shots.WITH_XG,
        events=(MatchEvent(1, 60.0, EventKind.SHOT, xg=0.2), MatchEvent(2, 2900.0, EventKind.GOAL)),
    )  # fmt: skip
    both = on_sound(match, MatchClock({1: 300.0, 2: 4000.0}))
    assert [shot.t_s for shot in both.shots] == [360.0, 6900.0]
    assert both.play == ((300.0, 3100.0), (4000.0, 6900.0))
    assert on_sound(match, MatchClock({2: -100.0})).play == ((-100.0, 2800.0),)


def play_s(match: MatchOnSound) -> float:
    return sum(end_s - start_s for start_s, end_s in match.play)


def share_of_play(match: MatchOnSound, events_s: list[float], reach_s: float) -> float:
    """The share of play in [0, 1] that lies within ``reach_s`` of one of the events."""
    covered_s = 0.0
    for start_s, end_s in match.play:
        reached_s = start_s
        for t_s in sorted(events_s):
            first, last = max(reached_s, t_s - reach_s), min(end_s, t_s + reach_s)
            if last > first:
                covered_s, reached_s = covered_s + last - first, last
    return covered_s / play_s(match) if match.play else 0.0


@pytest.mark.xdist_group("real matches")
@needs_shared_data
def test_shares_of_positive_time_are_near_those_measured_on_321_matches() -> None:
    clock = MatchClock({1: 600.0, 2: 4500.0})
    real = [on_sound(match, clock) for match in real_matches().values()]

    def share(chosen, reach_s: float) -> float:  # type: ignore[no-untyped-def]
        found_s = [share_of_play(m, [x.t_s for x in m.shots if chosen(x)], reach_s) * play_s(m) for m in real]
        return 100 * sum(found_s) / sum(play_s(match) for match in real)

    assert share(lambda shot: (shot.xg or 0) >= 0.15, 10) == pytest.approx(1.4, abs=0.2)
    assert share(lambda shot: shot.xg is not None, 10) == pytest.approx(8.4, abs=0.5)
    assert share(lambda shot: shot.is_goal, 60) == pytest.approx(5.5, abs=0.8)
