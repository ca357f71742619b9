"""Training end to end, small: from matches to weights that the engine loads."""

from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import InputError, UsageError
from engine.football.match_clock import MatchOnSound
from engine.model.checkpoint import load, parameters, save
from engine.model.encoder import EncoderConfig
from engine.model.head import HeadConfig
from tests.unit.train.segment_matches import made_up_match
from train.data.labels import Danger
from train.data.matches import TrainingMatch
from train.data.reviews import Reviewed, review_labels
from train.evaluate.card import write_card
from train.fit.fit_network import fit
from train.fit.fitted import Fitted
from train.fit.head import fit_head, head_inputs, parts_of, predict_live
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Schedule
from train.fit.network.head_model import history_rows, window_embeddings
from train.fit.predict import Predicted, log_odds, match_logits, predict
from train.fit.sampling.histories import HistorySampler
from train.fit.settings import CropSettings, FineTuneSettings, FitSettings, HeadSettings
from train.fit.training_data import TrainingData, run_inputs
from train.fit.validation import hardest

SETTINGS = FitSettings(
    folds=3,
    fold_steps=3,
    cries=None,
    segments=2,
    histories=4,
    schedule=Schedule(steps=16, warmup=3, check_every=8, save_every=4, learning_rate=6e-3, ema=0.7),
    fine_tune=FineTuneSettings(
        copies=1, histories=16, schedule=Schedule(steps=6, warmup=2, check_every=3, save_every=2)
    ),
    columns=Schedule(steps=12, warmup=2, save_every=4, learning_rate=4e-3, ema=0.7),
    crops=CropSettings(stretches=4, crops=3),
    noise=0.0,
    encoder=EncoderConfig(channels=(24, 24, 24, 24), embedding=24),
    head=HeadConfig(hidden=16, layers=1),
)
RULE = Danger()


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def matches():
    return [made_up_match(f"match-{i}", i, simulated=i < 3) for i in range(5)]


def _fit(folder: Path, matches, settings: FitSettings = SETTINGS, kill: tuple[str, int] | None = None) -> Fitted:
    def tell(at) -> None:
        if (at.stage, at.step) == kill:
            raise Killed

    with closing(RunFolder(folder, run_inputs(settings, RULE, TrainingData(matches)))) as run:
        return fit(TrainingData(matches), RULE, settings, run, "trial", tell)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, matches):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, _fit(folder, matches)


def test_what_is_learned_can_be_shipped_and_listened_with(fitted, matches, tmp_path):
    _, trained = fitted
    inputs = run_inputs(SETTINGS, RULE, TrainingData(matches))
    save(tmp_path / "trial", trained.config, trained.network, write_card(trained.config, inputs))
    weights = load(tmp_path / "trial")
    assert weights.config.trained
    assert weights.config.label_rule == "danger"
    assert weights.config.calibration.fitted
    assert [point["budget"] for point in weights.config.operating_points]
    assert "5 recordings, 3 of them simulated" in (tmp_path / "trial" / "CARD.md").read_text()


def test_a_few_steps_tell_obvious_danger_from_calm(fitted):
    assert fitted[1].config.measured["roc_auc"] > 0.8


@pytest.mark.long
def test_killed_and_started_again_it_ends_in_the_same_weights(fitted, matches, tmp_path):
    with pytest.raises(Killed):
        _fit(tmp_path, matches, kill=("fold-1", 2))
    with pytest.raises(Killed):
        _fit(tmp_path, matches, kill=("final", 9))
    with pytest.raises(Killed):
        _fit(tmp_path, matches, kill=("sharpen", 4))
    again = _fit(tmp_path, matches)
    assert again.config == fitted[1].config
    theirs = parameters(again.network)
    for name, tensor in parameters(fitted[1].network).items():
        assert mx.array_equal(tensor, theirs[name]), name


def test_the_run_folder_says_what_went_in(fitted, matches):
    folder, _ = fitted
    with pytest.raises(UsageError, match="seed was 0 and is 1"):
        _fit(folder, matches, replace(SETTINGS, seed=1))
    with pytest.raises(UsageError, match="match-4"):
        _fit(folder, matches[:4])


def test_too_short_a_match_is_refused_by_name(tmp_path, matches):
    with pytest.raises(InputError, match="holds 180 s"):
        _fit(tmp_path, matches, replace(SETTINGS, histories=90))


def test_hard_negatives_are_the_loudest_calm_moments_some_seconds_apart():
    match = made_up_match("a", 1, minutes=12.0)
    odds = np.random.default_rng(1).normal(size=len(match.ends))
    chosen = [t_s for _, t_s in hardest([Predicted(match, match.end_times_s(), odds)])]
    assert len(chosen) == 4
    assert np.diff(sorted(chosen)).min() >= 10
    rows = np.searchsorted(match.end_times_s(), chosen)
    assert match.labels.negative[rows].all()
    assert odds[rows].min() > 1.0


def test_cached_embeddings_give_the_logits_of_a_stream(fitted, matches):
    network = fitted[1].network
    histories = window_embeddings(network, matches[0])[history_rows(matches[0].ends)]
    np.testing.assert_allclose(
        log_odds(network.logits(histories)), log_odds(match_logits(network, matches[0])), atol=2e-5
    )


def test_parts_of_a_match_share_no_sound(matches):
    parts = parts_of(made_up_match("a", 1, minutes=12.0))
    for one, other in pairwise(parts):
        assert other.ends[0] - one.ends[-1] >= 15 * 44
    assert not set(parts[0].ends) & set(parts[1].ends)


def test_training_with_the_usual_settings_can_stop_early():
    usual = FitSettings()
    for schedule in (usual.schedule, usual.fine_tune.schedule, HeadSettings().schedule):
        assert schedule.steps // schedule.check_every > schedule.patience + 1


