"""How a match is heard: the program's own readings, events with their reach, lessons and calibration."""

from dataclasses import replace

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock
from engine.football.events import EventKind, RecordedEvent
from engine.football.match_clock import MatchOnSound
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.checkpoint import load
from engine.simulator.truth import Sounding
from tests.unit.train.evaluate.predicted_matches import matches
from tests.unit.train.segment_matches import made_up_match
from train.data.labels import Danger, GoalWindow
from train.data.soft_targets import SoftTargets, crying
from train.evaluate.predictions import (
    INFORMED_ORACLE,
    calibrated,
    calibrations,
    ends_of,
    index_of,
    oracle,
    score_match,
    times_of,
)
from train.metrics.danger_events import danger_events

GOAL = RecordedEvent(100.0, EventKind.GOAL, xg=0.3)
CHANCE = RecordedEvent(200.0, EventKind.SHOT, xg=0.2)
HALF_CHANCE = RecordedEvent(300.0, EventKind.SHOT, xg=0.02)
ON_SOUND = MatchOnSound((GOAL, CHANCE, HALF_CHANCE), ((0.0, 400.0),))


def heard(kind, onset_s, level_db=10.0, cause="shot"):
    return Sounding(kind, onset_s, onset_s + 1, onset_s + 5, level_db, cause)


def test_the_index_is_the_one_that_the_program_reads():
    weights = load(shipped_weights() / "default")
    sound = np.random.default_rng(1).normal(0, 0.05, grid.samples_for(grid.HISTORY_FRAMES + 60)).astype(np.float32)
    stream = PressureStream(weights.network, weights.config.calibration, step=4)
    readings = [reading for reading in stream.push(AudioBlock(sound, 0)) if reading.pressure is not None]
    mel = log_mel(sound)
    ends = ends_of(len(mel), 4)
    scores = index_of(weights.network, weights.config.calibration, 4)(mel, ends)
    assert times_of(ends) == pytest.approx([reading.t for reading in readings])
    assert scores == pytest.approx([reading.pressure for reading in readings], abs=1e-6)


def test_danger_events_are_goals_and_good_chances_with_the_rules_reach():
    goal, chance = danger_events(ON_SOUND, Danger())
    assert (goal.t_s, goal.goal, goal.from_s, goal.to_s) == (100.0, True, 95.0, 130.0)
    assert (chance.t_s, chance.goal, chance.from_s, chance.to_s) == (200.0, False, 195.0, 210.0)


def test_the_original_rule_knows_goals_alone_and_looks_ahead_of_them():
    (goal,) = danger_events(ON_SOUND, GoalWindow())
    assert (goal.from_s, goal.to_s) == (40.0, 160.0)


def test_a_reaction_belongs_to_the_event_that_it_follows():
    sounds = [heard("roar", 101.0), heard("applause", 201.0), heard("ooh", 202.0, cause=""), heard("groan", 240.0)]
    goal, chance = danger_events(ON_SOUND, Danger(), sounds)
    assert goal.reaction_s == 101.0
    assert chance.reaction_s is None


def test_the_oracle_knows_the_loudest_cry_and_no_song():
    t_s = np.array([9.0, 11.0, 13.0, 30.0])
    sounds = [heard("roar", 10.0, 8.0), heard("groan", 12.0, 14.0), heard("chant", 28.0, 20.0)]
    assert oracle(sounds, t_s).tolist() == [0.0, 8.0, 14.0, 0.0]
    assert crying(sounds, t_s).tolist() == [False, True, True, False]


def test_the_informed_oracle_knows_what_share_of_such_cries_was_danger():
    match = made_up_match("a", 1, simulated=True)
    soft_targets = SoftTargets.of([match])
    scores = score_match(match, Danger(), {}, 44, soft_targets).scores[INFORMED_ORACLE]
    share = 1.0 / (1.0 + np.exp(-scores))
    assert share == pytest.approx(soft_targets.share_at(match.sounds, times_of(ends_of(match.frames, 44))), abs=1e-4)
    assert share.max() > 3.0 * share.min()


def test_a_baseline_becomes_a_probability_and_keeps_its_order():
    predicted_matches = matches()
    found = calibrations(predicted_matches)
    after = calibrated(predicted_matches[0], found)
    assert set(found) == {"boosting", "loudness"}
    assert np.array_equal(after.scores["index"], predicted_matches[0].scores["index"])
    for name in found:
        order = np.argsort(predicted_matches[0].scores[name], kind="stable")
        assert (np.diff(after.scores[name][order]) >= 0).all()
        assert 0 <= after.scores[name].min() <= after.scores[name].max() <= 1


def test_a_baseline_that_says_the_opposite_is_not_turned_around():
    upside_down = [replace(h, scores={"boosting": -h.scores["boosting"]}) for h in matches()]
    calibration = calibrations(upside_down)["boosting"]
    assert isinstance(calibration, Calibration)
    assert calibration.slope > 0
