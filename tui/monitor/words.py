"""The state of the index in words: what it is, and why there is none."""

from enum import StrEnum, auto
from typing import NamedTuple

from engine.core.clock_text import session_time
from engine.core.grid import HISTORY_S
from engine.core.signals import End, Health
from engine.core.text import plain
from engine.session.state import SessionState, state_of
from tui.monitor.model import Moment

BUILDING_SHARE = 0.6
"""From this share of the alarm threshold on the index is called building."""


class Tone(StrEnum):
    """How a state looks; every tone has its own glyph as well as its colour."""

    CALM = auto()
    BUILDING = auto()
    ALARM = auto()
    ABSENT = auto()
    FAULT = auto()


class State(NamedTuple):
    """A state as it is shown: one word, one sentence, one line beneath."""

    tone: Tone
    word: str
    sentence: str
    beneath: str = ""


_ABSENT: dict[Health, tuple[Tone, str, str]] = {
    Health.SILENT: (Tone.FAULT, "SILENT", "nothing but zeros arrive"),
    Health.STALLED: (Tone.FAULT, "STALLED", "no new sound arrives"),
    Health.LOST: (Tone.FAULT, "LOST", "the microphone is gone"),
    Health.RECOVERING: (Tone.ABSENT, "RECOVERING", "sound is back"),
}
_REMEDY: dict[Health, str] = {
    Health.SILENT: "muted? momentum doctor",
    Health.STALLED: "it goes on by itself",
    Health.LOST: "goes on when it is back",
    Health.RECOVERING: "gathering history",
}


def tone_of(pressure: float, threshold: float) -> Tone:
    """Calm, building or alarm, by the operating point in force."""
    if pressure >= threshold:
        return Tone.ALARM
    return Tone.BUILDING if pressure >= BUILDING_SHARE * threshold else Tone.CALM


def describe(moment: Moment, end: End | None = None, trained: bool = True) -> State:
    """The state at a moment. ``end`` is how the session ended, if the moment is its last; of untrained weights nothing
    is said about the crowd.
    """
    reading = moment.reading
    if end is not None:
        return _ended(end)
    if moment.health is None:
        return State(Tone.ABSENT, "WAITING", "for the first sound")
    if reading is None or reading.pressure is None or moment.health in _ABSENT:
        return _absent(moment)
    tone = tone_of(reading.pressure, moment.threshold)
    beneath = f"alarm from {moment.threshold:.2f}"
    if not trained:
        return State(tone, tone.upper(), "by untrained weights", "so it means nothing")
    if tone is Tone.ALARM or moment.alarm_since is not None:
        since = moment.alarm_since
        up = f"the crowd is up, for {moment.t - since:.0f} s" if since is not None else "above the alarm line"
        return State(Tone.ALARM, "ALARM", up, beneath)
    if tone is Tone.BUILDING:
        return State(tone, "BUILDING", "the crowd stirs" + _TREND[moment.trend], beneath)
    return State(tone, "CALM", "nothing is building", beneath)


_TREND = {1: ", rising", 0: "", -1: ", falling"}


def _absent(moment: Moment) -> State:
    if moment.withheld:
        return State(Tone.FAULT, "NOT WRITTEN", plain(moment.withheld, 200), "the recorder listens on")
    if moment.health in _ABSENT:
        tone, word, sentence = _ABSENT[moment.health]
        named = plain(moment.detail, 200) if moment.health in (Health.LOST, Health.STALLED) else ""
        return State(tone, word, named or sentence, _REMEDY[moment.health])
    left = max(HISTORY_S - moment.t, 0.0)
    wait = f"first index in {left:.0f} s" if left else "gathering history again"
    return State(Tone.ABSENT, "WARMING UP", wait, f"it needs {HISTORY_S:.0f} s of sound")


_PLAIN_ENDS = {
    "end_of_file": "the sound is over",
    "end_of_stream": "the sound is over",
    "quit": "stopped by hand",
    "interrupted": "stopped by hand",
    "terminated": "stopped from outside",
}


def _ended(end: End) -> State:
    at = f"after {session_time(end.t)}; q quits"
    word = word_of(state_of(end, running=False))
    if end.reason in _PLAIN_ENDS:
        return State(Tone.ABSENT, word, _PLAIN_ENDS[end.reason], at)
    return State(Tone.FAULT, word, plain(end.detail or end.reason.replace("_", " "), 200), at)


def word_of(state: SessionState) -> str:
    """A session's state as the monitor writes it."""
    return state.value.upper()
