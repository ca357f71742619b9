"""The crowd and the words of a commentary together, on simulated matches: ``python -m train.experiments.crowd_and_words
--open-data FOLDER --soccernet FOLDER --drawn FOLDER --words-work FOLDER``.

Both ears are simulated. The sound is the simulator's, over the events of real matches: those that the shipped weights
were stopped and calibrated by choose weights, windows and the line here, and their ten test matches judge, once. The
words' part is pasted (``pasted_words``) from what the live words told of the validation games of SoccerNet, heard by
networks of folds that never saw the game; games that choose and games that judge are others. Several commentaries are
drawn for each match, as the words differ more than the matches do. Nothing is heard before it was told.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from engine.commentary.transcript import ORIGINAL
from engine.commentary.word_weights import LIVE, WordsWeights, load_words, shipped_words
from engine.commentary.words_to_events import HeardWords, events_of
from engine.core.as_program import as_program
from engine.core.log_odds_fusion import Channel, ChannelRule, CurveChannel, KindRule, SpotChannel, Values, fuse_at
from engine.core.log_odds_fusion import log_odds_of as clipped_log_odds
from engine.core.paths import shipped_weights
from engine.model.checkpoint import load
from engine.simulator.timeline import Timeline
from train.commentary.corpus import HalfWords, folds_by_game, read_corpus
from train.commentary.cross_fit import FOLDS, fit_folds
from train.data.labels import Danger
from train.data.matches import from_simulation
from train.data.simulated import simulate_plans
from train.data.simulation_plans import Plan
from train.experiments.pasted_words import Donor, Pool, Told, label_of, paste, pool_of
from train.fit.fusion_rules import logistic
from train.fit.predict import Predicted, predict
from train.metrics.alarms import AlarmCounts, DangerEvent, count_alarms
from train.metrics.bootstrap import Interval, draws_of, resample_figures
from train.metrics.bootstrap import Weights as Often
from train.metrics.threshold_sweep import Sweep, points, sweep, within_budget
from train.recipes.shipped_weights import STEP, plans_of

CROWD, WORDS = "crowd", "words"
Pools = list[tuple[int, Pool]]
"""How many halves a pool is of, and the pool."""
SCORERS: Final[Mapping[str, tuple[str, ...]]] = {
    "crowd alone": (CROWD,),
    "words alone": (WORDS,),
    "both": (CROWD, WORDS),
}
IN_TIME_S: Final = 60.0
"""An alarm counts for a goal until then."""
QUIET_S: Final = 45.0
"""No alarm is given so soon behind another. Longer than any window: one wrong word is one false alarm."""
WINDOWS_S: Final = (10.0, 20.0, 30.0, 40.0)
MOMENT_S: Final = 2.0
BUDGET: Final = 1.0
TELLINGS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One match with one of its commentaries: its goals (s), its length (s), and what each channel said by when."""

    goals_s: tuple[float, ...]
    length_s: float
    channels: Mapping[str, Channel]

    @property
    def moments_s(self) -> Values:
        return np.arange(1, int(self.length_s / MOMENT_S) + 1, dtype=np.float64) * MOMENT_S

    def goal_before(self) -> Values:
        """1 at moments with a goal in the time in which an alarm counts for it, else 0."""
        since = self.moments_s[:, None] - np.array(self.goals_s)[None, :]
        return np.asarray(((since >= 0) & (since <= IN_TIME_S)).any(axis=1), dtype=np.float64)


def crowd_channel(times_s: Values, log_odds: Values) -> CurveChannel:
    """The highest reading of each ``MOMENT_S``, at the moment by which it is known; before the first one, the lowest
    of all."""
    known = np.ceil(times_s / MOMENT_S - 1e-9).astype(np.intp)
    curve = np.full(int(known[-1]) + 1, float(log_odds.min()))
    np.maximum.at(curve, known, log_odds)
    return CurveChannel(curve, MOMENT_S)


def words_channel(timeline: Timeline, pool: Pool, rng: np.random.Generator) -> SpotChannel:
    """Goals that a commentary drawn for a match tells of, each at the moment at which it is told."""
    told: list[Told] = []
    for period in timeline.periods:
        labelled = [(event.t_s, label_of(event)) for event in timeline.events if event.period == period.number]
        happened = [(t_s - period.start_s, label) for t_s, label in labelled if label is not None]
        said = paste(happened, period.end_s - period.start_s, pool, rng)
        told += [(t_s + period.start_s, sure) for t_s, sure in said]
    told_s, sure = np.array(told, dtype=np.float64).reshape(-1, 2).T
    return SpotChannel(told_s, sure)


