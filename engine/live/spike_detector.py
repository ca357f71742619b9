"""From readings to spikes: causal, with a reason for every candidate that is not reported.

A *candidate* opens when the pressure reaches ``off`` and closes when it has stayed below ``off`` for ``merge_s`` (so
that dips shorter than that do not cut one event in two). It becomes a spike once ``min_duration_s`` have passed since
it reached ``on``, without falling below ``off`` since, and ``refractory_s`` since the end of the spike before. What it
is of is decided at the same moment, from what was heard since the onset.
"""

from collections import deque
from dataclasses import dataclass, field

from engine.core.heard_tags import CauseSettings, Heard, cause_of, mean_heard
from engine.core.signals import Alarm, Reading, Rejected, Spike
from engine.core.spike_settings import SpikeSettings, at_threshold, measured_lines

__all__ = ["SpikeDetector", "SpikeSettings", "at_threshold", "measured_lines"]

BELOW_THRESHOLD = "below_threshold"
TOO_SHORT = "too_short"
REFRACTORY = "refractory"
INTERRUPTED = "interrupted"


@dataclass(slots=True)
class _Candidate:
    onset: float
    peak: float
    peak_pressure: float
    last_above_off: float
    on_since: float | None = None
    held_back: bool = False
    decided_at: float | None = None
    heard: deque[tuple[float, Heard]] = field(default_factory=deque)
    what: tuple[str, float] | tuple[None, None] = (None, None)


@dataclass(slots=True)
class SpikeDetector:
    """Feed it readings in order; it returns what each one decided."""

    settings: SpikeSettings = field(default_factory=SpikeSettings)
    cause: CauseSettings = field(default_factory=CauseSettings)
    _candidate: _Candidate | None = None
    _quiet_since: float = float("-inf")
    _newest: Heard | None = None

    @property
    def active(self) -> bool:
        """Whether a spike has been decided and goes on."""
        return self._candidate is not None and self._candidate.decided_at is not None

    def push(self, reading: Reading) -> list[Alarm | Spike | Rejected]:
        """Take the next reading; return alarms, completed spikes and rejected candidates, at most one of each."""
        t, pressure = reading.t, reading.pressure
        if pressure is None:
            self._newest = None
            return self.finish(t)
        heard = reading.heard if reading.tags is None else reading.tags
        self._newest = self._newest if heard is None else heard
        decided: list[Alarm | Spike | Rejected] = []
        candidate = self._candidate
        if pressure < self.settings.off:
            if candidate is not None:
                candidate.on_since = None
                if t - candidate.last_above_off > self.settings.merge_s:
                    decided.append(self._close(candidate, t))
            return decided
        if candidate is None:
            candidate = self._candidate = _Candidate(t, t, pressure, t)
        candidate.last_above_off = t
        if pressure > candidate.peak_pressure:
            candidate.peak, candidate.peak_pressure = t, pressure
        if candidate.decided_at is None:
            self._hear(candidate, t, heard)
            if self._certain(candidate, t, pressure):
                candidate.decided_at = t
                candidate.what = self._what(candidate)
                decided.append(Alarm(candidate.onset, t, candidate.peak_pressure, *candidate.what))
        return decided

    def finish(self, t: float) -> list[Alarm | Spike | Rejected]:
        """The sound ended or broke off at ``t``: close what is open."""
        return [] if self._candidate is None else [self._close(self._candidate, t, interrupted=True)]

    def _hear(self, candidate: _Candidate, t: float, heard: Heard | None) -> None:
        """Keep what was heard lately: a candidate may wait for minutes before it is a spike."""
        if heard is not None:
            candidate.heard.append((t, heard))
        while candidate.heard and t - candidate.heard[0][0] > self.cause.within_s:
            candidate.heard.popleft()

    def _what(self, candidate: _Candidate) -> tuple[str, float] | tuple[None, None]:
        mean = mean_heard(heard for _, heard in candidate.heard) or self._newest
        candidate.heard.clear()
        return (None, None) if mean is None else cause_of(mean, self.cause)

    def _certain(self, candidate: _Candidate, t: float, pressure: float) -> bool:
        if candidate.on_since is None:
            if pressure < self.settings.on:
                return False
            candidate.on_since = t
        if t - candidate.on_since < self.settings.min_duration_s:
            return False
        if t - self._quiet_since < self.settings.refractory_s:
            candidate.held_back = True
            return False
        return True

    def _close(self, candidate: _Candidate, t: float, interrupted: bool = False) -> Spike | Rejected:
        self._candidate = None
        if candidate.decided_at is not None:
            self._quiet_since = candidate.last_above_off
            return Spike(
                candidate.onset,
                candidate.peak,
                candidate.last_above_off,
                candidate.peak_pressure,
                candidate.decided_at,
                *candidate.what,
            )
        if candidate.held_back:
            reason = REFRACTORY
        elif candidate.peak_pressure < self.settings.on:
            reason = BELOW_THRESHOLD
        elif interrupted:
            reason = INTERRUPTED
        else:
            reason = TOO_SHORT
        return Rejected(candidate.onset, candidate.peak_pressure, reason, t)
