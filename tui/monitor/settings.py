"""What a person can set about the monitor; the configuration and the command line fill it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core.settings import Loaded, Settings


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """``fps`` is how often a second the screen looks for something new; 0 leaves that to the caller (tests)."""

    theme: str = "auto"
    ascii: bool = False
    mouse: bool = True
    fps: int = 12
    bell: bool = True
    """Ring the terminal's bell at a spike and when the listening breaks; at most once in ten seconds."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key names by binding id, instead of the built-in ones."""
    pictures: Path = Path()
    """Folder for screenshots, exports and clips; made when first needed."""
    speed: float = 1.0
    """How fast a replay plays at first."""
    sessions: Path | None = None
    """Folder of the sessions that can be picked; None: there are none."""
    watch_moves_on: bool = True
    """Whether a watched session that ended is followed by the next one of its device."""


def read_settings(
    file: Path, environ: Mapping[str, str] = os.environ, flags: Mapping[str, object] | None = None
) -> "Loaded":
    """``engine.core.settings.load_settings``, and the keys of the monitor are checked as well: the engine knows none.

    Raises ``UsageError`` as that does, and for keys that the monitor could not take.
    """
    from engine.core.settings import load_settings, variable
    from tui.monitor.keys import check_keymap

    loaded = load_settings(file, environ, flags)
    by = loaded.set_by["keys"]
    check_keymap(loaded.settings.keys, f"{file}: [keys]" if by == "file" else f"{variable('keys')} in the environment")
    return loaded


def settings_for(flags: Mapping[str, object]) -> "Settings":
    """The program's own settings, checked, with ``flags`` on top; a flag that is None was not given."""
    from engine.core.paths import find_paths

    return read_settings(find_paths().config_file, flags=flags).settings


def monitor_settings(
    settings: "Settings", pictures: Path, speed: float = 1.0, sessions: Path | None = None
) -> MonitorSettings:
    """What the configuration says of the monitor."""
    return MonitorSettings(
        theme=settings.theme,
        ascii=settings.ascii,
        mouse=settings.mouse,
        fps=settings.fps,
        bell=settings.bell,
        keys=settings.keys,
        pictures=pictures,
        sessions=sessions,
        watch_moves_on=settings.watch_moves_on,
        speed=speed,
    )
