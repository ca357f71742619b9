"""New weights against old: better, no better, worse, or not judged."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.train.segment_matches import made_up_match
from train.fit.compare_weights import LEAST_COMPARED, LEAST_KEPT, by_match, by_review, keep_out

MATCHES = [made_up_match(f"match-{i}", i) for i in range(6)]


def good(match):
    return match.labels.truth + np.random.default_rng(1).normal(0, 0.3, len(match.ends))


def poor(match):
    return match.labels.truth + np.random.default_rng(2).normal(0, 2.0, len(match.ends))


@pytest.mark.parametrize(("new", "old", "verdict"), [(good, poor, "better"), (poor, good, "worse")])
def test_what_hears_better_on_every_match_is_better(new, old, verdict):
    found = by_match("default", MATCHES, new, old)
    assert found.verdict == verdict
    assert found.count == 6
    assert f"ours is {verdict} than default on 6 matches kept out of the fit" in found.sentence("ours")
    assert "(95 %: " in found.sentence("ours")


def test_the_same_ears_are_no_better():
    found = by_match("default", MATCHES, good, good)
    assert found.verdict == "no better"
    assert found.difference == 0.0


def test_what_is_better_on_half_the_matches_and_worse_on_the_others_is_no_better():
    def mixed(match):
        return good(match) if int(match.id[-1]) % 2 else poor(match)

    def other(match):
        return poor(match) if int(match.id[-1]) % 2 else good(match)

    assert by_match("default", MATCHES, mixed, other).verdict == "no better"


def test_four_matches_judge_nothing_and_it_says_how_many_are_needed():
    calm = made_up_match("calm", 9, goals=0)
    found = by_match("default", [*MATCHES[: LEAST_COMPARED - 1], calm], good, poor)
    assert found.verdict == "not judged"
    assert "4 matches with danger" in found.sentence("ours")
    assert "5 are needed" in found.sentence("ours")


def test_reviewed_spikes_are_drawn_one_by_one():
    right = np.arange(30) % 2 == 0
    rng = np.random.default_rng(4)
    told_apart, noise = right + rng.normal(0, 0.3, 30), rng.normal(0, 1.0, 30)
    assert by_review("default", right, told_apart, noise).verdict == "better"
    assert by_review("default", right, noise, told_apart).verdict == "worse"


def test_of_many_matches_some_have_no_part_in_the_training():
    many = [replace(MATCHES[0], id=f"m-{i}") for i in range(LEAST_KEPT)]
    train_matches, val_matches = keep_out(many, 0)
    assert len(val_matches) == LEAST_COMPARED
    assert sorted(one.id for one in (*train_matches, *val_matches)) == sorted(one.id for one in many)
    assert keep_out(many[1:], 0) == (many[1:], [])
