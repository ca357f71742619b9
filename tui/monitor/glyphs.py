"""The characters that the widgets draw with: a set for terminals with Unicode and one for those without."""

from dataclasses import dataclass

from tui.monitor.words import Tone


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One way to draw. Strings of bars go from empty to full; every glyph takes one cell."""

    bars: str
    """Fill of a cell from its bottom."""
    sliver: str
    """Fill of a cell from its left."""
    shades: str
    height: str
    """One tenth of a small bar."""
    line: str
    """The threshold, where no bar is in the way."""
    nothing: str
    """A column without a number."""
    axis: str
    tick: str
    spike: str
    rejected: str
    mark: str
    cursor: str
    caret: str
    hold: str
    pointer: str
    ellipsis: str
    dot: str
    minus: str
    live: str
    frozen: str
    playing: str
    ended: str
    tones: dict[Tone, str]
    verdicts: dict[str, str]
    digits: dict[str, tuple[str, str, str]]
    arrows: dict[str, str]
    border: str


def _digits(rows: tuple[str, str, str], width: int, dot: str) -> dict[str, tuple[str, str, str]]:
    """Cut ten digits and a dash out of three rows; a dot takes one cell."""

    def column(row: str, index: int) -> str:
        return row[index * (width + 1) :][:width].ljust(width)

    digits = {
        character: (column(rows[0], index), column(rows[1], index), column(rows[2], index))
        for index, character in enumerate("0123456789-")
    }
    return digits | {".": (" ", " ", dot)}


_BLOCK_DIGITS = _digits(
    (
        "█▀▀█ ▀█   ▀▀▀█ ▀▀▀█ █  █ █▀▀▀ █▀▀▀ ▀▀▀█ █▀▀█ █▀▀█     ",
        "█  █  █   █▀▀▀  ▀▀█ ▀▀▀█ ▀▀▀█ █▀▀█   █  █▀▀█ ▀▀▀█ ▀▀▀ ",
        "▀▀▀▀ ▀▀▀  ▀▀▀▀ ▀▀▀▀    ▀ ▀▀▀▀ ▀▀▀▀   ▀  ▀▀▀▀ ▀▀▀▀     ",
    ),
    4,
    "▀",
)
_LINE_DIGITS = _digits(
    (
        " _       _   _       _   _   _   _   _     ",
        "| |   |  _|  _| |_| |_  |_    | |_| |_|  _ ",
        "|_|   | |_   _|   |  _| |_|   | |_|  _|    ",
    ),
    3,
    ".",
)

UNICODE = Glyphs(
    bars=" ▁▂▃▄▅▆▇█", sliver=" ▏▎▍▌▋▊▉█", shades=" ░▒▓█", height="━",
    line="╌", nothing="·", axis="─", tick="┴",
    spike="▼", rejected="▽", mark="◆", cursor="│", caret="▲", hold="┃",
    pointer="›", ellipsis="…", dot="·", minus="−",
    live="●", frozen="‖", playing="▶", ended="■",
    tones={Tone.CALM: "○", Tone.BUILDING: "◐", Tone.ALARM: "▲", Tone.ABSENT: "–", Tone.FAULT: "✕"},
    verdicts={"right": "✓", "wrong": "✗", "unsure": "?"},
    digits=_BLOCK_DIGITS,
    arrows={"left": "←", "right": "→", "up": "↑", "down": "↓"},
    border="solid",
)  # fmt: skip
ASCII = Glyphs(
    bars=" .,:;+x%#", sliver="     ####", shades=" .:*#", height="=",
    line="-", nothing=".", axis="-", tick="+",
    spike="v", rejected="u", mark="*", cursor="|", caret="^", hold="|",
    pointer=">", ellipsis="~", dot="-", minus="-",
    live="*", frozen="=", playing=">", ended="#",
    tones={Tone.CALM: "o", Tone.BUILDING: "+", Tone.ALARM: "!", Tone.ABSENT: "-", Tone.FAULT: "x"},
    verdicts={"right": "+", "wrong": "x", "unsure": "?"},
    digits=_LINE_DIGITS,
    arrows={"left": "left", "right": "right", "up": "up", "down": "down"},
    border="ascii",
)  # fmt: skip
