"""What thirty reviews are worth: ``python -m train.experiments.review_study [--venue N ...]``.

Simulated sessions of a ground, whose crowd boos and whistles as loudly as it cries out. The weights listen to some of
them through the program's own recorder; the simulator, which knows what sounded, reviews thirty spikes as a person
would; the reviews are added to a library and the head is fitted to them. Other sessions of the ground, which nobody
reviewed, say how many false alarms the old and the new head raise at the same recall. Intervals are drawn by ground.

With ``--keep FOLDER`` what was measured at a ground is kept there and not measured again, so that several of these can
share the grounds.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite, nan
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from engine.audio.log_mel import LogMel
from engine.core import grid
from engine.core.as_program import as_program
from engine.core.errors import InputError
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock, Spike
from engine.live.pipeline import Pipeline
from engine.live.spike_detector import at_threshold
from engine.model.checkpoint import Weights, load
from engine.model.inference_engines import choose_engine, network_of
from engine.session import Review, SessionReader, SessionWriter
from engine.simulator.equal_loudness_reel import plan_reel
from engine.simulator.match import Score, SimulatedMatch, draws_for
from engine.simulator.sound_cues import ALARMS, Reaction
from engine.simulator.venue import draw_venue
from train.data.intake.take_reviews import add_reviews
from train.data.labels import Danger
from train.data.library import Library
from train.data.matches import with_reviews
from train.data.reviews import LEAST_REVIEWS
from train.fit.fitted import Fitted
from train.fit.loop.run_folder import RunFolder
from train.fit.reviewed.reviews import ReviewSettings, at_line, fit_reviews, review_inputs
from train.metrics.alarms import AlarmCounts, DangerEvent, count_alarms, decisions_s, detect
from train.metrics.bootstrap import Interval, draws_of, interval
from train.metrics.bootstrap import Weights as Drawn
from train.metrics.ranking import Scores
from train.metrics.threshold_sweep import Sweep, false_per_hour_at, points, sweep

DANGER: Final = ALARMS - {Reaction.GROAN}
KINDS: Final = ALARMS | {Reaction.BOO, Reaction.WHISTLING}
"""At this ground a groan is for a lost ball, a boo or whistling for the referee: none of them is danger."""
LEVEL_DB: Final = (12.0, 18.0)
MINUTES: Final = 10.0
RECALLS: Final = (0.5, 0.6, 0.7, 0.8)
REVIEW_LINE: Final = 0.4
"""Spikes from here on are reviewed, those of a scorer who would rather look twice."""
_LATE_S: Final = 4.0
_DRAWS: Final = 2000


class DrawnSession(NamedTuple):
    """A session's sound and its frames."""

    score: Score
    blocks: tuple[AudioBlock, ...]
    mel: np.ndarray

    def danger(self) -> list[DangerEvent]:
        """The cries that an alarm should be raised at, once there is a first reading."""
        cries = [cue for cue in self.score.cues if cue.kind in DANGER and cue.onset_s > grid.HISTORY_S]
        return [DangerEvent(cue.onset_s, cue.onset_s, cue.end_s + _LATE_S, goal=False) for cue in cries]


def draw(venue: int, seed: int, minutes: float) -> DrawnSession:
    """A session at the ground that ``venue`` draws."""
    score = plan_reel(seed, minutes, KINDS, level_db=LEVEL_DB, alarm_share=0.5, crowd_share=0.5)
    score = replace(score, venue=draw_venue(draws_for(venue, "venue")))
    log_mel, blocks, frames, start = LogMel(), [], [], 0
    for chunk in SimulatedMatch(score).chunks():
        blocks.append(AudioBlock(chunk, start))
        frames.append(log_mel.push(chunk))
        start += len(chunk)
    return DrawnSession(score, tuple(blocks), np.concatenate(frames))


