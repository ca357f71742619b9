"""What thirty reviews are worth: ``python -m train.experiments.review_study [--venue N]``.

Simulated sessions of one ground, whose crowd boos and whistles as loudly as it cries out. The weights listen to some of
them through the program's own recorder; the simulator, which knows what sounded, reviews thirty spikes as a person
would; the reviews are added to a library and the head is fitted to them. Other sessions of the ground, which nobody
reviewed, say how many false alarms the old and the new head raise at the same recall.
"""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import LogMel
from engine.core import grid
from engine.core.errors import InputError
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock, Spike
from engine.live.pipeline import Pipeline
from engine.live.spike_detector import at_threshold
from engine.model.checkpoint import Weights, load
from engine.model.inference_engines import choose_engine, network_of
from engine.session import Review, SessionReader, SessionWriter
from engine.simulator.match import Score, SimulatedMatch, draws_for
from engine.simulator.reel import plan_reel
from engine.simulator.sound_cues import ALARMS, Reaction
from engine.simulator.venue import draw_venue
from train.data.labels import Danger
from train.data.library import Library
from train.data.matches import with_reviews
from train.data.reviews import LEAST_REVIEWS
from train.data.take_reviews import add_reviews
from train.fit.fitted import Fitted
from train.fit.loop.run_folder import RunFolder
from train.fit.reviews import ReviewSettings, at_line, fit_reviews, review_inputs
from train.metrics.alarms import decisions_s, detect
from train.metrics.ranking import Scores

DANGER: Final = ALARMS - {Reaction.GROAN}
KINDS: Final = ALARMS | {Reaction.BOO, Reaction.WHISTLING}
"""At this ground a groan is for a lost ball, a boo or whistling for the referee: none of them is danger."""
LEVEL_DB: Final = (12.0, 18.0)
MINUTES: Final = 15.0
RECALLS: Final = (0.5, 0.6, 0.7, 0.8)
REVIEW_LINE: Final = 0.4
"""Spikes from here on are reviewed, those of a scorer who would rather look twice."""
_LATE_S: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """A session's sound, its frames, and when danger was heard: from, to, in seconds."""

    score: Score
    blocks: tuple[AudioBlock, ...]
    mel: np.ndarray

    def danger_s(self) -> list[tuple[float, float]]:
        """The cries that an alarm should be raised at, once there is a first reading."""
        cries = [cue for cue in self.score.cues if cue.kind in DANGER and cue.onset_s > grid.HISTORY_S]
        return [(cue.onset_s, cue.end_s + _LATE_S) for cue in cries]


def draw(venue: int, seed: int, minutes: float) -> Resampled:
    """A session at the ground that ``venue`` draws."""
    score = plan_reel(seed, minutes, KINDS, level_db=LEVEL_DB, alarm_share=0.5, crowd_share=0.5)
    score = replace(score, venue=draw_venue(draws_for(venue, "venue")))
    log_mel, blocks, frames, start = LogMel(), [], [], 0
    for chunk in SimulatedMatch(score).chunks():
        blocks.append(AudioBlock(chunk, start))
        frames.append(log_mel.push(chunk))
        start += len(chunk)
    return Resampled(score, tuple(blocks), np.concatenate(frames))


def heard(weights: Weights, drawn: Resampled) -> tuple[Scores, Scores]:
    """When there are readings, and the index then."""
    network = network_of(weights, choose_engine("auto"))
    logits = Pipeline(network, 0, grid.READING_FRAMES).push(drawn.mel)
    first = -(-grid.HISTORY_FRAMES // grid.READING_FRAMES)
    times_s = np.array([grid.end_time_s((first + i) * grid.READING_FRAMES) for i in range(len(logits))])
    return times_s, weights.config.calibration.probability(logits)


def record(root: Path, weights: Weights, drawn: Resampled, most: int) -> tuple[SessionReader, int]:
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
        right = any(from_s <= spike.decided_at <= to_s for from_s, to_s in drawn.danger_s())
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


Readings = Sequence[tuple[Scores, Scores]]


def alarms(weights: Weights, tests: Sequence[Resampled], readings: Readings, line: float) -> tuple[float, float]:
    """Recall and false alarms an hour on ``tests`` with the alarm line at ``line``."""
    settings = at_line(weights.config.spikes, line)
    caught = events = false = 0
    for drawn, (times_s, index) in zip(tests, readings, strict=True):
        danger = drawn.danger_s()
        decided = decisions_s(times_s, index, settings)
        events += len(danger)
        caught += sum(any(a <= t <= b for t in decided) for a, b in danger)
        false += sum(not any(a <= t <= b for a, b in danger) for t in decided)
    return caught / events, false * 3600.0 / sum(drawn.score.duration_s for drawn in tests)


def curve(weights: Weights, tests: Sequence[Resampled]) -> tuple[dict[float, float], tuple[float, float]]:
    """The fewest false alarms an hour at each of ``RECALLS`` (NaN if not reached), and ``alarms`` at the own line."""
    readings = [heard(weights, drawn) for drawn in tests]
    lines = np.unique(np.quantile(np.concatenate([i for _, i in readings]), 1.0 - np.geomspace(1e-3, 0.7, 80)))
    rows = [alarms(weights, tests, readings, line) for line in lines.tolist()]
    fewest = {recall: min((f for r, f in rows if r >= recall), default=float("nan")) for recall in RECALLS}
    return fewest, alarms(weights, tests, readings, weights.config.spikes.on)


@dataclass(frozen=True, slots=True)
class Worth:
    """False alarms an hour by recall with the old head and with the new one, and all of it in words."""

    old: dict[float, float]
    new: dict[float, float]
    said: str


def check(weights: Weights, venue: int, minutes: float, tests: int, work: Path) -> Worth:
    """Teach at one ground, measure on others of its sessions, and say what came of it."""
    readers, left = [], LEAST_REVIEWS
    for seed in range(1, 9):
        if left:
            reader, taken = record(work / "sessions", weights, draw(venue, seed, minutes), left)
            left -= taken
            readers.append(reader)
    fitted = fit_to(weights, readers, work)
    for reader in readers:
        reader.close()
    val_matches = [draw(venue, 100 + seed, minutes) for seed in range(tests)]
    taught = replace(weights, config=fitted.config, network=fitted.network)
    (old, old_line), (new, new_line) = curve(weights, val_matches), curve(taught, val_matches)
    said = fitted.config.measured
    lines = [f"ground {venue}: {said['reviewed_right']} spikes reviewed as right, {said['reviewed_wrong']} as wrong"]
    lines += [f"  recall {r:.1f}: {old[r]:.1f} false alarms an hour before, {new[r]:.1f} after" for r in RECALLS]
    for when, (recall, false) in (("before", old_line), ("after", new_line)):
        lines.append(f"  at the own line {when}: recall {recall:.2f}, {false:.1f} false alarms an hour")
    if fitted.compared:
        lines.append(f"  {fitted.compared.sentence('the fitted head')}")
    return Worth(old, new, "\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venue", type=int, nargs="+", default=[501], help="seeds of grounds")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="length of a session")
    parser.add_argument("--tests", type=int, default=4, help="sessions to measure on")
    arguments = parser.parse_args()
    weights = load(shipped_weights() / "default")
    for venue in arguments.venue:
        with tempfile.TemporaryDirectory() as folder:
            try:
                said = check(weights, venue, arguments.minutes, arguments.tests, Path(folder)).said
            except InputError as fault:
                said = f"ground {venue}: {fault.message}"
        print(said, flush=True)  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
