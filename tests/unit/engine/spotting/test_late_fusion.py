"""One late fusion of what features, words and the crowd say of an event, each share told."""

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import WeightsError
from engine.core.log_odds_fusion import ChannelRule, CurveChannel, SpotChannel, even_rule
from engine.spotting import late_fusion
from engine.spotting.config import SpottingConfig
from engine.spotting.events import SpottedEvent
from engine.spotting.late_fusion import HeardBeside, spot_beside
from engine.spotting.spot import curves_of, spot
from engine.spotting.vocabularies import V1, VOCABULARIES
from engine.spotting.weights import load_spotting, save_spotting
from tests.unit.engine.spotting.test_spotting_weights import BOTH, LATE_ONE, RULE, SMALL, weights_of

SOCCER = VOCABULARIES[V1].index("soccer")
RULE_OF_WORDS = ChannelRule(1.0, 3.0, silent=-6.0, mean=-3.0, weight=0.5)


def said(t_s: float, log_odds: float) -> HeardBeside:
    """Words that name one moment."""
    return HeardBeside(SpotChannel(np.array([t_s]), np.array([log_odds])), np.array([t_s]), RULE_OF_WORDS)


def test_without_anything_beside_the_events_are_those_of_the_features_with_their_share():
    for config in (SMALL, LATE_ONE):
        weights = weights_of(config)
        alone, found = spot(BOTH, weights), spot_beside(BOTH, weights, {})
        assert [(e.t_s, e.label, e.confidence) for e in found] == [(e.t_s, e.label, e.confidence) for e in alone]
        names = {"video", "audio"} if config is LATE_ONE else {"video+audio"}
        assert found and all(set(event.shares) == names for event in found)


@pytest.mark.parametrize("config", [SMALL, LATE_ONE], ids=lambda config: config.name)
def test_shares_and_the_bias_make_the_confidence_up(config):
    weights = weights_of(config)
    for event in spot_beside(BOTH, weights, {"words": {"soccer": said(12.0, 3.0)}}):
        bias = RULE.bias if config is LATE_ONE else 0.0
        log_odds = bias + sum(event.shares.values())
        assert event.confidence == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=2e-4)


def test_words_raise_the_event_that_they_name_and_speak_against_the_others():
    weights = weights_of(SMALL)
    found = [e for e in spot_beside(BOTH, weights, {"words": {"soccer": said(13.0, 3.0)}}) if e.label == "soccer"]
    shares = {event.t_s: event.shares["words"] for event in found}
    near = [t_s for t_s in shares if abs(t_s + 1.0 - 13.0) <= 3.0]
    assert near and all(shares[t_s] == pytest.approx(0.5 * (3.0 + 3.0)) for t_s in near)
    assert all(share == pytest.approx(0.5 * (-6.0 + 3.0)) for t_s, share in shares.items() if t_s not in near)


def test_a_channel_that_is_missing_is_no_silence():
    weights = weights_of(LATE_ONE)
    heard = {"words": {"soccer": said(12.0, 3.0)}}
    picture_alone = [e for e in spot_beside({"video": BOTH["video"]}, weights, heard) if e.label == "soccer"]
    assert picture_alone and all(set(event.shares) == {"video", "words"} for event in picture_alone)
    of_cards = [event for event in spot_beside(BOTH, weights, heard) if event.label == "card"]
    assert of_cards and of_cards == [event for event in spot(BOTH, weights) if event.label == "card"]


def test_a_moment_that_only_the_crowd_names_is_asked_about():
    weights = weights_of(SMALL)
    curve = np.full(60, -6.0)
    curve[57] = 9.0
    crowd = HeardBeside(CurveChannel(curve, 0.5), np.array([28.75]), ChannelRule(0.0, 0.5, -6.0, 0.0, 1.0))
    found = spot_beside(BOTH, weights, {"crowd": {"soccer": crowd}})
    surest = max((event for event in found if event.label == "soccer"), key=lambda event: event.shares["crowd"])
    assert surest.t_s == pytest.approx(28.75, abs=6.0) and surest.shares["crowd"] == 9.0


Curve = dict[int, float]


