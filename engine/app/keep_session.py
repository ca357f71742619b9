"""What ``live`` and ``record`` keep of a run: its session, a hold on its device, a command for its spikes."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from engine.app.keep_awake import kept_awake
from engine.app.stray_output import STRAY_OUTPUT, Bounded

if TYPE_CHECKING:
    from pathlib import Path

    from engine.app.built_engine import Engine
    from engine.app.publishing import Published
    from engine.audio.source import AudioSource
    from engine.audio.watchdog import Watchdog
    from engine.core.run_protocols import ReadingSink, SoundSink
    from engine.core.settings import Settings
    from engine.core.telling import Tell
    from engine.publish.command import SpikeHook
    from engine.session import SessionWriter
    from engine.session.recording_problems import NotKept

_PIPE_GIVES_UP_AFTER_S: Final = 30.0
LIVE_GIVES_UP_AFTER_S: Final = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A source, and the watchdog that looks after it."""

    source: "AudioSource"
    watchdog: "Watchdog"
    exclusive: bool = False
    """Whether only one process at a time should listen to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What goes on beside the listening; ``writer`` is None where no session is kept."""

    writer: "SessionWriter | None" = None
    hook: "SpikeHook | None" = None
    sinks: "list[ReadingSink]" = field(default_factory=list)
    published: "Published | None" = None

    @property
    def session(self) -> str:
        """The session's name, empty where none is kept."""
        return self.writer.name if self.writer else ""

    @property
    def sound_sinks(self) -> "list[SoundSink]":
        """Who is given the sound: the session, which knows whether to keep it."""
        return [self.writer] if self.writer else []

    def take_notices(self) -> Sequence[str]:
        """What a person should know about the keeping."""
        kept = self.writer.take_notices() if self.writer else ()
        return [*kept, *self.published.take_notices()] if self.published else kept

    def not_kept(self) -> "NotKept":
        """What does not get onto the disk at the moment; nothing where no session is kept."""
        from engine.session.recording_problems import NotKept

        return self.writer.not_kept if self.writer else NotKept()


def watched(source: "AudioSource", settings: "Settings", give_up_after_s: float | None) -> Opened:
    """Put ``source`` under watch: a microphone is opened anew, by its name, when it is lost, and so is an address.

    ``give_up_after_s`` is how long it may stay away; None for ever.
    """
    from engine.audio.calls_with_deadline import PATIENCE_S
    from engine.audio.devices import refresh_devices
    from engine.audio.microphone import Microphone
    from engine.audio.microphone_process import MicrophoneProcess
    from engine.audio.network_source import LiveAddress, watch_settings
    from engine.audio.reconnecting import WatchedSource
    from engine.audio.watchdog import Watchdog, WatchSettings

    if isinstance(source, LiveAddress):
        watchdog = Watchdog(watch_settings(give_up_after_s))
        return Opened(WatchedSource(source, source.open_again, watchdog), watchdog)
    if isinstance(source, MicrophoneProcess):
        watchdog = Watchdog(WatchSettings(give_up_after_s=give_up_after_s))
        return Opened(WatchedSource(source, source.open_again, watchdog), watchdog, exclusive=True)
    if not isinstance(source, Microphone):
        patience_s = _PIPE_GIVES_UP_AFTER_S if source.live else None
        return Opened(source, Watchdog(WatchSettings(give_up_after_s=patience_s), reopens=False))
    name = source.name

    def reopen() -> Microphone:
        # PortAudio lists devices once; what was plugged in again since then would not be found.
        refresh_devices()
        return Microphone(name, rate_hz=settings.microphone_rate_hz, queue_s=settings.microphone_queue_s)

    watchdog = Watchdog(WatchSettings(give_up_after_s=give_up_after_s))
    guarded = WatchedSource(source, reopen, watchdog, patience_s=PATIENCE_S)
    return Opened(guarded, watchdog, exclusive=True)


@contextmanager
def recording(opened: Opened, engine: "Engine", settings: "Settings", keep: bool, tell: "Tell") -> Iterator[Recording]:
    """Begin a session, where one is to be kept, and end it however the run ends.

    What a killed recorder left behind is put in order first, and told; ``tell`` hears, too, what is not kept.

    Raises:
        MomentumError: no session can be kept, the device is recorded by another process, or the hook can't be run; at
            the end, what was heard could be written nowhere.
    """
    with awake_for([opened.source]):
        if keep:
            put_in_order(tell)
        with keeping(opened, engine, settings, keep, tell) as kept:
            yield kept


