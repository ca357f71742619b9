"""Opens the test games once: words alone, archive and live, beside simple ways, a video model, and both together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.commentary.alignment import CHANCE, WordsAlignment, fit_of_words
from engine.commentary.word_network import Array
from engine.commentary.word_weights import ARCHIVE, LIVE, MODES, WordsWeights
from engine.commentary.words_to_events import HeardWords, SaidEvent, events_of
from train.commentary import baselines
from train.commentary.corpus import HalfWords, folds_by_game, read_corpus
from train.commentary.cross_fit import mean_logits
from train.commentary.fusion.with_video import fuse_by_folds
from train.commentary.scoring import Counts, Found, count, is_right, reliability_points
from train.commentary.soccernet_label_table import JUDGED, KINDS, Events, Half, read_predictions
from train.metrics.bootstrap import Interval, draws_of, resample_figures
from train.metrics.probability import equal_mass_edges, expected_calibration_error, reliability

DRAWS: Final = 500
BINS: Final = 15
LIKELY: Final = 0.1
"""Most spots are unlikely and said to be; these alone say whether the others are what they say."""
_FOLDS: Final = 5
_SHUFFLED: Final = 100
_LEAST_WORDS: Final = 200


def evaluate(data: Path, weights: WordsWeights, tell: Callable[[str], None], seed: int = 0) -> dict[str, Any]:
    """Everything that docs/commentary.md shows of the test games in ``data``, as a JSON document."""
    tell("reading")
    halves = {mode: read_corpus(data, "test", mode == LIVE) for mode in MODES}
    asked = halves[ARCHIVE]
    events = {(half.game, half.half): half.events for half in asked}
    logits = {mode: _logits(halves[mode], weights, mode) for mode in MODES}
    said = {mode: _said(logits[mode], weights, mode) for mode in MODES}
    found: dict[str, Found] = {f"words, {mode}": _as_found(said[mode]) for mode in MODES}
    tell("simple ways")
    found["keyword lists"] = baselines.keyword_lists(asked)
    found["chance"] = baselines.by_chance(asked, seed)
    found["the plain way"] = baselines.plain_way(read_corpus(data, "valid", False), asked, seed)
    tell("with the video model")
    video = read_predictions(data / "netvlad_v2_predictions_test.csv.gz")
    found["NetVLAD on video"] = {
        half: [(t_s, label, sure) for label, t_s, sure in spots if label in JUDGED] for half, spots in video.items()
    }
    dealt = folds_by_game((game for game, _ in events), _FOLDS, seed)
    spoken = {(half.game, half.half) for half in asked if half.words >= _LEAST_WORDS}
    heard = {half: curves for half, curves in logits[ARCHIVE].items() if half in spoken}
    fused, rules, shares = fuse_by_folds(events, heard, weights, found["NetVLAD on video"], dealt)
    found["words and NetVLAD"] = {
        half: [(spot.t_s, label, spot.log_odds) for label, spot in spots] for half, spots in fused.items()
    }
    tell("scoring")
    counts = {name: count(spots, events, KINDS) for name, spots in found.items()}
    return {
        "games": len({game for game, _ in events}),
        "halves": len(asked),
        "halves_with_words": sum(half.words >= _LEAST_WORDS for half in asked),
        "figures": figures_of(counts, seed),
        "gain": gain_of(counts["words and NetVLAD"], counts["NetVLAD on video"], seed),
        "calibration": {
            **{name: _calibration(spots, events) for name, spots in said.items()},
            "fused": _calibration_of(
                [(spot.probability, label, spot.t_s, half) for half, spots in fused.items() for label, spot in spots],
                events,
            ),
        },
        "by_language": _by_group(counts, asked, "language"),
        "by_league": _by_group(counts, asked, "league"),
        "alignment": alignment_figures(asked, logits[ARCHIVE], seed),
        "fusion": {"rules": rules, "shares": shares},
        "weights": {"name": weights.config.name, "sha256": weights.checksum},
    }


def _logits(halves: Sequence[HalfWords], weights: WordsWeights, mode: str) -> dict[Half, Array]:
    return {(half.game, half.half): mean_logits(weights.networks[mode], half) for half in halves}


def _said(logits: Mapping[Half, Array], weights: WordsWeights, mode: str) -> dict[Half, list[SaidEvent]]:
    return {half: events_of(HeardWords(curves, ()), weights, mode) for half, curves in logits.items()}


def _as_found(said: Mapping[Half, Sequence[SaidEvent]]) -> Found:
    return {half: [(event.t_s, event.label, event.probability) for event in events] for half, events in said.items()}


def figures_of(counts: Mapping[str, Counts], seed: int) -> dict[str, dict[str, Any]]:
    """The figures of each way by its name, with their intervals by game."""
    figures = {}
    for name, one in counts.items():
        draws = draws_of(len(one.games), DRAWS, np.random.default_rng(seed))
        resampled = resample_figures(one.figures, draws)
        figures[name] = {label: _row(resampled.interval(label)) for label in ("mean", *JUDGED)}
    return figures


def gain_of(better: Counts, base: Counts, seed: int) -> dict[str, Any]:
    """How far ``better`` lies above ``base``, with the interval of the difference by game."""
    draws = draws_of(len(base.games), DRAWS, np.random.default_rng(seed))
    one, other = resample_figures(better.figures, draws), resample_figures(base.figures, draws)
    return {label: _row(one.difference(other, label)) for label in ("mean", *JUDGED)}


def _row(interval: Interval) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 4) for name, value in asdict(interval).items()}


def _calibration(said: Mapping[Half, Sequence[SaidEvent]], events: Mapping[Half, Events]) -> dict[str, Any]:
    rows = [(event.probability, event.label, event.t_s, half) for half, found in said.items() for event in found]
    return _calibration_of(rows, events)


def _calibration_of(rows: Sequence[tuple[float, str, float, Half]], events: Mapping[Half, Events]) -> dict[str, Any]:
    from train.commentary.tuning import WITHIN_S

    probability = np.array([row[0] for row in rows])
    labels = np.array([row[1] for row in rows])
    right = np.array([is_right(t_s, events[half][KINDS.index(label)], WITHIN_S) for _, label, t_s, half in rows])

    def error(which: Any) -> float:
        edges = equal_mass_edges(probability[which], BINS)
        return round(expected_calibration_error(reliability(probability[which], right[which], edges)), 4)

    return {
        "spots": len(rows),
        "ece": error(slice(None)),
        "likely": int((probability >= LIKELY).sum()),
        "ece_of_likely": error(probability >= LIKELY),
        "ece_by_class": {label: error(labels == label) for label in JUDGED},
        "points": [[round(p, 4), round(t, 4), n] for p, t, n in reliability_points(probability, right, BINS)],
    }


def _by_group(counts: Mapping[str, Counts], halves: Sequence[HalfWords], by: str) -> dict[str, Any]:
    groups: dict[str, set[str]] = {}
    for half in halves:
        if half.half == 1:
            groups.setdefault(getattr(half, by) or "unknown or nobody speaks", set()).add(half.game)
    return {
        group: {
            "games": len(games),
            **{name: _rounded(counts[name].of_games(games).figures()) for name in ("words, archive", "words, live")},
        }
        for group, games in sorted(groups.items(), key=lambda item: -len(item[1]))
    }


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def alignment_figures(halves: Sequence[HalfWords], logits: Mapping[Half, Array], seed: int) -> dict[str, Any]:
    """How the words of each half lie over its own events, and over those of another game."""
    spoken = [half for half in halves if half.words >= _LEAST_WORDS]
    own = [fit_of_words(logits[half.game, half.half], half.events, seed=seed) for half in spoken]
    taken = [fit.offset_s for fit in own if fit is not None and fit.chance <= CHANCE]
    draw = np.random.default_rng(seed)
    wrong: list[WordsAlignment | None] = []
    while len(wrong) < _SHUFFLED:
        one, other = draw.choice(len(spoken), 2, replace=False)
        if spoken[one].game != spoken[other].game:
            wrong.append(fit_of_words(logits[spoken[one].game, spoken[one].half], spoken[other].events, seed=seed))
    return {
        "halves": len(spoken),
        "refused": len(spoken) - len(taken),
        "offset_quantiles_s": [round(float(q), 1) for q in np.quantile(taken, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])],
        "offsets_within_10_s": round(float(np.mean(np.abs(taken) <= 10.0)), 4),
        "wrong_games": _SHUFFLED,
        "wrong_games_refused": sum(fit is None or fit.chance > CHANCE for fit in wrong),
    }