def heard(weights: Weights, drawn: DrawnSession) -> tuple[Scores, Scores]:
    """When there are readings, and the index then."""
    network = network_of(weights, choose_engine("auto"))
    logits = Pipeline(network, 0, grid.READING_FRAMES).push(drawn.mel)
    first = -(-grid.HISTORY_FRAMES // grid.READING_FRAMES)
    times_s = np.array([grid.end_time_s((first + i) * grid.READING_FRAMES) for i in range(len(logits))])
    return times_s, weights.config.calibration.probability(logits)


def record(root: Path, weights: Weights, drawn: DrawnSession, most: int) -> tuple[SessionReader, int]:
    """A session with its sound, and its first ``most`` spikes reviewed by one who knows; how many there were."""
    times_s, index = heard(weights, drawn)
    settings = at_threshold(weights.config.spikes, REVIEW_LINE)
    spikes = [event for event in detect(times_s, index, settings) if isinstance(event, Spike)]
    writer = SessionWriter.create(root, "simulation", keep_sound=True)
    for block in drawn.blocks:
        writer.sound(block)
    for spike in spikes:
        writer.write(spike)
    writer.close()
    reader = SessionReader.open(writer.folder)
    for spike in spikes[:most]:
        right = any(one.from_s <= spike.decided_at <= one.to_s for one in drawn.danger())
        reader.label_spike(Review("spike", spike.onset, "right" if right else "wrong", "chance" if right else "other"))
    return reader, min(most, len(spikes))


def fit_to(weights: Weights, readers: Sequence[SessionReader], work: Path) -> Fitted:
    """The head fitted to the reviews of sessions, by way of a library."""
    library = Library(work / "library")
    for reader in readers:
        add_reviews(reader, library, lambda: datetime.now(UTC), "check", lambda *told: None)
    _, sessions = with_reviews(library, Danger(), (), refuse)
    settings = ReviewSettings()
    with closing(RunFolder(work / "run", review_inputs(settings, sessions, weights))) as run:
        return fit_reviews(weights, sessions, settings, run, "reviewed", lambda at: None)


def refuse(name: str, fault: InputError) -> None:
    """Nothing may be left out here."""
    raise fault


@dataclass(frozen=True, slots=True)
class Ground:
    """What came of a ground: false alarms an hour by recall with the old head and with the new one, NaN where no line
    reaches it; recall and false alarms an hour at the lines that both would be used with.

    ``why`` says why nothing was fitted; empty where something was.
    """

    venue: int
    right: int
    wrong: int
    why: str = ""
    old: dict[float, float] = field(default_factory=dict)
    new: dict[float, float] = field(default_factory=dict)
    own_old: tuple[float, float] = (nan, nan)
    own_new: tuple[float, float] = (nan, nan)
    compared: str = ""

    def lines(self) -> list[str]:
        """All of it in words."""
        told = [f"ground {self.venue}: {self.right} spikes reviewed as right, {self.wrong} as wrong"]
        if self.why:
            return [f"{told[0]}: {self.why}"]
        told += [
            f"  recall {r:.1f}: {self.old[r]:.1f} false alarms an hour before, {self.new[r]:.1f} after" for r in RECALLS
        ]
        for when, (recall, false) in (("before", self.own_old), ("after", self.own_new)):
            told.append(f"  at the own line {when}: recall {recall:.2f}, {false:.1f} false alarms an hour")
        return [*told, f"  {self.compared}"]


def alarms(weights: Weights, tests: Sequence[DrawnSession]) -> tuple[dict[float, float], tuple[float, float]]:
    """The fewest false alarms an hour at each of ``RECALLS``; recall and false alarms an hour at the own line."""
    readings = [heard(weights, drawn) for drawn in tests]
    tops = np.quantile(np.concatenate([index for _, index in readings]), 1.0 - np.geomspace(1e-3, 0.7, 80))
    own = weights.config.spikes

    def counts_at(which: int, line: float) -> tuple[AlarmCounts, int]:
        decided = decisions_s(*readings[which], at_line(own, line))
        return count_alarms(decided, tests[which].danger(), None), len(decided)

    def swept(lines: Sequence[float]) -> Sweep:
        return sweep(lines, [drawn.score.duration_s / 3600.0 for drawn in tests], counts_at)

    every = np.ones(len(tests))
    found = points(swept(np.unique(tops).tolist()), every)
    (at_own,) = points(swept([own.on]), every)
    return {recall: false_per_hour_at(found, recall) for recall in RECALLS}, (at_own.recall, at_own.false_per_hour)


def study(weights: Weights, venue: int, minutes: float, tests: int, work: Path) -> Ground:
    """Teach at one ground and measure on others of its sessions."""
    readers, left = [], LEAST_REVIEWS
    for seed in range(1, 13):
        if left:
            reader, taken = record(work / "sessions", weights, draw(venue, seed, minutes), left)
            left -= taken
            readers.append(reader)
    verdicts = [review.verdict for reader in readers for review in reader.reviews()]
    right, wrong = verdicts.count("right"), verdicts.count("wrong")
    try:
        fitted = fit_to(weights, readers, work)
    except InputError as fault:
        return Ground(venue, right, wrong, fault.message)
    finally:
        for reader in readers:
            reader.close()
    test_sessions = [draw(venue, 100 + seed, minutes) for seed in range(tests)]
    taught = replace(weights, config=fitted.config, network=fitted.network)
    (old, own_old), (new, own_new) = alarms(weights, test_sessions), alarms(taught, test_sessions)
    compared = fitted.compared.sentence("the fitted head") if fitted.compared else ""
    return Ground(venue, right, wrong, "", old, new, own_old, own_new, compared)


def summary(grounds: Sequence[Ground]) -> list[str]:
    """Means over the grounds where something was fitted, with intervals by ground."""
    fitted = [ground for ground in grounds if not ground.why]
    lines = [
        f"{len(fitted)} of {len(grounds)} grounds had enough reviews of both kinds; means over them, 95 % by ground"
    ]
    for recall in RECALLS:
        old, new = (np.array([getattr(one, name)[recall] for one in fitted]) for name in ("old", "new"))
        reached = f"reached at {int(np.isfinite(old).sum())} before, at {int(np.isfinite(new).sum())} after"
        lines.append(f"  recall {recall:.1f}, {reached}: {_change(old, new)}")
    for name, at in (("recall", 0), ("false alarms an hour", 1)):
        old, new = (np.array([getattr(one, which)[at] for one in fitted]) for which in ("own_old", "own_new"))
        lines.append(f"  at the own line, {name}: {_change(old, new)}")
    return lines


def _change(old: Scores, new: Scores) -> str:
    """Before and after, over the grounds that have both."""
    both = np.isfinite(old) & np.isfinite(new)
    old, new = old[both], new[both]
    if not len(old):
        return "nothing to compare"

    def mean(of: Scores) -> Interval:
        def weighted(drawn: Drawn) -> float:
            return float(drawn @ of / drawn.sum())

        return interval(weighted, draws_of(len(of), _DRAWS, np.random.default_rng(0)))

    def told(found: Interval) -> str:
        between = f" ({found.low:+.2f} to {found.high:+.2f})" if found.low is not None else ""
        return f"{found.value:+.2f}{between}"

    return f"{old.mean():.2f} before, {new.mean():.2f} after, difference {told(mean(new - old))}"


def kept_as(ground: Ground) -> str:
    """A ground as JSON; what no line reaches is null."""
    values = asdict(ground)
    for name in ("old", "new"):
        values[name] = {str(recall): false if isfinite(false) else None for recall, false in values[name].items()}
    if ground.why:
        values = {name: values[name] for name in ("venue", "right", "wrong", "why")}
    return json.dumps(values, allow_nan=False)


def read_kept(text: str) -> Ground:
    """The inverse of ``kept_as``."""
    values = json.loads(text)
    for name in ("old", "new"):
        values[name] = {float(r): nan if false is None else false for r, false in values.get(name, {}).items()}
    return Ground(**values)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.review_study", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--venue", type=int, nargs="+", default=[501], help="seeds of grounds")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="length of a session")
    parser.add_argument("--tests", type=int, default=4, help="sessions to measure on")
    parser.add_argument("--keep", type=Path, help="folder for what was measured, a file a ground")
    arguments = parser.parse_args()
    weights = load(shipped_weights() / "default")
    grounds = []
    for venue in arguments.venue:
        kept = arguments.keep / f"{venue}.json" if arguments.keep else None
        if kept is not None and kept.exists():
            ground = read_kept(kept.read_text(encoding="utf-8"))
        else:
            with tempfile.TemporaryDirectory() as folder:
                ground = study(weights, venue, arguments.minutes, arguments.tests, Path(folder))
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(kept_as(ground), encoding="utf-8")
        print("\n".join(ground.lines()), flush=True)  # noqa: T201 - the command's answer
        grounds.append(ground)
    print("\n".join(summary(grounds)))  # noqa: T201 - the command's answer


if __name__ == "__main__":
    sys.exit(as_program(main))