def awake_for(sources: "Sequence[AudioSource]") -> AbstractContextManager[None]:
    """While inside, the machine stays awake if one of them is live."""
    return kept_awake(platform.system()) if any(source.live for source in sources) else nullcontext()


def put_in_order(tell: "Tell") -> None:
    """Finish what a killed recorder left behind, and tell of it."""
    from engine.core.paths import find_paths
    from engine.session import Clocks
    from engine.session.finish_interrupted import settle_all

    for sentence in settle_all(find_paths().sessions, Clocks(), os.getpid(), places_for_spills()):
        tell(sentence)


@contextmanager
def keeping(
    opened: Opened, engine: "Engine", settings: "Settings", keep: bool, tell: "Tell", venue: str = ""
) -> Iterator[Recording]:
    """A session for one source, where one is to be kept, with all that goes on beside it; entered once a session.

    ``venue``: where it is heard. Raises as ``recording``.
    """
    from engine.core.paths import find_paths
    from engine.publish.command import SpikeHook

    hook = SpikeHook(settings.on_spike, venue=venue) if settings.on_spike else None
    if settings.publish.anybody:
        from engine.app.publishing import check_packages

        check_packages(settings.publish)  # before there is a session that nobody wants
    bounded = Bounded(find_paths().log / STRAY_OUTPUT)
    try:
        with (
            _session(opened, engine, settings, tell, venue) if keep else nullcontext() as writer,
            # Within the session: who follows it lets go before it is made one plain file.
            _published(settings, writer, tell, venue) as published,
        ):
            first: list[ReadingSink | None] = [writer, hook, bounded]
            sinks = [sink for sink in first if sink is not None]
            yield Recording(writer, hook, [*sinks, *published.sinks] if published else sinks, published)
    finally:
        if hook is not None:
            hook.close()


@contextmanager
def _published(
    settings: "Settings", writer: "SessionWriter | None", tell: "Tell", venue: str
) -> "Iterator[Published | None]":
    """Who is told of the run; where the settings name nobody, nothing of it is even imported."""
    if not settings.publish.anybody:
        yield None
        return
    from engine.app.publishing import publishing
    from engine.core.paths import find_paths

    with publishing(settings.publish, writer, find_paths().sessions, tell, venue or None) as published:
        yield published


@contextmanager
def _session(
    opened: Opened, engine: "Engine", settings: "Settings", tell: "Tell", venue: str
) -> "Iterator[SessionWriter]":
    from engine.core.paths import find_paths
    from engine.core.settings import shown_settings
    from engine.session import Clocks, SessionWriter
    from engine.session.clocks import iso
    from engine.session.device_lock import hold_device
    from engine.session.disk_space import DiskKeeper, DiskSettings
    from engine.session.file_lock import Holder

    root, clocks = find_paths().sessions, Clocks()
    room = DiskSettings(round(settings.sound_budget_gb * 1e9), round(settings.sound_reserve_gb * 1e9))
    holder = Holder(os.getpid(), iso(clocks.utc()), opened.source.name, "")
    # The device first: whoever is refused it leaves no empty session behind.
    with hold_device(root, holder.source, holder) if opened.exclusive else nullcontext() as device:
        writer = SessionWriter.create(
            root,
            opened.source.name,
            keep_sound=settings.record_sound,
            disk=DiskKeeper(root, room),
            settings=shown_settings(settings),
            weights=_identity(engine),
            clocks=clocks,
            spills=places_for_spills(),
            venue=venue,
        )
        for line in writer.not_kept.lines():
            tell(line)
        try:
            if device is not None:
                device.describe(replace(holder, session=writer.name))
            yield writer
        finally:
            _close(writer, tell)


def _close(writer: "SessionWriter", tell: "Tell") -> None:
    """End the session; what a person should know of its last moments comes when the screen is left."""
    writer.take_notices()
    try:
        writer.close()
    finally:
        for notice in writer.take_notices():
            tell(notice)


def places_for_spills() -> "tuple[Path, ...]":
    """Where what a full disk does not take is written, and looked for."""
    import tempfile
    from pathlib import Path

    from engine.core.paths import find_paths
    from engine.session.spill import spill_folders

    return spill_folders(find_paths(), Path(tempfile.gettempdir()))


def _identity(engine: "Engine") -> dict[str, Any]:
    config = engine.weights.config
    return {
        "name": config.name,
        "trained": config.trained,
        "label_rule": config.label_rule,
        "sha256": engine.weights.checksum,
        "operating_points": [dict(point) for point in config.operating_points],
        "calibration": config.calibrated_on,
    }
