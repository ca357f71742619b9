"""Words and video together on made-up games: better than either, and a game without words is judged by video alone."""

import numpy as np
import pytest

from engine.commentary.spots import PeakSettings
from engine.commentary.word_weights import ModeConfig, WordsConfig, WordsWeights
from train.commentary.corpus import folds_by_game
from train.commentary.fusion.with_video import fuse_by_folds
from train.commentary.scoring import count
from train.commentary.soccernet_label_table import JUDGED, KINDS

GAMES = [f"game {n}" for n in range(16)]
SILENT = GAMES[0]


def weights() -> WordsWeights:
    kinds = len(KINDS)
    peaks = PeakSettings(1.0, (20.0,) * kinds, (0.0,) * kinds, -9.0)
    mode = ModeConfig(peaks, ((1.0, 0.0),) * kinds, 0.0, False)
    return WordsWeights(WordsConfig("made up", "words", KINDS, 15.0, {"archive": mode}), {}, "0" * 64)


@pytest.fixture(scope="module")
def made():
    """Five events a class and half; words and video each see three in five, and as much that never was. Video is 6 s
    late."""
    draw = np.random.default_rng(3)
    events, logits, video = {}, {}, {}
    steps = np.arange(1000)
    for game in GAMES:
        half = (game, 1)
        happened = (*(tuple(sorted(draw.uniform(40, 1900, 5).tolist())) for _ in JUDGED), ())
        curves = draw.normal(-5, 0.4, (1000, len(KINDS))).astype(np.float32)
        spots = []
        for kind, label in enumerate(JUDGED):
            seen = [t for t in happened[kind] if draw.random() < 0.6] + draw.uniform(40, 1900, 3).tolist()
            for t in seen:
                curves[:, kind] += draw.uniform(2, 5) * np.exp(-0.5 * ((steps - t / 2) / 3) ** 2)
            spots += [(t + 6.0, label, draw.uniform(0.4, 0.9)) for t in happened[kind] if draw.random() < 0.6]
            spots += [(t, label, draw.uniform(0.1, 0.8)) for t in draw.uniform(40, 1900, 3).tolist()]
        events[half], video[half] = happened, spots
        if game != SILENT:
            logits[half] = curves
    fused, rules, shares = fuse_by_folds(events, logits, weights(), video, folds_by_game(GAMES, 4))
    return events, video, fused, rules, shares


def test_together_they_find_more_than_video_alone(made):
    events, video, fused, _, _ = made
    together = {half: [(spot.t_s, label, spot.log_odds) for label, spot in spots] for half, spots in fused.items()}
    assert count(together, events, KINDS).figures()["mean"] > count(video, events, KINDS).figures()["mean"] + 0.1


def test_the_lateness_of_the_video_is_learned(made):
    _, _, _, rules, _ = made
    assert all(rule["video"]["offset_s"] == pytest.approx(6.0, abs=1.5) for rule in rules.values())


def test_every_spot_tells_each_channels_share_and_a_silent_half_has_none_of_words(made):
    _, _, fused, _, shares = made
    assert {name for _, spot in fused["game 5", 1] for name in spot.shares} == {"words", "video"}
    assert {name for _, spot in fused[SILENT, 1] for name in spot.shares} == {"video"}
    assert fused[SILENT, 1]
    assert set(shares) == set(JUDGED)
