"""Every key of the monitor, once: bindings, footer, help and configuration read this table."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding

from engine.errors import UsageError
from tui.glyphs import Glyphs
from tui.text import plain

LOOK, NOTE, TUNE, LEAVE = "Look", "Note", "Set", "Leave"
SECTIONS = (LOOK, NOTE, TUNE, LEAVE)


@dataclass(frozen=True, slots=True)
class Key:
    """A key: ``id`` is its name in the configuration, ``keys`` are Textual key names, ``short`` is for the footer."""

    id: str
    keys: str
    action: str
    short: str
    help: str
    section: str


KEYS: tuple[Key, ...] = (
    Key("freeze", "space", "freeze", "freeze", "freeze the view (recording goes on) or go on; in a replay pause", LOOK),
    Key("back", "left", "scrub(-1)", "back", "back in time by a few columns", LOOK),
    Key("forward", "right", "scrub(1)", "forward", "forward in time by a few columns", LOOK),
    Key("back_far", "shift+left,b", "scrub(-10)", "far back", "back in time by half a screen", LOOK),
    Key("forward_far", "shift+right,f", "scrub(10)", "far on", "forward in time by half a screen", LOOK),
    Key("next_spike", "n", "spike(1)", "next", "to the next spike", LOOK),
    Key("previous_spike", "p", "spike(-1)", "spike", "to the spike before", LOOK),
    Key("zoom_in", "plus,equals_sign", "zoom(1)", "zoom in", "zoom in: less time, more detail", LOOK),
    Key("zoom_out", "minus", "zoom(-1)", "zoom out", "zoom out: more time", LOOK),
    Key("whole", "0", "whole", "whole", "the whole session in the graph", LOOK),
    Key("slower", "less_than_sign,comma", "speed(-1)", "slower", "replay: half the speed", LOOK),
    Key("faster", "greater_than_sign,full_stop", "speed(1)", "faster", "replay: twice the speed", LOOK),
    Key("seek", "j", "seek", "jump to", "jump to a time (12:34, or seconds)", LOOK),
    Key("rejected", "x", "rejected", "rejected", "show or hide candidates that were not reported, and why", LOOK),
    Key("open", "o", "open", "sessions", "pick another session: those live now, then the others; d comes back", LOOK),
    Key("filter", "slash", "filter", "filter",
        "filter the spike log by words: kind, time, height, review, mark; Escape shows all again", LOOK),
    Key("why", "w", "why", "why", "why: which pitch and which second moved the index at the selected spike", LOOK),
    Key("mark", "m", "mark", "mark", "mark this moment: goal, chance, corner, card ... with a note", NOTE),
    Key("goal", "g", "goal", "goal", "mark a goal at once", NOTE),
    Key("clock", "k", "clock", "clock", "set the match clock: kick-off, half-time, second half, full time", NOTE),
    Key("review", "r", "review", "review", "review the selected spike: right or wrong, and what it was", NOTE),
    Key("export", "e", "export", "export", "export this session: CSV, JSON, or your reviews", NOTE),
    Key("screenshot", "s", "screenshot", "picture", "save a picture of the screen (SVG)", NOTE),
    Key("fewer_alarms", "left_square_bracket", "budget(-1)", "fewer alarms",
        "fewer alarms: a higher alarm line, and more spikes missed", TUNE),
    Key("more_alarms", "right_square_bracket", "budget(1)", "more alarms",
        "more alarms: a lower alarm line, and more false ones", TUNE),
    Key("theme", "t", "theme", "theme", "next theme: dark, light, contrast, 16 colours", TUNE),
    Key("help", "question_mark,f1", "help", "help", "this help; first what the panel in focus shows", LEAVE),
    Key("detach", "d", "detach", "leave",
        "leave another process's session, or come back to this one's; both go on", LEAVE),
    Key("quit", "q", "quit", "quit", "quit; asks first if that would end a recording", LEAVE),
)  # fmt: skip
_BY_ID = {key.id: key for key in KEYS}

_NAMES = {
    "space": "space", "question_mark": "?", "plus": "+", "minus": "-", "left_square_bracket": "[",
    "right_square_bracket": "]", "less_than_sign": "<", "greater_than_sign": ">", "comma": ",", "full_stop": ".",
    "equals_sign": "=", "slash": "/",
}  # fmt: skip


def bindings() -> list[Binding]:
    """The table as Textual bindings, each with its id."""
    return [Binding(key.keys, key.action, key.short, show=False, id=key.id) for key in KEYS]


def check_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """``keymap`` (id to key names, as in the configuration) if every id exists and no key does two things.

    Raises ``UsageError`` naming the entry that is wrong.
    """
    taken: dict[str, str] = {}
    for key in KEYS:
        for name in keymap.get(key.id, key.keys).split(","):
            name = name.strip()
            if name in taken:
                raise UsageError(
                    f"The key '{plain(name, 20)}' is bound to both '{taken[name]}' and '{key.id}'.",
                    "Change one of them under [keys] in the configuration; 'momentum config path' says where it is.",
                )
            taken[name] = key.id
    for name in keymap:
        if name not in _BY_ID:
            raise UsageError(
                f"There is no key binding called '{plain(name, 40)}'.",
                "Known ones: " + ", ".join(_BY_ID) + ".",
            )
    return dict(keymap)


def key_name(id: str, keymap: Mapping[str, str], glyphs: Glyphs) -> str:
    """The first key bound to ``id``, as a person calls it."""
    name = keymap.get(id, _BY_ID[id].keys).split(",")[0].strip()
    modifier, _, rest = name.rpartition("+") if "+" in name else ("", "", name)
    rest = glyphs.arrows.get(rest, _NAMES.get(rest, rest))
    return f"{modifier}+{rest}" if modifier else rest
