"""One dialog for everything that is asked: a few choices with a letter each, then perhaps a note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.core.text import plain
from tui.monitor.glyphs import UNICODE, Glyphs


@dataclass(frozen=True, slots=True)
class Choice:
    """``letter`` chooses it at once. With ``act`` it does that and the question stays."""

    letter: str
    value: str
    text: str
    act: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something to choose; ``first`` is the choice that Enter takes."""

    text: str
    choices: tuple[Choice, ...]
    first: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The values chosen, in the order of the questions, and the note."""

    values: tuple[str, ...]
    note: str = ""


NOTE_LIMIT = 500


class Ask(ModalScreen[Answer | None]):
    """Asks one question after the other; Escape leaves without an answer.

    ``chosen`` is called with the values so far after each choice: what a person has said is not lost with Escape.
    """

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (9, "-short"), (18, "-middling")]  # noqa: RUF012 - declared so by Screen
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", show=False),
        Binding("ctrl+c", "app.help_quit", "quit", show=False),
    ]

    def __init__(
        self,
        title: str,
        questions: Sequence[Question],
        glyphs: Glyphs,
        *,
        note: str = "",
        about: str = "",
        noted: str = "",
        chosen: Callable[[tuple[str, ...]], None] | None = None,
    ) -> None:
        """``note`` asks for a note at the end, and ``noted`` is what it says already."""
        super().__init__()
        self._noted = noted
        self._chosen = chosen
        self._title = title
        self._questions = list(questions)
        self._note = note
        self._about = about
        self._glyphs = glyphs
        self._values: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="" if self._glyphs is UNICODE else "-ascii") as dialog:
            dialog.border_title = Content(self._title).markup
            if self._about:
                yield Static(Content(self._about), id="about")
            yield Static(id="question")
            yield OptionList(id="choices")
            if self._note:
                yield Input(self._noted, placeholder=self._note, max_length=NOTE_LIMIT, id="note")
            yield Static(id="said")
            yield Static(id="keys")

    def on_mount(self) -> None:
        if self._note:
            self.query_one(Input).display = False
        self._ask_next()

    @property
    def _question(self) -> Question | None:
        return self._questions[len(self._values)] if len(self._values) < len(self._questions) else None

    def _ask_next(self) -> None:
        question = self._question
        if question is not None:
            self.query_one("#question", Static).update(Content(question.text))
            options = self.query_one(OptionList)
            options.clear_options()
            options.add_options([Option(Content(f"{choice.letter}  {choice.text}")) for choice in question.choices])
            options.highlighted = question.first
            options.focus()
            self._explain(f"letter or Enter chooses, Escape {'closes' if self._chosen else 'cancels'}")
        elif self._note:
            self.query_one(OptionList).display = False
            self.query_one("#question", Static).update(
                Content(": ".join(part for part in ("/".join(self._values), self._note) if part))
            )
            field = self.query_one(Input)
            field.display = True
            field.focus()
            kept = "keeps" if self._questions else "takes"
            self._explain(f"Enter {kept} it, Escape {'leaves it out' if self._chosen else 'cancels'}")
        else:
            self.dismiss(Answer(tuple(self._values)))

    def tell(self, text: str) -> None:
        """Say how something went that was done from here."""
        said = self.query_one("#said", Static)
        said.update(Content(plain(text)))
        said.add_class("-on")

    def _explain(self, text: str) -> None:
        self.query_one("#keys", Static).update(Content(text))

    def _choose(self, choice: Choice) -> None:
        if choice.act is not None:
            choice.act()
            return
        self._values.append(choice.value)
        if self._chosen is not None:
            self._chosen(tuple(self._values))
        self._ask_next()

    def on_key(self, event: Key) -> None:
        if event.character is not None and self.answer(event.character):
            event.stop()

    def answer(self, letter: str) -> bool:
        """Choose what ``letter`` stands for; whether it stands for anything."""
        for choice in self._question.choices if self._question is not None else ():
            if choice.letter == letter.lower():
                self._choose(choice)
                return True
        return False

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        question = self._question
        if question is not None:
            self._choose(question.choices[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(Answer(tuple(self._values), plain(event.value, NOTE_LIMIT)))

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
