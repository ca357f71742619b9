"""Ranking figures: by hand, and against scikit-learn on anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.metrics.ranking import (
    Levels,
    average_precision,
    binned_levels,
    exact_levels,
    roc_auc,
    roc_curve,
    shared_edges,
    spearman,
)


def levels(scores, positive):
    return exact_levels(np.asarray(scores, float), np.asarray(positive, bool))


moments = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({positive for _, positive in rows}) == 2
)


def test_a_perfect_order_has_auc_one_and_a_reversed_one_zero():
    assert roc_auc(levels([1, 2, 3, 4], [0, 0, 1, 1])) == 1.0
    assert roc_auc(levels([1, 2, 3, 4], [1, 1, 0, 0])) == 0.0


def test_a_tie_counts_half():
    assert roc_auc(levels([1, 1], [0, 1])) == 0.5


def test_average_precision_by_hand():
    assert average_precision(levels([4, 3, 2, 1], [1, 0, 1, 0])) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_does_not_care_for_the_scale():
    truth = [1, 0, 1, 0, 0]
    small = [1e-9, 1e-10, 1e-11, 1e-12, 0]
    assert average_precision(levels(small, truth)) == average_precision(levels([5, 4, 3, 2, 1], truth))


def test_without_both_kinds_there_is_no_figure():
    assert np.isnan(roc_auc(levels([1, 2], [1, 1])))
    assert np.isnan(average_precision(levels([1, 2], [0, 0])))


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        levels([1.0, float("nan")], [0, 1])


@given(moments)
def test_both_agree_with_scikit_learn(rows):
    from sklearn.metrics import average_precision_score, roc_auc_score

    scores, positive = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    found = exact_levels(scores, positive)
    assert roc_auc(found) == pytest.approx(roc_auc_score(positive, scores))
    assert average_precision(found) == pytest.approx(average_precision_score(positive, scores))


@given(moments, moments)
def test_levels_of_two_matches_add_up_to_those_of_both(first, second):
    rows = [first, second, first + second]
    every = np.array([row[0] for row in rows[2]], float)
    edges = shared_edges(every, 1000)
    one, two, both = (
        binned_levels(np.array([s for s, _ in part], float), np.array([p for _, p in part]), edges) for part in rows
    )
    assert roc_auc(Levels(one.positive + two.positive, one.negative + two.negative)) == roc_auc(both)


def test_the_curve_runs_from_nothing_to_everything():
    false, true = roc_curve(levels([1, 2, 3], [0, 1, 1]))
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)


def test_spearman_knows_order_reversal_and_ties():
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 20, 400])) == pytest.approx(1)
    assert spearman(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(0.8660254)
    assert np.isnan(spearman(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])))


def test_a_moment_counts_as_often_as_its_weight_says():
    found = exact_levels(np.array([2.0, 1.0, 2.0]), np.array([True, False, False]), np.array([3.0, 2.0, 0.5]))
    assert found.positive.tolist() == [0.0, 3.0]
    assert found.negative.tolist() == [2.0, 0.5]


def test_levels_hold_about_as_many_moments_each_and_a_score_on_an_edge_lies_above_it():
    scores = np.arange(8.0)
    edges = shared_edges(scores, 4)
    assert edges.tolist() == [1.75, 3.5, 5.25]
    assert shared_edges(np.zeros(0), 4).tolist() == []
    found = binned_levels(np.array([1.75, 1.0, 6.0, 3.0]), np.array([True, True, False, False]), edges)
    assert found.positive.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert found.negative.tolist() == [0.0, 1.0, 0.0, 1.0]


def test_the_curve_by_hand():
    false, true = roc_curve(levels([1, 2, 2, 3, 4], [0, 1, 0, 0, 1]))
    assert false == pytest.approx([0.0, 0.0, 1 / 3, 2 / 3, 1.0])
    assert true == pytest.approx([0.0, 0.5, 0.5, 1.0, 1.0])
