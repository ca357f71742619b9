"""An application on a terminal that nobody sees, with a pilot and a clock that the test turns."""

from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from tui.monitor.app import TerminalApp
from tui.monitor.widgets.paint import Painted, text_of


@dataclass
class Staged:
    """``screen`` is the application's own, whatever lies over it."""

    app: TerminalApp[Any]
    pilot: Pilot[int]
    clock: list[float]

    @property
    def screen(self) -> Any:
        return self.app.screen_stack[0]

    def text(self, kind: type[Painted], screen: Screen[Any] | None = None) -> str:
        widget = (screen or self.screen).query_one(kind)
        return "\n".join(text_of(widget.draw(widget.content_size.width, widget.content_size.height)))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def tick(self, seconds: float = 0.0) -> None:
        self.clock[0] += seconds
        self.screen.tick()
        await self.pilot.pause()
