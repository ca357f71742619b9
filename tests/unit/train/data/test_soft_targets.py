"""What a network is to say at each moment of a simulated match, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core import grid
from engine.simulator.truth import Sounding
from tests.unit.train.segment_matches import made_up_match
from train.data.simulated import KINDS
from train.data.soft_targets import SoftTargets, crowd_state, crying, oversample, sounding, targets_of

GROAN, OOH, ROAR = 1, 3, 4


def heard(kind: str, onset_s: float, end_s: float, level_db: float = 8.0) -> Sounding:
    return Sounding(kind, onset_s, onset_s, end_s, level_db, "goal")


def cells(sounds: list[Sounding], *times_s: float) -> list[list[int]]:
    return crowd_state(sounds, np.array(times_s)).tolist()


def test_a_cry_stands_out_from_its_onset_until_ten_seconds_after_its_end() -> None:
    kinds = [kind for kind, _, _ in cells([heard("roar", 20.0, 25.0)], 19.9, 20.0, 25.0, 35.0, 35.1)]
    assert kinds == [0, ROAR, ROAR, ROAR, 0]


def test_the_loudest_cry_stands_out_whichever_came_first() -> None:
    sounds = [heard("ooh", 20.0, 25.0, 9.0), heard("groan", 22.0, 23.0, 14.0), heard("roar", 21.0, 24.0, 8.0)]
    assert [kind for kind, _, _ in cells(sounds, 20.5, 22.5, 34.0)] == [OOH, GROAN, OOH]
    assert [kind for kind, _, _ in cells(sounds[::-1], 20.5, 22.5, 34.0)] == [OOH, GROAN, OOH]


def test_the_first_of_two_equally_loud_cries_stands_out() -> None:
    assert cells([heard("ooh", 20.0, 25.0), heard("roar", 22.0, 25.0)], 23.0)[0][0] == OOH


def test_what_is_no_cry_does_not_stand_out_nor_hide_the_cries_after_it() -> None:
    assert cells([heard("chant", 10.0, 60.0, 20.0), heard("roar", 20.0, 25.0)], 15.0, 21.0) == [[0, 0, 0], [ROAR, 2, 0]]


@pytest.mark.parametrize(("level_db", "cell"), [(3.9, 0), (4.1, 1), (7.1, 2), (10.1, 3), (13.1, 4), (16.1, 5)])
def test_a_cry_has_a_cell_by_its_loudness(level_db: float, cell: int) -> None:
    assert cells([heard("roar", 20.0, 25.0, level_db)], 21.0)[0][1] == cell


@pytest.mark.parametrize(
    ("age_s", "cell"), [(0.9, 0), (1.1, 1), (3.1, 2), (5.9, 2), (6.1, 3), (10.1, 4), (16.1, 5), (29.9, 5), (30.1, 6)]
)
def test_a_cry_has_a_cell_by_its_age(age_s: float, cell: int) -> None:
    assert cells([heard("roar", 20.0, 60.0)], 20.0 + age_s)[0][2] == cell


def test_a_cry_is_fresh_from_half_a_second_after_its_onset_for_eight_seconds_or_until_its_end() -> None:
    times_s = np.array([10.4, 10.5, 18.0, 18.1, 30.4, 30.5, 33.0, 33.1])
    sounds = [heard("roar", 10.0, 25.0), heard("chant", 0.0, 60.0), heard("ooh", 30.0, 33.0)]
    assert crying(sounds, times_s).tolist() == [False, True, True, False, False, True, True, False]


def test_each_frame_says_what_sounds_and_whether_a_cry_is_fresh() -> None:
    match = replace(made_up_match("a", 1, simulated=True, goals=0), sounds=(heard("roar", 10.0, 25.0),))
    table = sounding(match, 100, 700)
    assert table.shape == (600, len(KINDS) + 1)
    ends_s = [grid.end_time_s(frame + 1) for frame in range(100, 700)]
    assert table[:, -1].tolist() == [10.5 <= t_s <= 18.0 for t_s in ends_s]
    np.testing.assert_array_equal(table[:, :-1], match.tags(100, 700))


def test_where_nobody_knows_what_sounds_the_label_of_the_next_window_stands_for_the_cry() -> None:
    match = made_up_match("a", 1)
    last_end = int(match.ends[-1])
    cry = sounding(match, 0, last_end + 3)[:, -1]
    assert match.labels.truth.any()
    assert not match.labels.truth.all()
    for end, danger in zip(match.ends.tolist(), match.labels.truth.tolist(), strict=True):
        assert cry[end - 1] == danger
        assert cry[end - grid.WINDOW_HOP_FRAMES] == danger
    assert cry[-1] == match.labels.truth[-1]


def test_a_cell_has_its_share_of_danger_and_leans_to_the_share_of_its_kind() -> None:
    match = made_up_match("a", 1, simulated=True)
    state = crowd_state(match.sounds, match.end_times_s())
    found = SoftTargets.of([match, made_up_match("real", 2)]).targets(match)
    assert found.dtype == np.float32
    for cell, target in zip(state, found, strict=True):
        same_kind, same = state[:, 0] == cell[0], (state == cell).all(axis=1)
        kind_share = match.labels.truth[same_kind].mean()
        expected = (match.labels.truth[same].sum() + 8.0 * kind_share) / (same.sum() + 8.0)
        assert target == pytest.approx(expected)


def test_a_reel_without_play_is_not_counted() -> None:
    match = made_up_match("a", 1, simulated=True)
    reel = replace(match, on_sound=replace(match.on_sound, play=()))
    assert not SoftTargets.of([reel]).shares.any()
    np.testing.assert_array_equal(SoftTargets.of([match, reel]).shares, SoftTargets.of([match]).shares)


def test_a_quarter_of_the_target_is_whether_the_crowd_cries_and_the_rest_is_the_share_of_danger() -> None:
    drawn = [made_up_match("a", 1, simulated=True), made_up_match("b", 2, simulated=True)]
    over_nothing = heard("roar", 110.0, 119.0, 12.0)
    drawn[1] = replace(drawn[1], sounds=(*drawn[1].sounds, over_nothing))
    recorded = made_up_match("real", 3)
    found = targets_of([*drawn, recorded], true_share=0.3, trained_share=0.2, cries=0.25)
    shares = SoftTargets.of(drawn)
    for match in drawn:
        danger = oversample(shares.targets(match), 0.3, 0.2)
        now = crying(match.sounds, match.end_times_s())
        assert found[match.id][now] == pytest.approx(0.25 + 0.75 * danger[now])
        assert found[match.id][~now] == pytest.approx(0.75 * danger[~now])
        assert found[match.id].dtype == np.float32
        assert now.any()
        assert 0.0 < danger.min() < danger.max() < 0.99
    np.testing.assert_array_equal(found["real"], recorded.labels.target)


def test_without_a_share_for_the_cries_every_target_is_the_label() -> None:
    match = made_up_match("a", 1, simulated=True)
    np.testing.assert_array_equal(targets_of([match], 0.016, 0.2, None)["a"], match.labels.target)


def test_danger_shown_more_often_than_it_is_moves_its_odds() -> None:
    more = oversample(np.array([-0.1, 0.0, 0.016, 0.5, 1.0, 1.1], np.float32), true_share=0.016, trained_share=0.2)
    odds = (0.2 / 0.8) / (0.016 / 0.984)
    assert more.dtype == np.float32
    assert more == pytest.approx([0.0, 0.0, 0.2, odds / (1.0 + odds), 1.0, 1.0], rel=1e-5)