def fit_rule(heard: Sequence[Heard], names: Sequence[str]) -> KindRule:
    """Windows (up to the moment itself, never behind it) and weights of the channels ``names``, by the least loss of
    telling moments behind a goal from others."""
    truth = np.concatenate([one.goal_before() for one in heard])
    said = {(name, window_s): _evidence(heard, name, window_s) for name in names for window_s in WINDOWS_S}
    best: tuple[float, KindRule] | None = None
    for windows in product(WINDOWS_S, repeat=len(names)):
        evidence = np.stack([said[name, window_s] for name, window_s in zip(names, windows, strict=True)], axis=1)
        mean = evidence.mean(axis=0)
        bias, weights, loss = logistic(evidence - mean, truth)
        if best is None or loss < best[0]:
            rules = {
                name: replace(_asked(heard, name, windows[n]), mean=float(mean[n]), weight=float(weights[n]))
                for n, name in enumerate(names)
            }
            best = loss, KindRule(bias, QUIET_S, rules)
    assert best is not None
    return best[1]


def _asked(heard: Sequence[Heard], name: str, window_s: float) -> ChannelRule:
    """A channel asked about the last ``window_s``; silence is worth a little less than its least sure words."""
    said = [channel.log_odds for one in heard if len((channel := one.channels[name]).log_odds)]
    least = float(np.quantile(np.concatenate(said), 0.02)) - 0.5
    return ChannelRule(-window_s / 2, window_s / 2, least, 0.0, 1.0)


def _evidence(heard: Sequence[Heard], name: str, window_s: float) -> Values:
    how = _asked(heard, name, window_s)
    return np.concatenate(
        [one.channels[name].evidence(one.moments_s, how.offset_s, how.reach_s, how.silent) for one in heard]
    )


def alarms_s(moments_s: Values, log_odds: Values, line: float) -> list[float]:
    """When ``line`` is reached, at most once in ``QUIET_S``."""
    given: list[float] = []
    for t_s in moments_s[log_odds >= line].tolist():
        if not given or t_s - given[-1] >= QUIET_S:
            given.append(t_s)
    return given


def swept(heard: Sequence[Heard], rule: KindRule, lines: Sequence[float]) -> Sweep:
    """Goals found and false alarms of every match and telling at every line."""
    odds = [fuse_at(one.moments_s, one.channels, rule)[0] for one in heard]
    goals = [[DangerEvent(t_s, t_s, t_s + IN_TIME_S, goal=True) for t_s in one.goals_s] for one in heard]

    def counts_at(which: int, line: float) -> tuple[AlarmCounts, int]:
        given = alarms_s(heard[which].moments_s, odds[which], line)
        return count_alarms(given, goals[which], None), len(given)

    return sweep(lines, [one.length_s / 3600.0 for one in heard], counts_at)


LINES: Final = 150


def lines_of(heard: Sequence[Heard], rule: KindRule) -> list[float]:
    """Lines among the highest fused log-odds."""
    odds = np.concatenate([fuse_at(one.moments_s, one.channels, rule)[0] for one in heard])
    return [float(line) for line in np.unique(np.quantile(odds, 1.0 - np.geomspace(1e-4, 0.2, LINES)))]


_DRAWS: Final = 500


def judge(choosing: Sequence[Heard], judging: Sequence[Heard], tellings: int) -> list[str]:
    """Rules and lines from ``choosing``, and what they find in ``judging``, in which ``tellings`` commentaries of a
    match stand together: a table."""
    rules = {name: fit_rule(choosing, channels) for name, channels in SCORERS.items()}
    own, best = {}, {}
    matches = len(judging) // tellings
    draws = draws_of(matches, _DRAWS, np.random.default_rng(0))
    for name, rule in rules.items():
        lines = lines_of(choosing, rule)
        chosen = within_budget(points(swept(choosing, rule, lines), np.ones(len(choosing))), BUDGET)
        line = chosen.threshold if chosen else max(lines)
        at_line = swept(judging, rule, [line])
        everywhere = swept(judging, rule, lines_of(judging, rule))

        def at_chosen(often: Often, of: Sweep = at_line) -> dict[str, float]:
            (point,) = points(of, np.repeat(often, tellings))
            return {"recall": point.recall, "false": point.false_per_match}

        def at_best(often: Often, of: Sweep = everywhere) -> dict[str, float]:
            point = within_budget(points(of, np.repeat(often, tellings)), BUDGET)
            return {"recall": point.recall if point else 0.0, "false": point.false_per_match if point else 0.0}

        own[name], best[name] = resample_figures(at_chosen, draws), resample_figures(at_best, draws)
    goals = sum(len(one.goals_s) for one in judging[::tellings])
    rows = [
        f"{matches} matches, {goals} goals, {tellings} commentaries each; 95 % by whole matches",
        "",
        "| line | | recall of goals | false alarms a match |",
        "|---|---|---|---|",
    ]
    for title, found in (("chosen on other matches", own), ("best here", best)):
        rows += [
            f"| {title} | {name} | {_told(one.interval('recall'))} | {_told(one.interval('false'))} |"
            for name, one in found.items()
        ]
        rows += [
            f"| {title} | both above {name} | {_told(found['both'].difference(found[name], 'recall'), '+')} "
            f"| {_told(found['both'].difference(found[name], 'false'), '+')} |"
            for name in ("crowd alone", "words alone")
        ]
    return [*rows, "", *(_rule_told(name, rule) for name, rule in rules.items())]


