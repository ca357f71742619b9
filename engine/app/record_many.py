"""Listening to many sources without a screen, in one engine: a session each, and none is another's trouble.

Each source has a thread that is what ``record`` is to one: it reads, watches, decides, writes. The network is asked by
all of them together. A device that is missing at the beginning is asked for again and again while others listen.
Over 300 lines, since what the threads of a run share, and how each of them ends, is to be read in one place.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from engine.app.built_engine import Engine, build_engine
from engine.app.ending import exit_code_of
from engine.app.keep_session import awake_for, keeping, put_in_order, watched
from engine.app.listen import Listening, Wanted, open_one
from engine.app.record import Guard, Told, unguarded
from engine.core.errors import DeviceError, ExitCode, MomentumError, StuckError, UsageError
from engine.core.run_protocols import Stop
from engine.core.signals import Event, Reading

if TYPE_CHECKING:
    from engine.audio.devices import InputDevice
    from engine.audio.source import AudioSource
    from engine.core.run_protocols import ReadingSink
    from engine.core.settings import Settings
    from engine.core.signals import End
    from engine.core.telling import Tell
    from engine.core.venue_sources import Place

AGAIN_AFTER_S: Final = 2.0
"""The pause before a source that could not be opened is tried again; it doubles up to ``LONGEST_PAUSE_S``."""
LONGEST_PAUSE_S: Final = 30.0
ENDING_S: Final = 20.0
"""What sources may take to end when they are asked to; less than what service managers allow."""
_WORST_FIRST: Final = (
    ExitCode.STUCK,
    ExitCode.FAILED,
    ExitCode.DEVICE,
    ExitCode.INPUT,
    ExitCode.WEIGHTS,
    ExitCode.USAGE,
    ExitCode.TERMINATED,
    ExitCode.INTERRUPTED,
    ExitCode.DONE,
)
"""What a new start may mend comes before what it can't, and any fault before an end that was asked for."""

log = logging.getLogger(__name__)
SinksOf = Callable[["Place", str], Sequence["ReadingSink"]]
"""Who else is told what is found, given the place and the name of its source."""