def fused(monkeypatch, config: SpottingConfig, peaks: dict[str, Curve], heard: HeardBeside) -> list[SpottedEvent]:
    """What comes of curves of 30 s that are silent but for ``peaks``, log-odds by row, and of what is heard."""
    curves = {}
    for name, peak in peaks.items():
        values = np.full((60, 3), -9.0)
        values[list(peak), SOCCER] = list(peak.values())
        curves[name] = (values, 0.0)
    monkeypatch.setattr(late_fusion, "curves_by_channel", lambda features, weights: curves)
    events = spot_beside(BOTH, weights_of(config), {"words": {"soccer": heard}})
    return [event for event in events if event.label == "soccer"]


def test_an_event_stands_where_it_was_and_not_where_a_late_channel_spoke_of_it(monkeypatch):
    (event,) = fused(monkeypatch, LATE_ONE, {"video": {}, "audio": {30: 30.0}}, said(-90.0, 0.0))
    assert event.t_s == 15.0 - RULE.channels["audio"].offset_s
    assert event.shares["audio"] == pytest.approx(0.5 * (30.0 + 1.0))


def test_words_alone_name_a_moment_as_much_before_them_as_they_come_late(monkeypatch):
    loud = said(21.0, 60.0)
    (event,) = fused(monkeypatch, LATE_ONE, {"video": {}, "audio": {}}, loud)
    assert event.t_s == 21.0 - RULE_OF_WORDS.offset_s and event.shares["words"] == pytest.approx(0.5 * 63.0)


def test_words_after_the_end_of_the_recording_name_nothing(monkeypatch):
    assert fused(monkeypatch, LATE_ONE, {"video": {}, "audio": {}}, said(35.0, 60.0)) == []


def test_two_events_that_suppression_leaves_are_left_beside_words_too(monkeypatch):
    near = SMALL.events.apart_s / 2 + 1.0
    found = fused(monkeypatch, SMALL, {"video+audio": {10: 6.0, 10 + round(2 * near): 5.0}}, said(-90.0, 0.0))
    assert [event.t_s for event in found] == [5.0, 5.0 + near]


def test_a_rule_of_the_weights_own_counts_before_the_one_that_comes_with_the_channel():
    mine = replace(RULE, channels={**RULE.channels, "words": replace(RULE_OF_WORDS, weight=2.0)})
    weights = weights_of(replace(LATE_ONE, rules={"soccer": mine}))
    found = spot_beside(BOTH, weights, {"words": {"soccer": said(12.0, 3.0)}})
    assert {round(event.shares["words"], 3) for event in found} <= {12.0, -6.0}


def test_what_the_crowd_heard_lifts_the_event_that_it_cried_out_for_and_lowers_the_others():
    weights = weights_of(SMALL)
    before = {event.t_s: event.confidence for event in spot(BOTH, weights) if event.label == "soccer"}
    cried_s = min(before)
    heard = SpotChannel(np.array([cried_s + 2.0]), np.array([4.0]))
    crowd = HeardBeside(heard, heard.t_s, ChannelRule(2.0, 1.0, silent=-6.0, mean=-1.0, weight=0.5))
    after = {e.t_s: e for e in spot_beside(BOTH, weights, {"crowd": {"soccer": crowd}}) if e.label == "soccer"}
    assert len(before) > 1 and after[cried_s].confidence > before[cried_s]
    assert after[cried_s].shares["crowd"] == 2.5
    assert all(event.confidence < before.get(t_s, 1.0) for t_s, event in after.items() if t_s != cried_s)


def test_weights_from_before_give_a_film_without_sound_the_picture_s_own_confidences(tmp_path):
    config = replace(LATE_ONE, rules={"card": even_rule(("video", "audio"), 5.0, 2.0, -10.0)})
    save_spotting(tmp_path, weights_of(config), "# a card\n")
    path = tmp_path / "config.json"
    row = json.loads(path.read_text())
    del row["rules"]["card"]["alone"]
    path.write_text(json.dumps(row))
    weights = load_spotting(tmp_path)
    curve = curves_of({"video": BOTH["video"]}, weights, "video")[0][:, config.labels.index("card")]
    found = spot_beside({"video": BOTH["video"]}, weights, {})
    assert found and max(event.confidence for event in found) == pytest.approx(1 / (1 + np.exp(-curve.max())))
    row["rules"]["card"]["alone"] = {"other": {"bias": 0.0, "weight": 1.0}}
    path.write_text(json.dumps(row))
    with pytest.raises(WeightsError, match="a channel that there is not"):
        load_spotting(tmp_path)
