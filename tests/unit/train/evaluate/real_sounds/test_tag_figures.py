"""Figures of tags over a reel that is made up: what is right is known."""

import numpy as np
import pytest

from engine.core.heard_tags import Heard
from engine.model.tags import TAG_NAMES
from train.data.real_sounds.reel_as_match import kinds_of
from train.data.real_sounds.reel_truth import Placed, ReelTruth
from train.data.tags import tag_of
from train.evaluate.real_sounds.tag_figures import TagTrack, tag_figures

CLIPS = tuple(
    Placed(50.0 + 20.0 * number, 58.0 + 20.0 * number, group, what, file, 12.0, None)
    for number, (group, what, file) in enumerate(
        [
            ("reaction", "goal reaction", "goal.flac"),
            ("speech", "speech", "one.flac"),
            ("speech", "speech", "one.flac"),
            ("speech", "speech", "two.flac"),
            ("negative", "rain", "rain.flac"),
        ]
    )
)


def track(wrong: tuple[str, ...] = ()) -> TagTrack:
    """Somebody who hears every clip as what it is, but those of the files in ``wrong`` as a drum."""
    t_s = np.arange(45.0, 150.0, 0.2)
    heard: list[Heard] = [dict.fromkeys(TAG_NAMES, 0.02) for _ in t_s]
    for clip in CLIPS:
        names = ["drum"] if clip.file in wrong else [tag_of(kind.value) for kind in kinds_of(clip)]
        for number in np.flatnonzero((t_s >= clip.onset_s) & (t_s <= clip.end_s)):
            heard[number] = {name: 0.95 if name in names else 0.02 for name in TAG_NAMES}
    return TagTrack(ReelTruth(1, 160.0, CLIPS), t_s, heard)


def test_whoever_names_every_clip_right_has_every_figure_at_its_best():
    found = tag_figures([track(), track()])
    assert found.cause_right == {"reaction": 1.0, "speech": 1.0}
    assert found.cause_right_of_all == 1.0
    assert found.unclear == 0.0
    assert found.average_precision["speech"] > 0.8 > 0.5 > found.share["speech"] > 0.0
    assert set(found.average_precision) == set(found.share) >= {"cheer", "speech"}
    assert "horn" not in found.average_precision, "nothing is said of a tag that never sounds"


def test_each_file_counts_once_and_a_wrong_cause_is_counted():
    found = tag_figures([track(wrong=("two.flac",))])
    assert found.cause_right == {"reaction": 1.0, "speech": pytest.approx(0.5)}
    assert found.cause_right_of_all == pytest.approx(0.75)
    assert found.average_precision["speech"] < tag_figures([track()]).average_precision["speech"]
