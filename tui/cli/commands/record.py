"""``momentum record``: listens and keeps a session, or one for each of several sources, without a screen."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from engine.app.stray_output import libraries_kept_quiet
from tui.cli.commands.live import (
    ON_SPIKE_HELP,
    SOURCE_HELP,
    Channels,
    Commentary,
    EngineOption,
    KeepSound,
    Rate,
    Separate,
    Speed,
    WeightsOption,
)
from tui.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.app.listen import Wanted
    from engine.app.record import Guard
    from engine.core.run_protocols import ReadingSink
    from engine.core.settings import Settings
    from engine.core.venue_sources import Place

SOURCES_HELP = (
    f"{SOURCE_HELP.partition('Without it')[0]}Several: a session each. "
    "Without: the configured sources, or the configured source, else the default microphone, else the demo."
)


@libraries_kept_quiet()
def record(
    sources: Annotated[list[str] | None, typer.Argument(help=SOURCES_HELP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines as well, each with its source's venue.")] = False,
    sound: KeepSound = None,
    speed: Speed = "1",
    rate: Rate = 22050,
    channels: Channels = 1,
    weights: WeightsOption = None,
    engine_choice: EngineOption = None,
    commentary: Commentary = None,
    separate: Separate = None,
    on_spike: Annotated[str | None, typer.Option(help=ON_SPIKE_HELP, show_default=False)] = None,
) -> int:
    """Listen and record without a screen: for a service, or a terminal that may be closed.

    Several sources are heard side by side, each in a session of its own: one that is lost or whose disk is full takes
    nothing from the others. A lost microphone or address is opened again however long it takes. 'momentum watch' shows
    what is heard; SIGTERM or Ctrl-C ends all sessions cleanly; what happened is in the log file too.

    Exit codes: 0 the sound ended, 1 readings could be written nowhere, 3 no microphone or address, 4 weights, 5 bad
    file, 6 the system's sound hangs, 130 and 143 ended by a signal. Of several sources the worst end counts, in the
    order 6, 1, 3, 5, 4, 2, 143, 130, 0.

    Example: momentum record mic:north mic:south --sound
    """
    from engine.app.ending import ending_on_signals
    from engine.app.listen import Wanted, speed_of
    from engine.core.paths import find_paths
    from engine.publish.log import log_to
    from tui.monitor.settings import settings_for

    pace = speed_of(speed)
    one = sources[0] if sources and len(sources) == 1 else None
    flags = {"source": one, "weights": weights, "engine": engine_choice, "separate": separate}
    settings = settings_for({**flags, "record_sound": sound, "on_spike": on_spike, "commentary": commentary})
    places = _places(sources or [], settings)
    log_to(find_paths().log / "record.log", settings.log_level)
    wanted = Wanted(settings, pace, rate, channels, weights_named=weights is not None, gives_up_after_s=None)

    def guard(stop):  # type: ignore[no-untyped-def]
        return ending_on_signals(stop, outlives_terminal=True)

    return _record_many(wanted, places, guard, as_json) if places else _record_one(wanted, guard, as_json)


def _places(sources: list[str], settings: "Settings") -> "list[Place]":
    """What is to be recorded side by side; nothing for one source, which nobody has to tell from others."""
    from engine.core.venue_sources import places_named, places_of

    if len(sources) > 1:
        return places_named(sources)
    return [] if sources else places_of(settings.sources)


def _record_one(wanted: "Wanted", guard: "Guard", as_json: bool) -> int:
    from engine.app import record as recorder
    from engine.app.ending import exit_code_of

    return exit_code_of(recorder.record(wanted, say, guard, lambda source: _lines(source, as_json)).reason)


def _record_many(wanted: "Wanted", places: "list[Place]", guard: "Guard", as_json: bool) -> int:
    from engine.app.record_many import record_many, worst

    return worst(record_many(wanted, places, say, guard, lambda place, _: _lines(place.venue, as_json)))


def _lines(venue: str, as_json: bool) -> "Sequence[ReadingSink]":
    from engine.publish.lines import JsonLines, WhileRead

    return [WhileRead(JsonLines(sys.stdout, {"venue": venue}), say)] if as_json else []