def test_one_new_match_is_enough_for_a_head_and_leaves_the_encoder_alone(fitted, tmp_path, matches):
    _, trained = fitted
    save(tmp_path / "base", trained.config, trained.network, "card")
    base = load(tmp_path / "base")
    match = made_up_match("new", 77, minutes=14.0, goals=8)
    settings = HeadSettings(
        histories=16, schedule=Schedule(steps=8, warmup=2, check_every=4, save_every=4), long_steps=3, long_minutes=1.0
    )
    with closing(RunFolder(tmp_path / "run", head_inputs(settings, RULE, [match], base))) as run:
        mine = fit_head(base, [match], RULE, settings, run, "mine", lambda at: None)
    before, after = parameters(base.network), parameters(mine.network)
    assert all(mx.array_equal(before[name], after[name]) == name.startswith("cnn.") for name in before)
    assert mine.config.measured["on"] == "other parts of the same matches"
    assert set(mine.config.seen) == {match.mark, *trained.config.seen}
    assert set(trained.config.seen) == {one.mark for one in matches}
    part = parts_of(match)[2]
    live = predict_live(mine.network, part)
    [whole] = predict(mine.network, [match], grid.READING_FRAMES)
    assert np.diff(live.times_s) == pytest.approx(grid.READING_FRAMES * grid.HOP_S)
    assert live.stretch_s == pytest.approx((part.end_times_s()[0], part.end_times_s()[-1]), abs=0.1)
    same = np.interp(live.times_s, whole.times_s, whole.log_odds)
    assert np.corrcoef(live.log_odds, same)[0, 1] > 0.95
    assert {
        row["stage"] for row in RunFolder(tmp_path / "run", head_inputs(settings, RULE, [match], base)).metrics()
    } == {
        "head",
        "long",
    }


def test_a_match_whose_danger_lies_close_together_can_be_fitted_to(fitted, tmp_path):
    _, trained = fitted
    save(
        tmp_path / "trial", trained.config, trained.network, write_card(trained.config, {"matches": {}, "simulated": 0})
    )
    early = made_up_match("early", 8, minutes=9.0, goals=3)
    sooner = replace(
        early.on_sound, shots=tuple(replace(m, t_s=75.0 + 110 * i) for i, m in enumerate(early.on_sound.shots))
    )
    match = replace(early, on_sound=sooner, labels=RULE.apply(sooner, early.labels.ends))
    settings = HeadSettings(histories=16, schedule=Schedule(steps=4, warmup=1, check_every=2))
    with closing(RunFolder(tmp_path / "run", {"a": 1})) as run:
        found = fit_head(load(tmp_path / "trial"), [match], RULE, settings, run, "near", lambda at: None)
    assert found.config.calibration.fitted


@pytest.fixture(scope="module")
def base(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    save(folder, fitted[1].config, fitted[1].network, "card")
    return load(folder)


SHORT = HeadSettings(histories=8, schedule=Schedule(steps=4, warmup=1, check_every=2, save_every=4))


def test_a_head_is_judged_on_every_match_by_a_fit_that_did_without_it(base, tmp_path):
    new = [made_up_match(f"new-{i}", 50 + i) for i in range(6)]
    with closing(RunFolder(tmp_path, {"a": 1})) as run:
        found = fit_head(base, new, RULE, SHORT, run, "mine", lambda at: None)
        stages = {row["stage"] for row in run.metrics()}
    assert stages >= {"head", "head-without-0", "head-without-1", "head-without-2"}
    assert found.compared.count == 6
    assert found.compared.against == "trial"
    assert found.compared.low <= found.compared.difference <= found.compared.high


def test_matches_that_the_old_weights_have_learned_from_judge_nobody(base, matches, tmp_path):
    with closing(RunFolder(tmp_path, {"a": 1})) as run:
        found = fit_head(base, matches, RULE, SHORT, run, "mine", lambda at: None)
    assert found.compared.verdict == "not judged"
    assert "0 match(es) with danger that trial has not learned from" in found.compared.sentence("mine")


def _reviewed(seed: int) -> TrainingMatch:
    match = made_up_match("session~0", seed, goals=0)
    reviews = (Reviewed(60.0, 70.0, True), Reviewed(100.0, 110.0, False))
    labels = review_labels(reviews, match.ends)
    return replace(match, on_sound=MatchOnSound((), ()), labels=labels, reviews=reviews)


def test_reviewed_spikes_teach_beside_matches_and_the_wrong_ones_come_often(base, tmp_path):
    new, session = [made_up_match(f"new-{i}", 50 + i) for i in range(3)], _reviewed(90)
    with closing(RunFolder(tmp_path, {"a": 1})) as run:
        found = fit_head(base, new, RULE, SHORT, run, "mine", lambda at: None, [session])
    assert found.config.measured["learned_from_reviewed_spikes"] == 2
    assert session.mark in found.config.seen
    units = [*new, session]
    embeddings = {unit.id: window_embeddings(base.network, unit) for unit in units}
    sampler = HistorySampler(units, embeddings, HeadSettings(histories=40))
    wrong = embeddings[session.id][history_rows(session.ends[session.labels.weight * ~session.labels.truth > 0])]
    unknown = embeddings[session.id][history_rows(session.ends[session.labels.weight == 0])]
    batch = sampler.balanced(np.random.default_rng(1))
    simulated = {history.tobytes() for history in batch.inputs}
    assert simulated & {history.tobytes() for history in wrong}
    assert not simulated & {history.tobytes() for history in unknown}
    hard = {history.tobytes() for history in wrong}
    assert sum(history.tobytes() in hard for history in batch.inputs) == 10
    assert all(batch.targets[i] < 0.1 for i, h in enumerate(batch.inputs) if h.tobytes() in hard)
