"""The rules of a late fusion, fitted on halves that are made up: two channels that hear the same things."""

import numpy as np
import pytest

from engine.core.log_odds_fusion import KindRule, SpotChannel, fuse_at
from train.fit.fusion_rules import HalfOfKind, fit_kind

NAMES = ("video", "audio")
SPOTS = 800


@pytest.fixture(scope="module")
def half() -> HalfOfKind:
    """A moment every minute; both channels see most of what is there, and doubt the same moments."""
    rng = np.random.default_rng(5)
    t_s = 60.0 * np.arange(SPOTS)
    happened = rng.random(SPOTS) < 0.2
    both = np.where(happened, 0.5, -2.5) + rng.standard_normal(SPOTS)
    channels = {name: SpotChannel(t_s, both + 0.5 * rng.standard_normal(SPOTS)) for name in NAMES}
    named = {name: list(zip(t_s, channel.log_odds, strict=True)) for name, channel in channels.items()}
    return HalfOfKind(tuple(t_s[happened]), channels, named)


@pytest.fixture(scope="module")
def rule(half: HalfOfKind) -> KindRule:
    return fit_kind([half], NAMES, 20.0, (3.0,), 5.0)


@pytest.mark.parametrize("name", NAMES)
def test_of_a_film_without_sound_or_picture_as_much_is_likely_as_turns_out_right(half, rule, name):
    happened = np.isin(half.channels[name].t_s, half.events_s)
    log_odds, _ = fuse_at(half.channels[name].t_s, {name: half.channels[name]}, rule)
    for low, high in ((-12.0, -3.0), (-3.0, -1.0), (-1.0, 0.5), (0.5, 12.0)):
        of_these = (log_odds >= low) & (log_odds < high)
        likely = (1 / (1 + np.exp(-log_odds[of_these]))).mean()
        assert likely == pytest.approx(happened[of_these].mean(), abs=0.08)


def test_what_the_picture_alone_doubts_is_not_made_likelier_by_missing_sound(half, rule):
    doubtful = np.array([-6.0, -5.0, -4.0])
    video = SpotChannel(60.0 * np.arange(3), doubtful)
    log_odds, _ = fuse_at(video.t_s, {"video": video}, rule)
    joint = rule.bias + rule.channels["video"].weight * (doubtful - rule.channels["video"].mean)
    assert (log_odds < joint - 0.5).all(), "as a part of a sum it says less than it does alone"
    one_more = fit_kind([half], ("video",), 20.0, (3.0,), 5.0)
    assert log_odds == pytest.approx(fuse_at(video.t_s, {"video": video}, one_more)[0])


def test_a_channel_that_names_nothing_says_what_it_says_where_it_is_alone(half):
    silent = HalfOfKind(half.events_s, half.channels, {"video": half.named["video"]})
    rule = fit_kind([silent], NAMES, 20.0, (3.0,), 5.0)
    assert fuse_at(np.array([60.0]), {"audio": half.channels["audio"]}, rule)[0] == pytest.approx(
        half.channels["audio"].log_odds[1:2]
    )