def _told(found: Interval, sign: str = "") -> str:
    values = [f"{value:{sign}.2f}" for value in (found.value, found.low, found.high) if value is not None]
    return values[0] if len(values) < 3 else f"{values[0]} ({values[1]} to {values[2]})"


def _rule_told(name: str, rule: KindRule) -> str:
    told = [f"{one} over {2 * how.reach_s:.0f} s, weight {how.weight:.2f}" for one, how in rule.channels.items()]
    return f"{name}: {'; '.join(told)}"


def donor_of(half: HalfWords, weights: WordsWeights) -> Donor:
    """A real half and what its words, as they were spoken, told live of goals."""
    heard = HeardWords(weights.networks[LIVE].logits(half.features[ORIGINAL]), ())
    told = [event for event in events_of(heard, weights, LIVE) if event.label == "Goal"]
    sure = clipped_log_odds(np.array([event.probability for event in told]))
    return Donor(tuple(zip([e.told_s for e in told], sure.tolist(), strict=True)), half.events, half.length_s)


_LEAST_WORDS: Final = 200
_LEAST_GOALS: Final = 5


def pools_by_side(halves: Sequence[HalfWords], weights: Mapping[int, WordsWeights]) -> tuple[Pools, Pools]:
    """For the side that chooses and the one that judges: the pools of languages with enough goals."""
    dealt = folds_by_game((half.game for half in halves), FOLDS)
    side = folds_by_game((half.game for half in halves), 2, seed=1)
    together: dict[tuple[int, str], list[Donor]] = {}
    for half in halves:
        if half.words >= _LEAST_WORDS:
            of = together.setdefault((side[half.game], half.language), [])
            of.append(donor_of(half, weights[dealt[half.game]]))
    found: tuple[Pools, Pools] = ([], [])
    for (which, _), donors in sorted(together.items()):
        if (pool := pool_of(donors)).goals >= _LEAST_GOALS:
            found[which].append((len(donors), pool))
    return found


def hear_matches(plans: Sequence[Plan], sounds: Sequence[Predicted], pools: Pools, tellings: int) -> list[Heard]:
    """Every match of ``plans`` ``tellings`` times, each with a commentary of its own from ``pools``."""
    halves = np.array([often for often, _ in pools])
    found = []
    for plan, predicted in zip(plans, sounds, strict=True):
        timeline = plan.score().timeline
        goals_s = tuple(goal.t_s for goal in timeline.goals())
        sound = crowd_channel(predicted.times_s, predicted.log_odds)
        for telling in range(tellings):
            rng = np.random.default_rng([plan.seed, telling])
            _, pool = pools[int(rng.choice(len(pools), p=halves / halves.sum()))]
            words = words_channel(timeline, pool, rng)
            found.append(Heard(goals_s, timeline.duration_s, {CROWD: sound, WORDS: words}))
    return found


def study(open_data: Path, soccernet: Path, drawn: Path, work: Path, tellings: int, jobs: int = 1) -> list[str]:
    """The whole of it, as a table."""
    _, choosing, judging = plans_of(open_data)
    halves = read_corpus(soccernet, "valid", True, to_last_label=True)
    work.mkdir(parents=True, exist_ok=True)
    shipped = load_words(shipped_words())
    networks = fit_folds(LIVE, halves, work, jobs, range(FOLDS))
    weights = {fold: replace(shipped, networks={LIVE: network}) for fold, network in networks.items()}
    pools = pools_by_side(halves, weights)
    crowd = load(shipped_weights() / "default")
    heard = []
    for plans, theirs in zip((choosing, judging), pools, strict=True):
        matches = [from_simulation(one, Danger()) for one in simulate_plans(drawn, plans, lambda *told: None)]
        heard.append(hear_matches(plans, predict(crowd.network, matches, STEP), theirs, tellings))
    return judge(heard[0], heard[1], tellings)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m train.experiments.crowd_and_words", description=__doc__)
    parser.add_argument("--open-data", type=Path, required=True, help="folder of StatsBomb's open data")
    parser.add_argument("--soccernet", type=Path, required=True, help="folder of SoccerNet's labels and transcripts")
    parser.add_argument("--drawn", type=Path, required=True, help="folder of simulated matches; missing ones are drawn")
    parser.add_argument("--words-work", type=Path, default=Path(".words-work"), help="networks of folds, kept by fit")
    parser.add_argument("--tellings", type=int, default=TELLINGS, help="commentaries drawn for each match")
    parser.add_argument("--jobs", type=int, default=1, help="networks that are fitted side by side, if any are missing")
    given = parser.parse_args(arguments)
    told = study(given.open_data, given.soccernet, given.drawn, given.words_work, given.tellings, given.jobs)
    sys.stdout.write("\n".join(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(as_program(main))
