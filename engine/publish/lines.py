"""A run as lines on standard output: JSON for programs, one readable line a second for people."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TextIO

from engine.core.clock_text import clock_time
from engine.core.commentary_state import state_in_words
from engine.core.heard_tags import in_words, sounds_like
from engine.core.run_protocols import ReadingSink
from engine.core.said_events import event_said
from engine.core.signals import (
    Alarm,
    End,
    Event,
    HealthChange,
    Mark,
    Reading,
    Rejected,
    Spike,
    Start,
    Words,
    WordsEvent,
    WordsState,
    to_json,
)
from engine.core.telling import Tell
from engine.core.text import plain

_BAR_CELLS: Final = 30
_SAID_CELLS: Final = 160


class JsonLines:
    """One object a line. Strict JSON: what is no number is null. ``also`` goes into each of them."""

    def __init__(self, out: TextIO, also: Mapping[str, str] | None = None) -> None:
        self._out = out
        self._also = also or {}

    def write(self, event: Event) -> None:
        # One write a line, so that the lines of several sources do not mix.
        self._out.write(json.dumps({**to_json(event), **self._also}, separators=(",", ":"), allow_nan=False) + "\n")

    def flush(self) -> None:
        self._out.flush()


class WhileRead:
    """Lines for as long as somebody reads them: a reader that leaves ends no recording. ``tell`` hears it once."""

    def __init__(self, lines: ReadingSink, tell: Tell) -> None:
        self._lines = lines
        self._tell = tell
        self._read = True

    def write(self, event: Event) -> None:
        self._do(lambda: self._lines.write(event))

    def flush(self) -> None:
        self._do(self._lines.flush)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            if self._read:
                work()
        except OSError as fault:
            self._read = False
            self._tell(f"no more lines are written ({fault.strerror or fault}); the recording goes on")


class CsvReadings:
    """Readings as comma-separated values with a header; an absent index is empty.

    With ``tags`` there is a column of each beside, filled about once a second.
    """

    def __init__(self, out: TextIO, tags: Sequence[str] = ()) -> None:
        self._out = out
        self._tags = tags
        out.write(",".join(["t,pressure,level_db,peak_db,health", *tags]) + "\n")

    def write(self, event: Event) -> None:
        if isinstance(event, Reading):
            row = to_json(event)
            pressure = "" if row["pressure"] is None else row["pressure"]
            known = f"{row['t']},{pressure},{row['level_db']},{row['peak_db']},{row['health']}"
            heard = row.get("heard", {})
            self._out.write(",".join([known, *(str(heard.get(name, "")) for name in self._tags)]) + "\n")

    def flush(self) -> None:
        self._out.flush()


class PlainLines:
    """One readable line a second, and one for everything that happens in between.

    Args:
        out: where the lines go.
        threshold: the index from which on a bar is drawn as alarm.
        ascii_only: no character beyond ASCII.
        gives: what that threshold gives, in words, for the first line; empty: not known.
    """

    def __init__(self, out: TextIO, threshold: float, ascii_only: bool = False, gives: str = "") -> None:
        self._out = out
        self._threshold = threshold
        self._gives = gives
        self._full, self._empty, self._spark = ("#", ".", "!") if ascii_only else ("█", "·", "▲")
        self._next_s = 0.0
        self._heard = ""

    def write(self, event: Event) -> None:
        line = self._line(event)
        if line:
            self._out.write(line + "\n")

    def flush(self) -> None:
        self._out.flush()

    def _line(self, event: Event) -> str | None:
        if isinstance(event, Reading):
            if event.heard is not None or event.pressure is None:
                self._heard = in_words(event.heard or {})
            if event.t < self._next_s:
                return None
            self._next_s = float(int(event.t)) + 1.0
            heard = f"  {self._heard}" if self._heard else ""
            return f"{clock_time(event.t):>7}  {self._index(event)}  {event.level_db:6.1f} dBFS{heard}"
        if isinstance(event, Start):
            line = f"; alarm from {self._threshold:.2f}, {self._gives}" if self._gives else ""
            return f"listening to {plain(event.source)} with the weights {plain(event.weights)}{line}"
        return self._notice(event)

    def _index(self, reading: Reading) -> str:
        if reading.pressure is None:
            return f" --   {reading.health.replace('_', ' '):<{_BAR_CELLS}}"
        filled = round(reading.pressure * _BAR_CELLS)
        bar = self._full * filled + self._empty * (_BAR_CELLS - filled)
        return f"{reading.pressure:4.2f}{self._spark if reading.pressure >= self._threshold else ' '} {bar}"

    def _notice(self, event: Event) -> str:
        match event:
            case Alarm():
                what = sounds_like(event.what, event.what_probability)
                decided = clock_time(event.decided_at)
                return f"{clock_time(event.onset):>7}  {self._spark} ALARM, decided at {decided}{what}"
            case Spike():
                return (
                    f"{clock_time(event.onset):>7}  {self._spark} spike of {event.end - event.onset:.0f} s, "
                    f"highest {event.peak_pressure:.2f} at {clock_time(event.peak)}"
                    f"{sounds_like(event.what, event.what_probability)}"
                )
            case Rejected():
                reason = event.reason.replace("_", " ")
                return f"{clock_time(event.onset):>7}    not reported ({reason}), highest {event.peak_pressure:.2f}"
            case HealthChange():
                state = event.health.replace("_", " ")
                return f"{clock_time(event.t):>7}  {state}{': ' + plain(event.detail) if event.detail else ''}"
            case Mark():
                return f"{clock_time(event.t):>7}  mark: {plain(event.label)} {plain(event.note)}".rstrip()
            case Words():
                return f"{clock_time(event.start):>7}  said: {plain(event.text, _SAID_CELLS)}"
            case WordsEvent():
                words = f" ({plain(event.words, _SAID_CELLS)})" if event.words else ""
                return f"{clock_time(event.said):>7}  {event_said(event)}{words}"
            case WordsState():
                return f"{clock_time(event.t):>7}  words: {state_in_words(event)}"
            case End():
                reason = event.reason.replace("_", " ")
                return f"{clock_time(event.t):>7}  end: {reason}{', ' + plain(event.detail) if event.detail else ''}"
        raise AssertionError(event)
