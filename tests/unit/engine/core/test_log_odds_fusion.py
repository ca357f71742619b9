"""Channels are added in log-odds; one that is missing is no zero."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.log_odds_fusion import (
    AloneRule,
    ChannelRule,
    CurveChannel,
    KindRule,
    SpotChannel,
    even_rule,
    fuse_at,
    fused_spots,
    log_odds_of,
)

RULE = KindRule(
    bias=-2.0,
    apart_s=20.0,
    channels={
        "words": ChannelRule(offset_s=4.0, reach_s=6.0, silent=-6.0, mean=-4.0, weight=0.5),
        "video": ChannelRule(offset_s=6.0, reach_s=6.0, silent=-5.0, mean=-3.0, weight=1.0),
    },
)


def spots(*rows):
    return SpotChannel(np.array([t for t, _ in rows], dtype=float), np.array([value for _, value in rows], dtype=float))


def at(moment, **channels):
    total, shares = fuse_at(np.array([moment]), channels, RULE)
    return float(total[0]), {name: float(share[0]) for name, share in shares.items()}


def test_what_two_channels_say_is_added_and_every_share_is_told():
    total, shares = at(100.0, words=spots((104.0, 2.0)), video=spots((106.0, 1.0)))
    assert shares == {"words": 3.0, "video": 4.0}
    assert total == -2.0 + 3.0 + 4.0


def test_a_missing_channel_adds_nothing_and_a_silent_one_speaks_against():
    with_video, shares = at(100.0, video=spots((106.0, 1.0)))
    silent, _ = at(100.0, video=spots((106.0, 1.0)), words=spots((500.0, 2.0)))
    assert with_video == 2.0
    assert "words" not in shares
    assert silent == with_video + 0.5 * (-6.0 + 4.0)


def test_each_channel_is_asked_about_its_own_lateness():
    assert at(100.0, video=spots((112.5, 1.0)))[1]["video"] == -2.0
    assert at(106.5, video=spots((112.5, 1.0)))[1]["video"] == 4.0


def test_a_curve_gives_the_highest_value_within_reach():
    curve = np.full(100, -4.0)
    curve[55] = 3.0  # the middle of the step lies at 111 s
    channel = CurveChannel(curve, 2.0)
    assert channel.evidence(np.array([107.0, 90.0, 1000.0]), 4.0, 6.0, -6.0).tolist() == [3.0, -4.0, -6.0]


def test_the_surest_of_near_moments_is_told_once():
    video = spots((106.0, 1.0), (114.0, 3.0), (206.0, 0.0))
    found = fused_spots(np.array([100.0, 108.0, 200.0]), {"video": video}, RULE)
    assert [spot.t_s for spot in found] == [108.0, 200.0]
    assert found[0].probability == pytest.approx(1 / (1 + np.exp(-4.0)))


def test_certainty_has_finite_log_odds():
    assert np.isfinite(log_odds_of(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize("rate_hz", [2.0, 5.0, 10.0, 12.5, 25.0, 30.0])
def test_the_moment_of_a_row_is_that_of_its_own_value_and_not_of_the_one_before(rate_hz: float):
    rows = np.arange(3000.0)
    channel = CurveChannel(rows, 1.0 / rate_hz)
    assert np.array_equal(channel.evidence(rows / rate_hz, 0.0, 0.0, -1.0), rows)
    assert np.array_equal(channel.evidence(rows[50:] / rate_hz - 0.5, 0.5, 0.0, -1.0), rows[50:])


def test_without_sound_a_class_that_was_hardly_ever_seen_in_training_is_no_likelier_than_the_picture_says():
    rule = even_rule(("video", "audio"), 20.0, 2.0, -10.0)
    said = np.array([-8.0, -4.0, -0.8, 2.0])
    video = SpotChannel(100.0 * np.arange(4), said)
    alone, shares = fuse_at(video.t_s, {"video": video}, rule)
    assert alone.tolist() == shares["video"].tolist() == said.tolist()
    audio = SpotChannel(video.t_s, np.full(4, -6.0))
    assert fuse_at(video.t_s, {"video": video, "audio": audio}, rule)[0].tolist() == ((said - 6.0) / 2).tolist()


def test_what_is_heard_beside_a_channel_that_is_alone_is_added_to_what_that_says():
    rule = replace(RULE, alone={"video": AloneRule(-3.0, 2.0), "audio": AloneRule(0.0, 1.0)})
    video, words = spots((106.0, 1.0)), spots((104.0, 2.0))
    total, shares = fuse_at(np.array([100.0]), {"video": video, "words": words}, rule)
    assert (total[0], shares["video"][0], shares["words"][0]) == (-3.0 + 2.0 * 4.0 + 3.0, 8.0, 3.0)
