"""Classification of windows, by hand."""

import numpy as np
import pytest

from train.metrics.window_map import ClassifiedWindows, Windows

RIGHT = Windows(np.array([[1.0], [0.0]]), np.array([[True], [False]]))
WRONG = Windows(np.array([[0.0], [1.0]]), np.array([[True], [False]]))


@pytest.mark.parametrize(("often", "expected"), [((1, 0), 1.0), ((0, 1), 0.5), ((2, 1), (2 * 2 / 3 + 1 * 3 / 6) / 3)])
def test_windows_of_a_game_count_as_often_as_it_is_drawn(often, expected):
    assert ClassifiedWindows([RIGHT, WRONG]).mean(np.array(often, dtype=float)) == pytest.approx(expected)


def test_a_class_that_never_happens_is_left_out_of_the_mean():
    windows = Windows(np.array([[1.0, 0.3], [0.0, 0.4]]), np.array([[True, False], [False, False]]))
    classified = ClassifiedWindows([windows])
    assert np.isnan(classified.average_precisions(np.ones(1))[1])
    assert classified.mean(np.ones(1)) == 1.0
    assert np.isnan(ClassifiedWindows([Windows(windows.scores, np.zeros((2, 2), bool))]).mean(np.ones(1)))


def test_a_score_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        ClassifiedWindows([Windows(np.array([[np.nan]]), np.array([[True]]))])
