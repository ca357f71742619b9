"""What rows are judged by, and the table."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.grid import HOP_S, MEL_BANDS
from tests.unit.train.experiments.ablation.perfect import perfect
from tests.unit.train.segment_matches import made_up_match
from train.data.real_sounds.reel_truth import Placed, ReelTruth
from train.experiments.ablation.judging import measure, measure_reels, table, unheard

CLIP = Placed(50.0, 52.0, "reaction", "goal roar", "a.wav", 9.0, fold=1)


def test_figures_are_of_danger_and_of_cries():
    matches = [made_up_match(f"match-{i}", i, simulated=True) for i in range(3)]
    figures = measure([perfect(match) for match in matches], 0)
    assert figures["danger"] == [1.0, 1.0, 1.0]
    assert 0.5 < figures["cries"][0] <= 1.0


def test_clips_that_a_row_learned_from_judge_none():
    truth = ReelTruth(1, 100.0, (CLIP, replace(CLIP, fold=4), replace(CLIP, fold=None)))
    assert [one.group for one in unheard(truth, {0, 1, 2}).clips] == ["applause", "reaction", "reaction"]
    assert [one.group for one in unheard(truth, range(5)).clips] == ["applause", "applause", "reaction"]


def test_reels_of_other_sources_have_columns_of_their_own(monkeypatch):
    """The listener takes what is loud for a reaction: right on the first reel, wrong on that of other sources."""
    monkeypatch.setattr(
        "train.experiments.ablation.judging.index_of", lambda *_: lambda mel, ends: mel[np.asarray(ends) - 1, 0]
    )
    right = _reel(loud="reaction", part="")
    wrong = _reel(loud="whistle", part="val")
    figures = measure_reels(None, [right, wrong], 0)
    assert [(name, value[0]) for name, value in figures.items()] == [
        ("real reactions", 1.0),
        ("real frames", pytest.approx(1.0, abs=0.02)),
        ("other sources", 0.0),
        ("other sources, frames", pytest.approx(0.0, abs=0.02)),
    ]
    assert list(measure_reels(None, [wrong], 0)) == ["other sources", "other sources, frames"]


def _reel(loud: str, part: str) -> tuple[np.ndarray, ReelTruth]:
    groups = ("reaction", "whistle", "reaction", "whistle")
    clips = [
        replace(CLIP, onset_s=50.0 + 20 * i, end_s=54.0 + 20 * i, group=group, file=f"{group}{i}", fold=None)
        for i, group in enumerate(groups)
    ]
    mel = np.full((round(140 / HOP_S), MEL_BANDS), -60.0, np.float32)
    for clip in clips:
        mel[int(clip.onset_s / HOP_S) : int(clip.end_s / HOP_S)] = -20.0 if clip.group == loud else -80.0
    return mel, ReelTruth(1, 140.0, tuple(clips), part=part)


@pytest.mark.parametrize("low", [None, 0.25])
def test_the_table_shows_intervals_where_there_are_some(low):
    text = table([{"row": "as shipped", "danger": [0.5, low, low and 0.75]}])
    assert "| as shipped | 0.500" + (" (0.250 to 0.750)" if low else " |") in text
