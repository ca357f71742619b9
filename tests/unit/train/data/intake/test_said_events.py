"""A match without event data: its own commentary tells what happened, and its labels say that they were told."""

import json

import numpy as np
import pytest

from engine.core.errors import InputError, UsageError
from engine.football.match_clock import MatchClock, on_sound
from tests.unit.engine.commentary.networks import chatter, weights
from train.data.intake.said_events import load_said
from train.data.labels import SAID, find_rule

KICK_OFFS = {1: 60.0, 2: 4000.0}


def cried(at_s):
    """For ten seconds nothing but the one word."""
    return [(at_s + late_s, "goal goal goal") for late_s in (-4.0, -2.0, 0.0, 2.0, 4.0)]


@pytest.fixture
def words(tmp_path):
    """A recording in which goals are said twelve minutes into the first half and five into the second."""
    said = chatter(6000.0, *cried(60.0 + 720.0), *cried(4000.0 + 300.0))
    path = tmp_path / "match.json"
    rows = [[one.start_s, one.end_s, one.text] for one in said.segments]
    path.write_text(json.dumps({"segments": rows}))
    return path


@pytest.fixture
def knowing(monkeypatch):
    """The network made by hand knows two words alone, which is no reason to refuse here."""
    monkeypatch.setattr("engine.commentary.words_to_events.LEAST_KNOWN", 0.0)
    return weights()


def test_goals_lie_on_the_clock_of_the_half_in_which_they_were_said(words, knowing):
    match = load_said(words, KICK_OFFS, knowing)
    assert match.source == SAID
    assert [(goal.period, round(goal.clock_s, -1)) for goal in match.goals] == [(1, 720.0), (2, 300.0)]


def test_without_the_kick_offs_the_words_settle_nothing(words, knowing):
    with pytest.raises(UsageError, match="when the halves began"):
        load_said(words, {1: 60.0}, knowing)


def test_the_labels_are_those_of_told_events_and_say_so(words, knowing):
    match = load_said(words, KICK_OFFS, knowing)
    rule = find_rule("said-danger")
    rule.check(match)
    assert rule.name == "said-danger"
    with pytest.raises(InputError, match="told from words"):
        find_rule("danger").check(match)
    ends = np.arange(300, 16_000 * 5, 43)
    labels = rule.apply(on_sound(match, MatchClock(KICK_OFFS)), ends)
    assert labels.rule == "said-danger"
    assert labels.truth.any()


def test_events_that_were_written_down_are_not_labelled_as_told(words, knowing):
    from dataclasses import replace

    with pytest.raises(InputError, match="written down"):
        find_rule("said-danger").check(replace(load_said(words, KICK_OFFS, knowing), source="statsbomb"))


def test_a_commentary_in_which_nothing_is_likely_is_refused(tmp_path, knowing, monkeypatch):
    monkeypatch.setattr("train.data.intake.said_events.DOUBTED", 0.999)
    path = tmp_path / "dull.json"
    path.write_text(json.dumps({"segments": [[s.start_s, s.end_s, s.text] for s in chatter(3000.0).segments]}))
    with pytest.raises(InputError, match="nothing that is likely"):
        load_said(path, KICK_OFFS, knowing)