@dataclass(slots=True)
class Outcome:
    """What became of one source: how many readings it gave, the session that kept them, and how it ended."""

    place: "Place"
    readings: int = 0
    heard_s: float = 0.0
    session: str = ""
    end: "End | None" = None
    fault: MomentumError | None = None

    @property
    def exit_code(self) -> int:
        """As that of a run on this source alone."""
        if self.fault is not None:
            return int(self.fault.exit_code)
        return exit_code_of(self.end.reason) if self.end else int(ExitCode.DONE)


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long things may take, in seconds; tests hand in their own."""

    again_after_s: float = AGAIN_AFTER_S
    ending_s: float = ENDING_S
    clock: Callable[[], float] = monotonic


def record_many(
    wanted: Wanted,
    places: "Sequence[Place]",
    tell: "Tell",
    guard: Guard = unguarded,
    sinks_of: SinksOf = lambda place, source: (),
    pauses: Pauses | None = None,
    opening: "Callable[[Place], AudioSource] | None" = None,
) -> list[Outcome]:
    """Listen to all places until each has ended or ``guard`` asks for the end; what became of each, in their order.

    What happens is logged and told with the name of its place before it. ``opening`` opens a place; None: as its source
    says.

    Raises:
        MomentumError: nothing could begin: weights, settings, or two places that are one device.
    """
    from engine.live.many_streams import ManyStreams, SharedStreams
    from engine.publish.command import check_command

    settings = wanted.settings
    if settings.commentary is not None:
        raise UsageError(
            "a commentary belongs to one source, and these are several", "Record its source by itself, or leave it out."
        )
    if settings.separate:
        raise UsageError(
            "voices are taken out of one source at a time, and these are several",
            "Record it by itself with --separate, or leave it out.",
        )
    if settings.on_spike:
        check_command(settings.on_spike)
    refuse_one_device_twice(places)
    engine = build_engine(settings, asked=wanted.weights_named)
    shared = SharedStreams(ManyStreams(engine.network, engine.weights.config.calibration, len(places)))
    put_in_order(tell)

    def opened_apart(place: "Place") -> "AudioSource":
        # Another process looks anew for a device that was not there, and ends nothing here when one hangs.
        return open_one(wanted, place.spec, apart=True)

    run = _Run(wanted, engine, tell, sinks_of, pauses or Pauses(), opening or opened_apart)
    workers = [_Worker(run, place, replace(engine, stream=shared.stream(i))) for i, place in enumerate(places)]
    run.workers = workers
    with guard(run.stop):
        for worker in workers:
            worker.thread.start()
        run.wait()
    for worker in workers:
        worker.give_up()
        tell(worker.account())
    return [worker.outcome for worker in workers]


def worst(outcomes: Iterable[Outcome]) -> int:
    """The exit code of a run on many: that of its worst end."""
    codes = {outcome.exit_code for outcome in outcomes}
    return int(next((code for code in _WORST_FIRST if code in codes), ExitCode.DONE))


def refuse_one_device_twice(
    places: "Sequence[Place]", devices: "Callable[[], list[InputDevice]] | None" = None
) -> None:
    """Raise ``UsageError`` where two places name the same microphone in different words."""
    from engine.audio.devices import find_device, list_devices

    microphones = [place for place in places if place.microphone is not None]
    if len(microphones) < 2:
        return
    there = (devices or list_devices)()
    of_device: dict[int, Place] = {}
    for place in microphones:
        try:
            index = find_device(there, place.microphone or None).index
        except DeviceError:  # it may be plugged in later; its own thread says so
            continue
        other = of_device.setdefault(index, place)
        if other is not place:
            raise UsageError(
                f"{place.spec} and {other.spec} are the same microphone",
                "A device can be recorded once: remove one of them; 'momentum devices' lists what there is.",
            )


@dataclass(slots=True)
class _Run:
    """What all workers share."""

    wanted: Wanted
    engine: Engine
    tell: "Tell"
    sinks_of: SinksOf
    pauses: Pauses
    opening: "Callable[[Place], AudioSource]"
    stop: Stop = field(default_factory=Stop)
    workers: "list[_Worker]" = field(default_factory=list)

    def wait(self) -> None:
        """Until every worker has ended; when asked to end, for a while only."""
        asked_s: float | None = None
        while any(worker.thread.is_alive() for worker in self.workers):
            for worker in self.workers:
                worker.thread.join(0.05)
            if all(worker.missing for worker in self.workers):
                self.stop.request("nothing to listen to")
            if self.stop.reason:
                asked_s = self.pauses.clock() if asked_s is None else asked_s
                for worker in self.workers:
                    worker.woken.set()
                if self.pauses.clock() - asked_s >= self.pauses.ending_s:
                    return


class _Worker:
    """The thread of one place."""

    def __init__(self, run: _Run, place: "Place", engine: Engine) -> None:
        self._run = run
        self._place = place
        self._engine = engine
        self.outcome = Outcome(place)
        self.woken = threading.Event()
        self.missing = False
        """Whether it has never listened: its source could not be opened, and is tried again or given up."""
        self._begun = False
        # What does not end when it is asked to must not hold up the end of the program.
        self.thread = threading.Thread(target=self._work, name=f"record {place.name}", daemon=True)

    def give_up(self) -> None:
        """Wait no longer for one that did not end when it was asked to."""
        if self.thread.is_alive():
            message = f"it has not come to its end within {self._run.pauses.ending_s:g} s"
            self._failed(StuckError(message, "What it had kept by then can be read."))

    def account(self) -> str:
        """A sentence on what it heard and what was kept."""
        from engine.core.clock_text import clock_time

        outcome = self.outcome
        why = f"; it ended by a fault: {outcome.fault.message}" if outcome.fault is not None else ""
        if not outcome.session:
            return f"{self._place.name}: nothing was heard{why}"
        heard = f"{outcome.readings} readings in {clock_time(outcome.heard_s)}"
        return f"{self._place.name}: {heard}, {self._kept()} session {outcome.session}{why}"

    def _kept(self) -> str:
        from engine.core.paths import find_paths
        from engine.session.summary import row_of

        row = row_of(find_paths().sessions / self.outcome.session)
        sound = f"and {row['sound_bytes'] / 1e6:.1f} MB of sound " if row.get("sound_bytes") else ""
        if row.get("readings") == self.outcome.readings:
            return f"all kept {sound}in"
        return f"{row.get('readings', 'none that can be read')} of them kept {sound}in"

    def _work(self) -> None:
        try:
            self._until_it_begins()
        except MomentumError as fault:
            self._failed(fault)
        except Exception as fault:
            log.exception("%s: ended by a fault", self._place.name)
            self._failed(MomentumError(f"{type(fault).__name__}: {fault}", "the log has more."))
        if not self._begun:
            self.missing = True

    def _failed(self, fault: MomentumError) -> None:
        self.outcome.fault = fault
        log.error("%s: %s %s", self._place.name, fault.message, fault.hint)
        self._tell(fault.in_one_line)

    def _tell(self, sentence: str) -> None:
        self._run.tell(f"{self._place.name}: {sentence}")

    def _until_it_begins(self) -> None:
        """Listen; where the device is not there yet, try again until it is or the end is asked for."""
        pause_s = self._run.pauses.again_after_s
        said = ""
        while True:
            try:
                self._listen()
                return
            except DeviceError as fault:
                if self._begun or self._run.stop.reason:
                    raise
                if fault.message != said:
                    said = fault.message
                    log.warning("%s: %s It is tried again.", self._place.name, fault.message)
                    self._tell(f"{fault.message} It is tried again for as long as the others listen.")
                self.missing = True
                self.woken.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                if self._run.stop.reason:
                    raise

    def _listen(self) -> None:
        with self._listening() as listening:
            self._begun, self.missing = True, False
            self.outcome.session = listening.kept.session
            self._tell(f"recording {listening.opened.source.name} in session {listening.kept.session}")
            sinks = self._run.sinks_of(self._place, listening.opened.source.name)
            told = Told(self._tell)
            try:
                mine = [_Count(self.outcome), *self._own_sinks(told.say)]
                self.outcome.end = listening.listen([*mine, *sinks], tell=told.say)
            finally:
                told.again()

    def _own_sinks(self, tell: "Tell") -> "list[ReadingSink]":
        from engine.publish.log import LogSink
        from engine.publish.trouble import SaidTrouble

        return [LogSink(self._place.name), SaidTrouble(tell)]

    @contextmanager
    def _listening(self) -> Iterator[Listening]:
        """All that the source needs, closed however it ends."""
        settings = self._settings()
        source = self._run.opening(self._place)
        try:
            opened = watched(source, settings, give_up_after_s=None)
            with (
                awake_for([source]),
                keeping(opened, self._engine, settings, True, self._tell, self._place.venue) as kept,
            ):
                yield Listening(opened, self._engine, kept, self._run.stop)
        finally:
            source.close()

    def _settings(self) -> "Settings":
        """Those of a run on this source alone, which is what its session says made it."""
        return self._run.wanted.settings.model_copy(update={"source": self._place.spec, "sources": []})


class _Count:
    """Counts the readings of a source and how much of it was heard."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def write(self, event: Event) -> None:
        """Count it, if it is a reading."""
        if isinstance(event, Reading):
            self._outcome.readings += 1
            self._outcome.heard_s = event.t

    def flush(self) -> None:
        """Nothing waits here."""
