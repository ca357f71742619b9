"""The index now: large, with its state in words."""

from textwrap import wrap

from engine.core.heard_tags import NOTHING_CLEAR
from engine.core.signals import End
from tui.monitor.glyphs import Glyphs
from tui.monitor.model import Moment
from tui.monitor.widgets.paint import Line, Piece, ShowingOfSession, fit, rule, width_of
from tui.monitor.words import Tone, describe

_DIGIT_ROWS = 3
_NO_NUMBER = "-.--"


def big_number(value: float | None, glyphs: Glyphs) -> list[str]:
    """Three rows that spell ``value`` with two decimals, or dashes where there is no number."""
    text = _NO_NUMBER if value is None else f"{value:.2f}"
    digits = [glyphs.digits[character] for character in text]
    return [" ".join(digit[row] for digit in digits) for row in range(_DIGIT_ROWS)]


def index_lines(
    moment: Moment | None, end: End | None, width: int, height: int, glyphs: Glyphs, trained: bool = True
) -> list[Line]:
    """The panel at any size: number and state beside each other, one line of both where there is no room."""
    if moment is None:
        return [[Piece("")]] * height
    state = describe(moment, end, trained)
    fresh = state.tone not in (Tone.ABSENT, Tone.FAULT)
    value = moment.reading.pressure if moment.reading is not None and fresh else None
    tone = str(state.tone)
    word = Piece(f" {glyphs.tones[state.tone]} {state.word} ", f"{tone}-word")
    spelled = [f" {row}  " for row in big_number(value, glyphs)]
    if height < _DIGIT_ROWS or width_of([Piece(spelled[0]), word]) > width:
        number = Piece("--" if value is None else f"{value:.2f}", tone)
        first: Line = [number, Piece(" "), word]
        if height == 1:
            return [[*first, Piece(f" {state.sentence}", "faint")]]
        words = wrap(state.sentence, max(width - 1, 8), max_lines=height - 1, placeholder=glyphs.ellipsis)
        return [first, *([Piece(f" {text}", "faint")] for text in words)]
    titled = height > _DIGIT_ROWS
    lines: list[Line] = [rule("Attack pressure", width, glyphs)] if titled else []
    words = wrap(state.sentence, max(width - len(spelled[0]) - 1, 8), max_lines=2, placeholder=glyphs.ellipsis)
    below: list[Line] = [[Piece(f" {text}")] for text in words]
    if len(words) < 2:
        below.append([Piece(f" {state.beneath}", "faint")])
    number_style = "absent" if value is None else tone
    for row, line in zip(spelled, [[word], *below], strict=True):
        lines.append(fit([Piece(row, number_style), *line], width))
    spare = height - len(lines)
    if titled and spare >= 1 and moment.heard is not None and fresh:
        lines.append(fit([Piece(" heard: ", "faint"), Piece(moment.heard or NOTHING_CLEAR)], width))
        spare -= 1
    if spare >= 2:
        lines.insert(1, [Piece("")])
    if spare >= 3:
        lines.append([Piece("")])
    return lines


class IndexPanel(ShowingOfSession[tuple[Moment, End | None]]):
    """The number a newcomer looks at first."""

    NAME = "Attack pressure"
    HELP = (
        "The attack pressure index, between 0 and 1, about ten times a second: how likely it is, by the sound of the "
        "crowd, that this moment lies close to a goal or a good chance. Of the moments shown as 0.70 about 70 % do, "
        "with trained weights.\n"
        "CALM: nothing is building.  BUILDING: more than 60 % of the alarm line.  ALARM: above it.\n"
        "Without a number the panel says why: warming up, silent, stalled, lost. A number is never old.\n"
        "Weights that tell kinds of sound add a line: what was heard in the last ten seconds, the likeliest first."
    )

    def draw(self, width: int, height: int) -> list[Line]:
        moment, end = self.value or (None, None)
        return index_lines(moment, end, width, height, self.glyphs, self.info.trained)
