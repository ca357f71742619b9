"""``momentum record``: listens and keeps a session, without a screen."""

from typing import Annotated

import typer

from engine.app.stray_output import libraries_kept_quiet
from tui.cli.commands.live import ON_SPIKE_HELP, SOURCE_HELP, EngineOption
from tui.cli.output import say


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
    from engine.app import record as recorder
    from engine.app.ending import ending_on_signals, exit_code_of
    from engine.app.listen import Wanted, speed_of
    from engine.core.paths import find_paths
    from engine.publish.log import log_to
    from tui.monitor.settings import settings_for

    pace = speed_of(speed)
    flags = {"source": source, "weights": weights, "engine": engine_choice}
    settings = settings_for({**flags, "record_sound": sound, "on_spike": on_spike})
    log_to(find_paths().log / "record.log", settings.log_level)
    wanted = Wanted(settings, pace, rate, channels, weights_named=weights is not None, gives_up_after_s=None)
    end = recorder.record(wanted, say, lambda stop: ending_on_signals(stop, outlives_terminal=True))
    return exit_code_of(end.reason)
