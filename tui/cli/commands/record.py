"""``momentum record``: listens and keeps a session, without a screen."""

import logging
from typing import Annotated

import typer

from engine.app.stray_output import libraries_kept_quiet
from tui.cli.commands.live import ON_SPIKE_HELP, SOURCE_HELP, EngineOption
from tui.cli.output import say

log = logging.getLogger(__name__)


@libraries_kept_quiet()
def record(
    source: Annotated[str | None, typer.Argument(help=SOURCE_HELP, show_default=False)] = None,
    sound: Annotated[
        bool | None, typer.Option("--sound/--no-sound", help="Keep the sound in the session too.", show_default=False)
    ] = None,
    speed: Annotated[str, typer.Option(help="For files and the demo: a factor of real time, or max.")] = "1",
    rate: Annotated[int, typer.Option(help="Samples a second of the raw PCM on standard input.")] = 22050,
    channels: Annotated[int, typer.Option(help="Channels of the raw PCM on standard input.")] = 1,
    weights: Annotated[str | None, typer.Option(help="Installed weights by name, or a folder.")] = None,
    engine_choice: EngineOption = None,
    on_spike: Annotated[str | None, typer.Option(help=ON_SPIKE_HELP, show_default=False)] = None,
) -> int:
    """Listen and record without a screen: for a service, or a terminal that may be closed.

    A lost microphone or address is opened again however long it takes. 'momentum watch' shows what is heard; SIGTERM
    or Ctrl-C ends the session cleanly; what happened is in the log file too.

    Exit codes: 0 the sound ended, 1 readings could be written nowhere, 3 no microphone or address, 4 weights, 5 bad
    file, 6 the system's sound hangs, 130 and 143 ended by a signal.

    Example: momentum record mic:scarlett --sound
    """
    from engine.app.listening import build_engine, ending_on_signals, exit_code_of, open_asked, settings_for, speed_of
    from engine.app.recording import recording, watched
    from engine.core.errors import MomentumError
    from engine.core.paths import find_paths
    from engine.live.monitor_loop import Monitor, Stop
    from engine.live.spike_detector import SpikeDetector
    from engine.publish.log import LogSink, log_to

    pace = speed_of(speed)
    flags = {"source": source, "weights": weights, "engine": engine_choice}
    settings = settings_for({**flags, "record_sound": sound, "on_spike": on_spike})
    log_to(find_paths().log / "record.log", settings.log_level)
    try:
        engine = build_engine(settings, asked=weights is not None)
        asked = open_asked(settings, pace, rate, channels)
    except MomentumError as error:
        # A service's own output goes where nobody looks.
        log.error("%s %s", error.message, error.hint)
        raise
    except Exception:
        log.exception("the recorder could not begin")
        raise
    try:
        opened = watched(asked, settings, give_up_after_s=None)
        stop = Stop()
        with recording(opened, engine, settings, keep=True) as kept:
            monitor = Monitor(
                opened.source,
                engine.stream,
                SpikeDetector(engine.spikes),
                [*kept.sinks, LogSink()],
                stop,
                watchdog=opened.watchdog,
                notices=kept.take_notices,
            )
            with ending_on_signals(stop, outlives_terminal=True):
                say(f"recording {opened.source.name} in session {kept.session}")
                end = monitor.run(engine.start(opened.source.name, kept.session))
    except MomentumError as error:
        log.error("%s %s", error.message, error.hint)
        raise
    except Exception:
        log.exception("the recorder ended by a fault")
        raise
    finally:
        asked.close()
    return exit_code_of(end.reason)
