"""Which tags are heard when, worked out by hand."""

import numpy as np
import pytest

from engine.model.tags import TAG_NAMES
from engine.simulator.truth import Sounding
from train.data.simulated import KINDS
from train.data.tags import tag_of, tags_at


def told(kind: str, onset_s: float, end_s: float, *times_s: float, level_db: float = 9.0) -> tuple[list, list]:
    sounds = [Sounding(kind, onset_s, onset_s, end_s, level_db)]
    heard, sure = tags_at(sounds, np.array(times_s))
    column = TAG_NAMES.index(tag_of(kind))
    others = np.delete(heard, column, axis=1)
    assert not others.any()
    return heard[:, column].tolist(), sure[:, column].tolist()


def test_every_kind_of_the_simulator_has_a_tag():
    assert {tag_of(kind) for kind in KINDS} == set(TAG_NAMES)


def test_a_tag_counts_by_its_share_of_the_last_two_seconds():
    heard, sure = told("chant", 10.0, 20.0, 9.9, 10.0, 11.0, 12.0, 20.0, 21.0, 22.1)
    assert heard == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0, 0.5, 0.0])
    assert sure == [1.0] * 7


def test_a_short_blow_of_a_whistle_is_heard_whole():
    heard, _ = told("whistle", 10.0, 10.5, 10.25, 10.5, 11.9)
    assert heard == pytest.approx([0.5, 1.0, 1.0])


def test_of_a_sound_that_is_hardly_there_nobody_can_say():
    heard, sure = told("pa_music", 10.0, 20.0, 9.0, 15.0, level_db=-3.0)
    assert (heard, sure) == ([0.0, 0.0], [1.0, 0.0])


def test_a_sound_far_below_the_bed_is_not_heard():
    heard, sure = told("pa_music", 10.0, 20.0, 15.0, level_db=-20.0)
    assert (heard, sure) == ([0.0], [1.0])


def test_a_loud_song_over_one_that_is_hardly_there_is_heard():
    sounds = [Sounding("pa_music", 0.0, 0.0, 30.0, -3.0), Sounding("pa_music", 10.0, 10.0, 20.0, 9.0)]
    heard, sure = tags_at(sounds, np.array([5.0, 15.0]))
    music = TAG_NAMES.index("music")
    assert heard[:, music].tolist() == [0.0, 1.0]
    assert sure[:, music].tolist() == [0.0, 1.0]
