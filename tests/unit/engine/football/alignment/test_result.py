import pytest

from engine.core.errors import InputError, UsageError
from engine.football.alignment.result import Alignment, by_hand, from_json
from engine.football.json_document import Node


def test_halves_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(UsageError, match="before the first"):
        by_hand({1: 4000.0, 2: 300.0})
    with pytest.raises(UsageError, match="no kick-off"):
        by_hand({})


def test_it_is_remembered_as_it_was() -> None:
    for alignment in (by_hand({1: -30.0, 2: 3600.5}), Alignment({1: 1.0, 2: 2.0, 3: 3.0}, "measured", 0.8, 0.97)):
        assert from_json(Node(alignment.to_json(), "match.json")) == alignment


def test_a_broken_one_says_where() -> None:
    with pytest.raises(InputError, match=r"match.json at kick_off_s.1: the number lies outside"):
        from_json(Node({"method": "measured", "kick_off_s": {"1": 1e99}}, "match.json"))
