"""Labels, scores, calibration and the fit of a fusion, on cases made by hand."""

import gzip

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.log_odds_fusion import SpotChannel
from train.commentary.corpus import folds_by_game
from train.commentary.scoring import count
from train.commentary.soccernet_label_table import JUDGED, KINDS, read_ends, read_events, read_predictions
from train.commentary.tuning import calibrate, tune
from train.fit.fusion_rules import HalfOfKind, fit_kind, logistic


def table(tmp_path, *rows, head="game,half,second,label"):
    path = tmp_path / "labels.csv.gz"
    path.write_bytes(gzip.compress("\n".join([head, *rows]).encode()))
    return path


def test_labels_are_read_by_half_and_kind_and_a_second_yellow_is_a_red(tmp_path):
    found = read_events(
        table(tmp_path, "a,1,30,Goal", "a,1,10,Goal", "a,1,5,Throw-in", "a,2,7,Yellow->red card", "b,1,1,Kick-off")
    )
    assert found["a", 1][KINDS.index("Goal")] == (10.0, 30.0)
    assert found["a", 2][KINDS.index("Red card")] == (7.0,)
    assert not any(found["b", 1])


def test_a_half_ends_with_its_last_label_of_any_kind(tmp_path):
    path = table(tmp_path, "a,1,30,Goal", "a,1,90,Throw-in", "a,2,7,Corner")
    assert read_ends(path) == {("a", 1): 90.0, ("a", 2): 7.0}


@pytest.mark.parametrize(
    ("row", "head"),
    [
        ("a,3,30,Goal", "game,half,second,label"),
        ("a,1,soon,Goal", "game,half,second,label"),
        ("a,1,30", "game,half,t"),
    ],
)
def test_a_table_of_something_else_is_refused(tmp_path, row, head):
    with pytest.raises(InputError):
        read_events(table(tmp_path, row, head=head))


def test_predictions_are_seconds(tmp_path):
    path = table(tmp_path, "a,1,1500,Goal,0.25", head="game,half,position_ms,label,confidence")
    assert read_predictions(path) == {("a", 1): [("Goal", 1.5, 0.25)]}


def happened(**seconds):
    return tuple(tuple(seconds.get(kind.replace(" ", "_"), ())) for kind in KINDS)


def test_classes_are_ranked_by_themselves_and_the_mean_is_over_the_eight():
    events = {("a", 1): happened(Goal=(100.0,), Corner=(300.0,))}
    found = {("a", 1): [(100.0, "Goal", 0.001), (900.0, "Goal", 0.0001), (300.0, "Corner", 5.0)]}
    figures = count(found, events, KINDS).figures()
    assert figures["Goal"] == figures["Corner"] == 1.0
    assert figures["mean"] == pytest.approx(2 / len(JUDGED))


def test_a_game_that_counts_twice_weighs_twice_and_games_can_be_picked():
    events = {(game, 1): happened(Goal=(100.0,)) for game in "ab"}
    counts = count({("a", 1): [(100.0, "Goal", 1.0)], ("b", 1): [(500.0, "Goal", 0.9)]}, events, KINDS)
    both, more = counts.figures()["Goal"], counts.figures(np.array([3.0, 1.0]))["Goal"]
    assert more > both
    assert counts.of_games({"a"}).figures()["Goal"] == 1.0


def test_every_game_is_in_one_fold_and_folds_are_as_large():
    dealt = folds_by_game([f"game {n}" for n in range(10)] * 2, 4)
    assert sorted(np.bincount(list(dealt.values()))) == [2, 2, 3, 3]
    assert dealt == folds_by_game([f"game {n}" for n in reversed(range(10))], 4)


def test_a_logistic_regression_finds_the_odds_that_made_the_truth():
    draw = np.random.default_rng(0)
    values = draw.standard_normal((20_000, 2))
    truth = draw.random(20_000) < 1 / (1 + np.exp(1.0 - 2.0 * values[:, 0]))
    bias, weights, _ = logistic(values, truth)
    assert (bias, *weights) == pytest.approx((-1.0, 2.0, 0.0), abs=0.1)


def fused_half(seed):
    """Video sees half of the events 6 s late, words three quarters 2 s early; both see as much that never was."""
    draw = np.random.default_rng(seed)
    events = tuple(sorted(draw.uniform(50, 2600, 6).tolist()))

    def channel(share, late_s, sure):
        real = [(t + late_s, sure + draw.normal(0, 0.5)) for t in events if draw.random() < share]
        made_up = [(float(draw.uniform(0, 2700)), sure - 2 + draw.normal(0, 1)) for _ in range(12)]
        return sorted(real + made_up)

    named = {"video": channel(0.5, 6.0, 2.0), "words": channel(0.75, -2.0, 1.0)}
    channels = {
        name: SpotChannel(np.array([t for t, _ in rows]), np.array([v for _, v in rows]))
        for name, rows in named.items()
    }
    return HalfOfKind(events, channels, named)


def test_how_late_each_channel_is_and_what_it_is_worth_is_learned():
    rule = fit_kind([fused_half(seed) for seed in range(20)], ("video", "words"), 20.0)
    assert rule.channels["video"].offset_s == pytest.approx(6.0, abs=1.0)
    assert rule.channels["words"].offset_s == pytest.approx(-2.0, abs=1.0)
    assert all(channel.weight > 0.2 for channel in rule.channels.values())


def curves(seed, kinds=len(KINDS)):
    draw = np.random.default_rng(seed)
    events = happened(Goal=tuple(draw.uniform(40, 1900, 4).tolist()))
    logits = draw.normal(-6, 0.5, (1000, kinds)).astype(np.float32)
    for second in events[0]:
        logits[:, 0] += 5 * np.exp(-0.5 * ((np.arange(1000) - second / 2 - 2) / 3) ** 2)
    return logits, events


def test_settings_and_calibration_are_chosen_by_what_happened():
    made = {("game", 1): curves(1), ("game", 2): curves(2), ("other", 1): curves(3)}
    logits = {half: one[0] for half, one in made.items()}
    events = {half: one[1] for half, one in made.items()}
    tuned = tune(logits, events, None)
    assert tuned.figures["Goal"] > 0.8
    assert tuned.peaks.offset_s[0] == 4.0  # the curves are four seconds late
    slope, offset = calibrate(logits, events, tuned.peaks, None)[0]
    assert slope * -1.0 + offset > 0 > slope * -5.0 + offset
