"""The watchdog: what is wrong with the listening, from what comes in and what does not.

A pure state machine: it is told what happens and when (monotonic seconds), and says which state the listening is in,
what a person should be told, and whether the device should be opened anew. It owns no device, thread or clock.

``STALLED``: the device is there and sends nothing. ``SILENT``: it sends exact zeros, as one does that the system has
replaced by nothing. ``LOST``: it is gone. ``RECOVERING``: sound has come back and must last a moment before it is
believed, longer after each relapse, so that a loose contact does not flicker. Otherwise ``state`` is None and the
reading's own state counts.
"""

from dataclasses import dataclass, field
from typing import Final

from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock, Health

RELAPSE_WITHIN_S: Final = 60.0
LONGEST_RECOVERY_S: Final = 1.5
_PAUSE_SHARE: Final = 0.25
"""The pause before a dumb device is opened anew, as a share of the time that it has been dumb."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """When the watchdog acts; seconds.

    stalled_after_s: nothing came for this long. Longer: later, and fewer false ones on a busy machine.
    reopen_after_s: nothing but silence, or nothing at all, for this long: the device is opened anew.
    recovered_after_s: sound must last this long to be believed. Longer: steadier, and later.
    first_retry_s, longest_retry_s: pause between two tries to open a device; it doubles from the one to the other.
    reopen_on_zeros: whether exact zeros are a fault: a device that the system has replaced sends them, and so may,
        with nothing wrong, whoever mixes a broadcast.
    dumb_retry_s: a device that was opened has this long to send sound before it is opened anew once more. Too short:
        a slow one is closed again just as it begins.
    longest_dumb_retry_s: a device that goes on sending nothing, or exact zeros, is opened anew ever less often, up to
        this. Longer: it is found later that another opening would have helped; shorter: each opening is one more
        chance for the sound system to hang.
    give_up_after_s: a device that stays away this long ends the run; None: never.
    behind_after_s: a reading that comes this long after its sound is told about.
    notice_every_s: the same thing is told again only after this long, with how often it happened.
    """

    stalled_after_s: float = 2.0
    reopen_after_s: float = 3.0
    recovered_after_s: float = 0.5
    first_retry_s: float = 0.5
    longest_retry_s: float = 1.5
    dumb_retry_s: float = 2.5
    reopen_on_zeros: bool = True
    longest_dumb_retry_s: float = 60.0
    give_up_after_s: float | None = 600.0
    behind_after_s: float = 2.0
    notice_every_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """What a person should be told; ``health`` is the new state, or None where the state stays."""

    health: Health | None
    detail: str


@dataclass(slots=True)
class _Told:
    at_s: float
    since: int = 0


@dataclass(slots=True)
class Watchdog:
    """See the module. ``reopens``: whether the source is a device that can be opened anew."""

    settings: WatchSettings = field(default_factory=WatchSettings)
    reopens: bool = True
    state: Health | None = None
    _heard_at_s: float | None = None
    _sounded_at_s: float | None = None
    _away_since_s: float | None = None
    _back_since_s: float | None = None
    _left_at_s: float = float("-inf")
    _recovery_s: float = 0.0
    _next_try_s: float | None = None
    _pause_s: float = 0.0
    _overruns: int = 0
    _overloads: int = 0
    _name: str = ""
    _told: dict[str, _Told] = field(default_factory=dict)
    _changes: list[Change] = field(default_factory=list)

    def opened(self, now_s: float, name: str) -> None:
        """The device has been opened; what it sends will show whether that helps."""
        if self._name and name != self._name:
            self._changes.append(Change(None, f"the input is now {name!r}, it was {self._name!r}"))
        self._name = name
        self._heard_at_s = now_s
        if self._sounded_at_s is None:
            self._sounded_at_s = now_s
        elif self.state is Health.LOST:
            self._enter(Health.RECOVERING, f"{name!r} is open again")
        self._back_since_s = None
        if self._away_since_s is not None:
            self._next_try_s = now_s + self._dumb_pause_s(now_s)

    def heard(self, now_s: float, block: AudioBlock) -> None:
        """A block has come; an empty one says that nothing has."""
        if not len(block.samples):
            self.quiet(now_s)
            return
        settings = self.settings
        self._heard_at_s = now_s
        if block.overruns > self._overruns:
            lost = block.overruns - self._overruns
            self.notice(now_s, "overrun", "overrun: sound came faster than it was taken, some is missing", lost)
            self._overruns = block.overruns
        if block.overloads > self._overloads:
            reported = block.overloads - self._overloads
            self.notice(
                now_s, "overload", "the sound system was overloaded for a moment, no sound is missing", reported
            )
            self._overloads = block.overloads
        lag_s = 0.0 if block.captured_at is None else now_s - block.captured_at
        if lag_s > settings.behind_after_s:
            self.notice(now_s, "behind", f"the readings come {lag_s:.1f} s after their sound")
        if settings.reopen_on_zeros and not block.samples.any():
            self._back_since_s = None
            silent_since_s = now_s if self._sounded_at_s is None else self._sounded_at_s
            if self.reopens and self.state is not Health.SILENT and now_s - silent_since_s >= settings.reopen_after_s:
                self._leave(now_s, Health.SILENT, "exact digital silence: a live microphone is never that quiet")
            return
        self._sounded_at_s = now_s
        if self.state is None:
            return
        if self._back_since_s is None:
            self._back_since_s = now_s - len(block.samples) / SAMPLE_RATE_HZ
            if self.state is not Health.RECOVERING:
                self._enter(Health.RECOVERING, "sound has come back")
        if now_s - self._back_since_s >= self._recovery_s:
            self.state = self._away_since_s = self._next_try_s = None

    def quiet(self, now_s: float) -> None:
        """Time passes and nothing has come."""
        if self._heard_at_s is None:
            self._heard_at_s = self._sounded_at_s = now_s
        quiet_s = now_s - self._heard_at_s
        if quiet_s < self.settings.stalled_after_s or self.state in (Health.STALLED, Health.LOST):
            return
        self._leave(now_s, Health.STALLED, f"no sound has come for {quiet_s:.1f} s")

    def failed(self, now_s: float, why: str) -> None:
        """The device is gone, or could not be opened."""
        if self.state is not Health.LOST:
            self._leave(now_s, Health.LOST, why)
            self._next_try_s = now_s + self._pause_s
        else:
            self._schedule(now_s)

    def reopen_due(self, now_s: float) -> bool:
        """Whether the device should be opened anew now; each True counts as a try."""
        if not self.reopens or self._next_try_s is None or now_s < self._next_try_s or self._back_since_s is not None:
            return False
        self._next_try_s = None
        return True

    def away_s(self, now_s: float) -> float:
        """How long there has been no sound to listen to."""
        return 0.0 if self._away_since_s is None else now_s - self._away_since_s

    def given_up(self, now_s: float) -> bool:
        """Whether it has been away for too long."""
        limit_s = self.settings.give_up_after_s
        # A mute microphone is no reason to end: it is there and may be switched on at any moment.
        return limit_s is not None and self.state is not Health.SILENT and self.away_s(now_s) >= limit_s

    def notice(self, now_s: float, kind: str, text: str, count: int = 1) -> None:
        """Tell something that is no change of state; the same kind again only after a while, with its number."""
        told = self._told.get(kind)
        if told is not None and now_s - told.at_s < self.settings.notice_every_s:
            told.since += count
            return
        total = count + (told.since if told else 0)
        self._told[kind] = _Told(now_s)
        self._changes.append(Change(None, text if total == 1 else f"{text} ({total} times)"))

    def take_changes(self) -> list[Change]:
        """What has changed since the last call, oldest first."""
        changes, self._changes = self._changes, []
        return changes

    def _leave(self, now_s: float, health: Health, why: str) -> None:
        """Sound is away; if it was back for a moment only, the next return must last longer to be believed."""
        settings = self.settings
        if self.state is None or self.state is Health.RECOVERING:
            relapse = now_s - self._left_at_s < RELAPSE_WITHIN_S
            self._recovery_s = min(self._recovery_s * 2, LONGEST_RECOVERY_S) if relapse else settings.recovered_after_s
            self._left_at_s = now_s
        if self._away_since_s is None:
            self._away_since_s = now_s
            self._pause_s = settings.first_retry_s
            wait_s = settings.reopen_after_s - settings.stalled_after_s if health is Health.STALLED else 0.0
            self._next_try_s = now_s + max(0.0, wait_s)
        elif self._next_try_s is None:
            self._next_try_s = now_s + self._dumb_pause_s(now_s)
        self._back_since_s = None
        self._enter(health, why)

    def _dumb_pause_s(self, now_s: float) -> float:
        """How long a device that is open and dumb is left alone."""
        settings = self.settings
        return max(settings.dumb_retry_s, min(_PAUSE_SHARE * self.away_s(now_s), settings.longest_dumb_retry_s))

    def _schedule(self, now_s: float) -> None:
        """The pause before the next try, twice the one before."""
        if self._away_since_s is not None:
            self._next_try_s = now_s + self._pause_s
            self._pause_s = min(self._pause_s * 2, self.settings.longest_retry_s)

    def _enter(self, health: Health, detail: str) -> None:
        self.state = health
        self._changes.append(Change(health, detail))
