"""What the study of reviews says of its grounds."""

from math import nan

from train.experiments.review_study import RECALLS, Ground, kept_as, read_kept, summary

LESS, SOME = {0.5: 1.0, 0.6: 3.0, 0.7: 4.0, 0.8: nan}, {0.5: 3.0, 0.6: 6.0, 0.7: 5.0, 0.8: 2.0}
FITTED = [
    Ground(1, 20, 10, "", dict.fromkeys(RECALLS, 4.0), LESS, (0.8, 10.0), (0.7, 5.0)),
    Ground(2, 19, 11, "", dict.fromkeys(RECALLS, 6.0), SOME, (0.9, 12.0), (0.8, 5.0)),
]
REFUSED = Ground(3, 28, 2, "too few to learn from")


def test_means_are_over_the_grounds_where_something_was_fitted_and_say_where_a_recall_is_not_reached() -> None:
    first, half, *_, most, recall, false = summary([*FITTED, REFUSED])
    assert first.startswith("2 of 3 grounds")
    assert "reached at 2 before, at 2 after: 5.00 before, 2.00 after, difference -3.00" in half
    assert "reached at 2 before, at 1 after: 6.00 before, 2.00 after, difference -4.00" in most
    assert "0.85 before, 0.75 after" in recall
    assert "11.00 before, 5.00 after, difference -6.00 (-7.00 to -5.00)" in false


def test_what_was_kept_of_a_ground_says_the_same_when_it_is_read() -> None:
    for ground in (*FITTED, REFUSED):
        assert read_kept(kept_as(ground)).lines() == ground.lines()


def test_nothing_fitted_anywhere_is_said() -> None:
    assert summary([REFUSED])[0].startswith("0 of 1 grounds")
