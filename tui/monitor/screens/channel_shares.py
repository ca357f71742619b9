"""What each channel added to a spotted event, over the monitor; Escape leaves it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from engine.core.spotted import Spotted
from tui.monitor.glyphs import Glyphs
from tui.monitor.screens.why import WhyScreen
from tui.monitor.widgets.spotted import SharesPanel


class SharesScreen(ModalScreen[None]):
    """Known at once, since the session keeps the shares."""

    BINDINGS: ClassVar[list[BindingType]] = [*WhyScreen.BINDINGS]

    def __init__(self, event: Spotted, glyphs: Glyphs) -> None:
        super().__init__()
        self._event = event
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        yield SharesPanel(self._glyphs, self._event, id="why")
