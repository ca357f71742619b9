import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.signals import Health, Reading
from tui.monitor.feed import Readings
from tui.monitor.history import History


def filled(values: list[float | None], step_s: float = 0.1) -> History:
    history = History()
    history.extend(
        Reading((index + 1) * step_s, value, -30.0, -20.0, Health.LISTENING) for index, value in enumerate(values)
    )
    return history


def test_a_column_is_the_highest_pressure_of_its_time() -> None:
    history = filled([0.1, 0.9, 0.2, 0.3])  # at 0.1, 0.2, 0.3, 0.4 s
    assert history.columns(0, 3, 0.25).tolist() == pytest.approx([0.9, 0.3, math.nan], nan_ok=True)


def test_a_column_without_a_number_is_nan() -> None:
    assert np.isnan(filled([None, None]).columns(0, 1, 1.0)).all()


def test_a_number_beside_missing_ones_is_shown() -> None:
    assert filled([None, 0.4, None]).columns(0, 1, 1.0)[0] == pytest.approx(0.4)


def test_a_column_that_has_passed_never_changes_when_the_picture_moves() -> None:
    history = filled([index / 100 for index in range(100)])
    assert history.columns(0, 10, 0.5)[3:8].tolist() == history.columns(3, 5, 0.5).tolist()


def test_what_came_later_is_not_in_the_picture_of_an_earlier_moment() -> None:
    history = filled([0.1] * 50 + [0.9] * 50)
    assert np.nanmax(history.columns(0, 20, 0.5, until_s=5.0)) == pytest.approx(0.1)


def test_the_reading_at_a_moment_is_the_newest_one_not_after_it() -> None:
    history = filled([0.1, 0.2, None])
    assert history.at(0.05) is None
    assert history.at(0.25).pressure == pytest.approx(0.2)  # type: ignore[union-attr]
    assert history.at(9.0).pressure is None  # type: ignore[union-attr]


def test_a_reading_that_is_not_newer_is_left_out() -> None:
    history = filled([0.1, 0.2])
    history.extend([Reading(0.15, 0.9, 0.0, 0.0, Health.LISTENING)])
    assert len(history) == 2


def test_loading_joins_on_to_what_is_there() -> None:
    history = filled([0.1, 0.2])
    times = np.array([0.2, 0.3])
    history.load(Readings(times, np.array([0.5, 0.6]), times, times, np.array([1, 1], np.uint8)))
    assert (len(history), history.head_s) == (3, 0.3)


def test_eight_hours_take_a_few_megabytes_and_a_picture_of_them_is_whole() -> None:
    count = int(8 * 3600 * 10.77)
    t = np.arange(1, count + 1) / 10.77
    history = History()
    history.load(Readings(t, np.full(count, 0.2), t, t, np.ones(count, np.uint8)))
    held = sum(array.nbytes for array in vars(history).values() if isinstance(array, np.ndarray))
    assert held < 16e6
    assert not np.isnan(history.columns(0, 48, 600.0)).any()


@given(st.lists(st.one_of(st.none(), st.floats(0, 1, width=32)), max_size=60), st.floats(0.05, 3.0))
def test_columns_agree_with_a_plain_loop(values: list[float | None], column_s: float) -> None:
    history = filled(values)
    columns = history.columns(0, 20, column_s)
    for index, value in enumerate(columns):
        inside = [
            number
            for place, number in enumerate(values)
            if number is not None and index * column_s <= (place + 1) * 0.1 < (index + 1) * column_s
        ]
        assert math.isnan(value) if not inside else value == pytest.approx(max(inside))
