"""Where the real data lie, and the mark of a test that needs them."""

from functools import cache
from pathlib import Path

import pytest

from engine.football.events import MatchEvents
from engine.football.statsbomb import load_from_folder, match_ids

SHARED = Path(__file__).parents[4] / "shared" / "data"
STATSBOMB = SHARED / "statsbomb"
SOCCERNET = SHARED / "soccernet"


def needs_shared_data(test):  # type: ignore[no-untyped-def]
    """Skip where ``../shared/data`` is not beside the checkout."""
    skip = pytest.mark.skipif(not STATSBOMB.is_dir(), reason="needs real matches in ../shared/data/statsbomb")
    return pytest.mark.shared(skip(test))


@cache
def real_matches() -> dict[int, MatchEvents]:
    """The sixty real matches by their id, loaded once for all tests of a process: whoever asks for them belongs to the
    xdist group "real matches"."""
    return {match_id: load_from_folder(STATSBOMB, match_id) for match_id in match_ids(STATSBOMB)}
