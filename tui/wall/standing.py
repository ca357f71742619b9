"""How a venue stands at a moment, in a word: an alarm, trouble, calm, or that nothing is known of it."""

from enum import IntEnum
from typing import Final, NamedTuple

from engine.core.clock_text import session_time
from engine.core.signals import Health
from engine.core.text import plain
from tui.monitor.words import Tone, tone_of
from tui.wall.venue import Venue

_DETAIL_CELLS: Final = 120
_CLOCK_OFF_S: Final = 5.0
"""From here on it is said that two clocks disagree; less may be the way that a message takes."""


class State(IntEnum):
    """States in the order in which a desk wants to see them."""

    ALARM = 0
    FAULT = 1
    """Its microphone hears nothing, or is gone."""
    NO_SIGNAL = 2
    """Nothing arrives from it any more."""
    BUILDING = 3
    CALM = 4
    WARMING_UP = 5
    WAITING = 6
    """It is known by name, and nothing has arrived yet."""
    UNKNOWN = 7
    """There is no connection, so nobody can say."""
    ENDED = 8


class Standing(NamedTuple):
    """A state as it is shown. ``pressure`` is None wherever there is no number of now."""

    state: State
    tone: Tone
    word: str
    sentence: str
    pressure: float | None = None


_HEALTH: Final = {
    Health.SILENT: ("SILENT", "nothing but zeros arrive from its microphone"),
    Health.STALLED: ("STALLED", "no new sound arrives there"),
    Health.LOST: ("LOST", "its microphone is gone"),
}
_WARMING: Final = {
    Health.WARMING_UP: ("WARMING UP", "it gathers history before the first index"),
    Health.RECOVERING: ("RECOVERING", "sound is back, it gathers history"),
}
TROUBLE: Final = (State.FAULT, State.NO_SIGNAL, State.UNKNOWN)


def standing_of(venue: Venue, now_s: float, linked: bool = True) -> Standing:
    """How ``venue`` stands at ``now_s`` of this machine's monotonic clock; ``linked`` is whether its messages could
    reach us at all.
    """
    if not linked:
        return Standing(State.UNKNOWN, Tone.ABSENT, "UNKNOWN", "no connection, so nobody can say")
    if venue.end is not None:
        why = plain(venue.end.detail or venue.end.reason.replace("_", " "), _DETAIL_CELLS)
        return Standing(State.ENDED, Tone.ABSENT, "ENDED", f"its session is over: {why}" if why else "it is over")
    if venue.online is False:
        return Standing(State.NO_SIGNAL, Tone.FAULT, "GONE", "its program is gone: the broker has its last word")
    if not venue.is_fresh(now_s):
        return _silent(venue, now_s)
    health = venue.health
    if health in _HEALTH:
        word, sentence = _HEALTH[health]
        detail = plain(venue.change.detail, _DETAIL_CELLS) if venue.change and venue.change.health is health else ""
        return Standing(State.FAULT, Tone.FAULT, word, f"{sentence}: {detail}" if detail else sentence)
    pressure = venue.newest.reading.pressure if venue.newest is not None else None
    if pressure is None:
        word, sentence = _WARMING[Health.RECOVERING if health is Health.RECOVERING else Health.WARMING_UP]
        return Standing(State.WARMING_UP, Tone.ABSENT, word, sentence)
    return _listening(venue, pressure, now_s)


def _silent(venue: Venue, now_s: float) -> Standing:
    age_s = venue.age_s(now_s)
    if age_s is not None:
        return Standing(State.NO_SIGNAL, Tone.FAULT, "NO SIGNAL", f"no reading has arrived for {session_time(age_s)}")
    waits_s = now_s - venue.since_s
    if waits_s < 3.0:
        return Standing(State.WAITING, Tone.ABSENT, "WAITING", "for its first reading")
    return Standing(State.NO_SIGNAL, Tone.FAULT, "NO SIGNAL", f"no reading in the {session_time(waits_s)} we listen")


def _listening(venue: Venue, pressure: float, now_s: float) -> Standing:
    line = venue.threshold
    untrained = ", by untrained weights: it means nothing" if venue.start and not venue.start.trained else ""
    if venue.alarm is not None:
        up = f"the crowd is up, for {max(now_s - venue.alarmed_at_s, 0.0):.0f} s{untrained}"
        return Standing(State.ALARM, Tone.ALARM, "ALARM", up, pressure)
    if line is None:
        return Standing(State.CALM, Tone.CALM, "LISTENING", "its alarm line is not known here", pressure)
    tone = tone_of(pressure, line)
    if tone is Tone.ALARM:
        return Standing(
            State.BUILDING, Tone.BUILDING, "RISING", f"above the alarm line of {line:.2f}{untrained}", pressure
        )
    if tone is Tone.BUILDING:
        return Standing(
            State.BUILDING, tone, "BUILDING", f"the crowd stirs, alarm from {line:.2f}{untrained}", pressure
        )
    return Standing(State.CALM, tone, "CALM", f"nothing is building, alarm from {line:.2f}{untrained}", pressure)


def clock_words(venue: Venue) -> str:
    """What to know of the venue's clock: by how much it, or the way here, is behind ours; nothing where it is not."""
    behind_s = venue.behind_s
    if behind_s is None or abs(behind_s) < _CLOCK_OFF_S:
        return ""
    if behind_s > 0:
        return f"its clock, or the way here, is {session_time(behind_s)} behind"
    return f"its clock is {session_time(-behind_s)} ahead of this machine's"
