"""Judging a scorer on a reel whose answers are known."""

import numpy as np
import pytest

from engine.live.spike_detector import SpikeSettings
from train.data.real_sounds.reel_truth import Mood, Placed, ReelTruth
from train.evaluate.real_sounds.reels import Track, by_fold, compare_by_clip, mood_figures, reel_figures

T_S = np.arange(0, 400, 0.25)
SETTINGS = SpikeSettings(on=0.6, off=0.4, min_duration_s=0.5)


def placed(onset_s, group, file=None, fold=None):
    return Placed(onset_s, onset_s + 5.0, group, group, file or f"{group}.ogg", 10.0, fold)


TRUTH = ReelTruth(
    1,
    400.0,
    (
        placed(60, "reaction", "roar.ogg", 0),
        placed(90, "whistle", fold=1),
        placed(120, "applause"),
        placed(150, "reaction", "ooh.ogg"),
        placed(180, "speech"),
    ),
)


def scorer(*answers, truth=TRUTH):
    """Says each answer during its clip, and 0.1 else."""
    scores = np.full(len(T_S), 0.1)
    for clip, answer in zip(truth.clips, answers, strict=True):
        scores[(clip.onset_s <= T_S) & (clip.end_s >= T_S)] = answer
    return Track(truth, T_S, scores)


def judged(*tracks, settings=None):
    return reel_figures(tracks, np.random.default_rng(1), settings, draws=200)


def test_a_listener_who_rises_at_reactions_alone_is_perfect():
    found = judged(scorer(0.9, 0.1, 0.1, 0.8, 0.1))
    assert (found.event_auc.value, found.frame_auc) == (1.0, 1.0)


def test_each_false_rise_above_a_reaction_costs_its_share_of_pairs():
    found = judged(scorer(0.9, 0.85, 0.1, 0.8, 0.2))
    assert found.event_auc.value == pytest.approx(3 / 4)
    assert found.by_group == {"applause": 1.0, "speech": 1.0, "whistle": 0.5}


def test_applause_is_neither_right_nor_wrong():
    assert judged(scorer(0.9, 0.1, 0.99, 0.8, 0.1)).event_auc.value == 1.0
    assert judged(scorer(0.9, 0.1, 0.99, 0.8, 0.1)).frame_auc == 1.0


def test_the_figure_over_reels_is_their_mean():
    found = judged(scorer(0.9, 0.1, 0, 0.8, 0.1), scorer(0.9, 0.85, 0, 0.8, 0.2))
    assert found.by_reel == (1.0, 0.75)
    assert found.event_auc.value == pytest.approx(0.875)
    assert found.event_auc.low <= 0.875 <= found.event_auc.high


def test_readings_before_the_first_clip_and_readings_without_a_number_say_nothing():
    track = scorer(0.9, 0.1, 0.1, 0.8, 0.1)
    scores = track.scores.copy()
    scores[T_S < 30] = np.nan
    scores[(T_S > 300) & (T_S < 310)] = np.nan
    assert judged(Track(TRUTH, T_S, scores)).frame_auc == 1.0


def test_alarms_are_counted_by_what_they_came_with():
    found = judged(scorer(0.9, 0.7, 0.7, 0.2, 0.1), settings=SETTINGS)
    assert found.reactions_caught == 0.5
    assert found.alarms_per_hour == pytest.approx({"reaction": 9.0, "whistle": 9.0, "applause": 9.0})
    assert found.false_alarms_per_hour == pytest.approx(9.0)
    assert found.bed_alarms_per_hour == 0.0


def test_an_alarm_long_after_a_clip_came_with_the_bed():
    track = scorer(0.1, 0.1, 0.1, 0.1, 0.1)
    track.scores[(T_S > 250) & (T_S < 255)] = 0.9
    found = judged(track, settings=SETTINGS)
    assert found.alarms_per_hour == pytest.approx({"bed": 9.0})
    assert (found.bed_alarms_per_hour, found.false_alarms_per_hour) == (pytest.approx(9.0), 0.0)


def test_each_clip_is_judged_by_the_listener_that_never_heard_it():
    first, second = scorer(0.9, 0.1, 0.1, 0.8, 0.1), scorer(0.2, 0.6, 0.1, 0.4, 0.1)
    heard = by_fold([first, second])
    at = {clip.file: heard.scores[np.searchsorted(T_S, clip.onset_s + 1)] for clip in TRUTH.clips}
    assert at["roar.ogg"] == 0.9
    assert at["whistle.ogg"] == 0.6
    assert at["ooh.ogg"] == pytest.approx(0.6)


def test_moods_in_their_order_correlate_perfectly():
    moods = tuple(Mood(20.0 * i, 20.0 * i + 10, "v1", i - 3, f"l{i}") for i in range(7))
    truth = ReelTruth(0, 140.0, moods=moods)
    scores = np.zeros(len(T_S))
    for mood in moods:
        scores[(mood.onset_s <= T_S) & (mood.end_s >= T_S)] = 0.1 * (mood.mood + 3)
    found = mood_figures(Track(truth, T_S, scores))
    assert found.spearman == {"v1": pytest.approx(1.0)}
    assert found.means["v1"][3] == pytest.approx(0.6)


def test_two_scorers_are_compared_in_the_same_draws():
    good, bad = scorer(0.9, 0.1, 0.1, 0.8, 0.2), scorer(0.1, 0.9, 0.1, 0.2, 0.8)
    found, none = (compare_by_clip(good, other, np.random.default_rng(1), 200) for other in (bad, good))
    assert (found.value, none.value, none.low, none.high) == (1.0, 0.0, 0.0, 0.0)
