"""The built-in match: what ``demo`` listens to."""

from dataclasses import replace
from typing import Final

from engine.audio.source import AudioSource
from engine.football.events import EventKind
from engine.simulator.crowd_behaviour import MOOD_STEP_S, Mood
from engine.simulator.match import Score, SimulatedMatch, plan_match
from engine.simulator.sound_cues import ALARMS
from engine.simulator.timeline import cut

DEFAULT_SEED: Final = 27
LEAD_S: Final = 120.0
_LOUD_DB: Final = 9.0


def starting_at(score: Score, start_s: float) -> Score:
    """The same recording from ``start_s`` on; what sounds at that moment is heard from its middle."""
    step = int(start_s / MOOD_STEP_S)
    start_s = step * MOOD_STEP_S
    cues = tuple(
        replace(
            cue,
            onset_s=cue.onset_s - start_s,
            peak_s=cue.peak_s - start_s,
            end_s=cue.end_s - start_s,
            cause_s=None if cue.cause_s is None else cue.cause_s - start_s,
        )
        for cue in score.cues
        if cue.end_s > start_s
    )
    mood = Mood(score.mood.level_db[step:], score.mood.tension[step:])
    timeline = cut(score.timeline, start_s, score.timeline.duration_s - start_s)
    return Score(score.seed, score.venue, timeline, mood, cues)


def danger_s(score: Score) -> float:
    """When the crowd first cries out, well audibly, over a goal or a shot; the first danger where it never does.

    What comes before ``LEAD_S`` is left out, so that there is room for a beginning.
    """
    causes = {EventKind.GOAL.value, EventKind.SHOT.value}
    cries = [cue for cue in score.cues if cue.kind in ALARMS and cue.cause in causes and cue.onset_s >= LEAD_S]
    loud = [cue.onset_s for cue in cries if cue.level_db >= _LOUD_DB] or [cue.onset_s for cue in cries]
    return min(loud) if loud else min((event.t_s for event in score.timeline.dangers()), default=LEAD_S)


def open_demo(seed: int | None = None) -> AudioSource:
    """A simulated match that is just two minutes away from something dangerous.

    The monitor hears its first seconds at once, so that a newcomer has an index to look at. Without a seed it is always
    the same match, so that what a newcomer sees can be talked about. Raises ``UsageError`` for a negative seed.
    """
    chosen = DEFAULT_SEED if seed is None else seed
    score = plan_match(chosen)
    return SimulatedMatch(starting_at(score, max(0.0, danger_s(score) - LEAD_S)), f"demo:{chosen}")
