"""What a person says of a spike: kept at once, taken back as easily."""

import pytest

from engine.core.errors import InputError
from engine.core.signals import Rejected, Spike
from tests.unit.tui.monitor.fake_feed import FakeFeed
from tui.monitor.feed import SpikeLabel
from tui.monitor.model import Model
from tui.monitor.reviews import Reviews

SPIKE = Spike(70.0, 73.0, 84.0, 0.93, 72.0)


@pytest.fixture
def reviews() -> Reviews:
    return Reviews(Model(FakeFeed([])))


def test_the_same_verdict_again_goes_back_to_what_was_said_before(reviews: Reviews) -> None:
    said = [reviews.judge(SPIKE, verdict) for verdict in ("wrong", "right", "right", "wrong")]
    assert [label.verdict if label else None for label in said] == ["wrong", "right", "wrong", None]


def test_what_it_was_outlives_a_verdict_that_was_taken_back(reviews: Reviews) -> None:
    reviews.judge(SPIKE, "right")
    reviews.explain(SPIKE, what="goal")
    reviews.explain(SPIKE, note="header")
    assert reviews.judge(SPIKE, "right") is None
    assert reviews.judge(SPIKE, "right") == SpikeLabel(70.0, "right", "goal", "header")


def test_a_rejected_candidate_is_known_as_one(reviews: Reviews) -> None:
    label = reviews.judge(Rejected(70.0, 0.4, "too_short", 71.0), "wrong")
    assert label is not None
    assert label.rejected


def test_a_verdict_that_can_not_be_kept_counts_for_nothing() -> None:
    feed = FakeFeed([])
    feed.may_write = False
    reviews = Reviews(Model(feed))
    with pytest.raises(InputError):
        reviews.judge(SPIKE, "right")
    assert reviews.given(SPIKE) is None
