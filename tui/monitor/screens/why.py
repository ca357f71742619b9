"""Why the index stood where it did: computed beside the screen, shown over it."""

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.worker import get_current_worker

from engine.core.errors import MomentumError
from engine.explain.explanation import Explanation
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.why import WhyPanel

_WAITING = "hearing the 39 s before it again; a first answer comes at once and is refined, and the listening goes on"


Ask: TypeAlias = Callable[[Callable[[], bool], Callable[[Explanation], None]], Explanation]
"""Explains a moment; given are whether somebody still waits, and what shows an answer that is not refined yet."""


class WhyScreen(ModalScreen[None]):
    """Explains one moment; Escape leaves it, whether it has an answer yet or not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w", "dismiss", "close", show=False),
        Binding("ctrl+c", "app.help_quit", "quit", show=False),
    ]

    def __init__(self, t: float, ask: Ask, glyphs: Glyphs) -> None:
        """``ask`` gives the explanation of the moment near ``t`` seconds. It is called once, in a thread."""
        super().__init__()
        self._t = t
        self._ask = ask
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        yield WhyPanel(self._glyphs, self._t, _WAITING, id="why")

    def on_mount(self) -> None:
        self.run_worker(self._explain, thread=True, exit_on_error=False)

    def _explain(self) -> None:
        panel = self.query_one(WhyPanel)
        try:
            explanation = self._ask(self._wanted, lambda draft: self._tell(panel.sketch, draft))
        except MomentumError as error:
            self._tell(panel.fail, error.message, error.hint)
        except OSError as error:
            self._tell(panel.fail, f"it can't be heard again: {error.strerror or error}", "")
        else:
            self._tell(panel.show, explanation)

    def _wanted(self) -> bool:
        return not get_current_worker().is_cancelled

    def _tell(self, show: Callable[..., None], *what: object) -> None:
        if self._wanted():  # a person may have left meanwhile
            self.app.call_from_thread(show, *what)
