"""Real timelines with simulated sound, through the program's own commands."""

import pytest

from tests.check_library import LEAST_MINUTES, games, run
from tests.unit.train.shared_data import SOCCERNET, STATSBOMB, needs_shared_data


@pytest.mark.filterwarnings("error")
@needs_shared_data
def test_games_of_both_data_sets_go_in_are_listed_shown_and_removed() -> None:
    """Three of the 34; ``python -m tests.check_library`` takes them all."""
    known = games(SOCCERNET)
    assert len(known) == 34
    assert run(SOCCERNET, STATSBOMB, LEAST_MINUTES, known[::12]) == 3
