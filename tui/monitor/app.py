"""The Textual application: themes, signals, the command palette; the screen itself is ``screens/monitor.py``."""

import asyncio
import os
import platform
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Generic, TypeVar

from textual.app import App, SystemCommand
from textual.events import Key as KeyPressed
from textual.screen import Screen
from textual.widgets import Input

from engine.core.errors import ExitCode
from tui.monitor.feed import SessionFeed
from tui.monitor.glyphs import ASCII, UNICODE, Glyphs
from tui.monitor.keys import KEYS, Key, check_keymap
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.terminal_driver import TerminalDriver, choose_driver
from tui.monitor.themes import THEME_NAMES, THEMES, choose_theme

_SIGNALS = {
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,
    signal.SIGINT: ExitCode.INTERRUPTED,
}
_TERMINAL = 1
"""The file descriptor of the terminal: keys may come from elsewhere, where standard input is sound."""
_LOOK_FOR_TERMINAL_S = 0.5
"""Sooner than thirty pictures are drawn: so many Textual's own drivers take for a terminal that is gone, and then they
wait for ever."""
S = TypeVar("S")


class TerminalApp(App[int], Generic[S]):
    """What every screen of the program has: something that it shows, themes, keys, signals, the command palette."""

    TITLE = "Acoustic Momentum"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING: ClassVar[str] = "ctrl+p"
    TABLE: ClassVar[tuple[Key, ...]] = KEYS
    """The keys whose actions the palette lists."""

    def __init__(
        self,
        shown: S,
        settings: MonitorSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        wanted = choose_theme(settings.theme, environ)
        # Textual takes NO_COLOR out of the environment here, and would otherwise turn the terminal's own colours, of
        # which it knows nothing, into black on black.
        plain = True if environ.get("NO_COLOR") else None
        super().__init__(driver_class=choose_driver(environ, platform.system()), ansi_color=plain)
        self.shown = shown
        self.glyphs: Glyphs = ASCII if settings.ascii else UNICODE
        self._clock = clock
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = wanted
        self.set_keymap(check_keymap(settings.keys))
        self.settings = settings

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(THEMES[0].variables)

    def on_mount(self) -> None:
        if not self.is_headless:
            self._take_signals()

    def on_key(self, event: KeyPressed) -> None:
        """A field takes what is typed before it gets here. What does get here while one is in focus was typed so fast
        that it was on its way to another panel when the field came up: it belongs to the field as well."""
        field = self.focused
        if isinstance(field, Input) and event.is_printable and event.character is not None:
            field.insert_text_at_cursor(event.character)
            event.prevent_default()
        elif isinstance(self.screen, Ask) and event.character is not None:
            self.screen.call_later(self.screen.answer, event.character)

    def _take_signals(self) -> None:
        """End as on ``q`` when asked from outside: signals left to Python would leave the terminal raw."""
        loop = asyncio.get_running_loop()
        for number, code in _SIGNALS.items():
            loop.add_signal_handler(number, self.exit, int(code), int(code))
        self.set_interval(_LOOK_FOR_TERMINAL_S, self._end_with_the_terminal)

    def _end_with_the_terminal(self) -> None:
        """SIGHUP goes to the first program of a terminal, and ``make``, for one, hands it on to nobody."""
        if not os.isatty(_TERMINAL):
            self.exit(int(ExitCode.TERMINATED), int(ExitCode.TERMINATED))
        elif isinstance(self._driver, TerminalDriver) and not self._driver.can_draw:  # a picture that stands still
            self.exit(int(ExitCode.FAILED), int(ExitCode.FAILED))

    async def action_quit(self) -> None:
        """Ctrl+Q: as on ``q``. A dialog is left first."""
        await self.screen.run_action("quit") if hasattr(self.screen, "action_quit") else self.pop_screen()

    def action_help_quit(self) -> None:
        """Ctrl+C ends the program."""
        self.exit(int(ExitCode.INTERRUPTED), int(ExitCode.INTERRUPTED))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action by name, and the themes."""
        for key in self.TABLE:
            yield SystemCommand(
                key.id.removeprefix("wall_").replace("_", " ").capitalize(), key.help, _Run(screen, key.action)
            )
        for name in THEME_NAMES:
            yield SystemCommand(f"Theme {name.removeprefix('momentum-')}", "Colours", _Set(self, name))


class MonitorApp(TerminalApp[SessionFeed]):
    """Shows a session until a person, a signal or nobody's terminal ends it."""

    CSS_PATH = "monitor.tcss"

    @property
    def feed(self) -> SessionFeed:
        """The session that the program itself was started for."""
        return self.shown

    def get_default_screen(self) -> Screen[None]:
        return MonitorScreen(self.shown, self.settings, self.glyphs, self._clock)

    async def action_quit(self) -> None:
        """Ctrl+Q: as on ``q``, so that no recording ends by accident. A dialog is left first."""
        if isinstance(self.screen, MonitorScreen):
            self.screen.action_quit()
        else:
            self.pop_screen()

    def action_help_quit(self) -> None:
        """Ctrl+C: as on ``q``, and pressed again, over the question, it ends the program."""
        if isinstance(self.screen, MonitorScreen):
            self.screen.action_quit()
        else:
            self.exit(int(ExitCode.INTERRUPTED), int(ExitCode.INTERRUPTED))


class _Run:
    """Runs an action of a screen; called by the palette after it has closed."""

    def __init__(self, screen: Screen[object], action: str) -> None:
        self._screen, self._action = screen, action

    def __call__(self) -> object:
        return self._screen.run_action(self._action)


class _Set:
    """Sets a theme."""

    def __init__(self, app: App[int], name: str) -> None:
        self._app, self._name = app, name

    def __call__(self) -> None:
        self._app.theme = self._name
