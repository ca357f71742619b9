"""From logits to probabilities, by hand."""

import numpy as np
import pytest

from engine.model.calibration import Calibration, undo_prior

LOGITS = np.array([[1.0, 3.0], [0.5, 0.5], [2.0, -1.0]], np.float32)


def test_a_probability_comes_of_how_far_danger_lies_above_calm() -> None:
    expected = [1.0 / (1.0 + np.exp(-odds)) for odds in (0.5 * 2.0 - 0.25, -0.25, 0.5 * -3.0 - 0.25)]
    assert Calibration(slope=0.5, offset=-0.25).probability(LOGITS) == pytest.approx(expected)


def test_without_a_fit_the_logits_are_taken_at_their_word_and_nobody_claims_to_have_measured() -> None:
    assert Calibration() == Calibration(slope=1.0, offset=0.0, fitted=False)
    assert Calibration().probability(LOGITS)[1] == 0.5


def test_logits_far_from_each_other_give_a_probability_all_the_same() -> None:
    far = np.array([[0.0, 3e4], [3e4, 0.0]], np.float32)
    assert Calibration().probability(far).tolist() == [1.0, 0.0]


def test_danger_shown_more_often_than_it_is_shifts_the_log_odds_back() -> None:
    assert undo_prior(trained_share=0.2, true_share=0.2) == 0.0
    assert undo_prior(trained_share=0.5, true_share=0.1) == pytest.approx(np.log(1.0 / 9.0))
    assert undo_prior(trained_share=0.1, true_share=0.5) == pytest.approx(np.log(9.0))
