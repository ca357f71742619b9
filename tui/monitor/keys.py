"""Every key of the monitor and of the wall, once: bindings, footer, help and configuration read this table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from engine.core.errors import UsageError
from engine.core.text import plain
from tui.monitor.key_names import is_key, normal

if TYPE_CHECKING:
    from textual.binding import Binding

    from tui.monitor.glyphs import Glyphs

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
    Key("next_spike", "full_stop", "spike(1)", "next", "to the next spike", LOOK),
    Key("previous_spike", "comma", "spike(-1)", "spike", "to the spike before", LOOK),
    Key("zoom_in", "plus,equals_sign", "zoom(1)", "zoom in", "zoom in: less time, more detail", LOOK),
    Key("zoom_out", "minus", "zoom(-1)", "zoom out", "zoom out: more time", LOOK),
    Key("whole", "0", "whole", "whole", "the whole session in the graph", LOOK),
    Key("slower", "less_than_sign", "speed(-1)", "slower", "replay: half the speed", LOOK),
    Key("faster", "greater_than_sign", "speed(1)", "faster", "replay: twice the speed", LOOK),
    Key("seek", "j", "seek", "jump to", "jump to a time (12:34, or seconds)", LOOK),
    Key("rejected", "x", "rejected", "rejected", "show or hide candidates that were not reported, and why", LOOK),
    Key("open", "o", "open", "sessions", "pick another session: those live now, then the others; d comes back", LOOK),
    Key("filter", "slash", "filter", "filter",
        "filter the spike log by words: kind, time, height, review, mark; Escape shows all again", LOOK),
    Key("why", "w", "why", "why", "why: which pitch and which second moved the index at the selected spike", LOOK),
    Key("mark", "m", "mark", "mark", "mark this moment: goal, chance, corner, card ... with a note", NOTE),
    Key("goal", "g", "goal", "goal", "mark a goal at once, or the one that the commentator spoke of", NOTE),
    Key("clock", "k", "clock", "clock", "set the match clock: kick-off, half-time, second half, full time", NOTE),
    Key("right", "y", "verdict('right')", "right", "the program was right about the selected spike; again: undo", NOTE),
    Key("wrong", "n", "verdict('wrong')", "wrong", "it was wrong about the selected spike; again: undo", NOTE),
    Key("review", "r", "review", "what", "what the selected spike was, a note, its sound", NOTE),
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
WALL_KEYS: tuple[Key, ...] = (
    Key("wall_alarm", "a", "alarm", "alarm", "to the newest alarm", LOOK),
    Key("wall_order", "o", "order", "order", "sort by pressure, by name, by state", LOOK),
    Key("wall_filter", "f", "only", "filter", "show all, alarm or building, trouble, pinned", LOOK),
    Key("wall_search", "slash", "search", "search", "show venues by words: name, state, what is heard; Escape: all",
        LOOK),
    Key("wall_pin", "p", "pin", "pin", "pin the chosen venue: it stands after the alarms; again: let it go", LOOK),
    Key("wall_layout", "v", "layout", "rows, tiles", "rows or tiles, whatever the width", LOOK),
    replace(_BY_ID["screenshot"], help="save a picture of the wall (SVG)", section=NOTE),
    _BY_ID["theme"],
    replace(_BY_ID["help"], help="this help"),
    replace(_BY_ID["quit"], help="leave the wall, or a venue back to the wall; every recording goes on"),
)  # fmt: skip
"""The keys of the wall. What both screens can do goes by the same name, so that a moved key is moved in both."""
_TABLES = (KEYS, WALL_KEYS)
_BY_ID |= {key.id: key for key in WALL_KEYS if key.id not in _BY_ID}

_NAMES = {
    "space": "space", "question_mark": "?", "plus": "+", "minus": "-", "left_square_bracket": "[",
    "right_square_bracket": "]", "less_than_sign": "<", "greater_than_sign": ">", "comma": ",", "full_stop": ".",
    "equals_sign": "=", "slash": "/",
}  # fmt: skip


_FIXED: Final = {
    **dict.fromkeys(("up", "down", "pageup", "pagedown", "home", "end", "enter"), "one moves in the spike log"),
    **dict.fromkeys(("tab", "shift+tab"), "one goes from panel to panel"),
    **dict.fromkeys(("ctrl+c", "ctrl+q"), "one leaves the monitor"),
    "escape": "one leaves a dialog",
    "ctrl+p": "one opens the list of commands",
}
"""Keys that can't be given away, and what they are for."""


def bindings(keys: tuple[Key, ...] = KEYS) -> "list[Binding]":
    """The table as Textual bindings, each with its id."""
    from textual.binding import Binding  # the table itself is read wherever the configuration is

    return [Binding(key.keys, key.action, key.short, show=False, id=key.id) for key in keys]


def check_keymap(keymap: Mapping[str, str], place: str = "[keys]") -> dict[str, str]:
    """``keymap`` (id to key names, as in the configuration) with every key as Textual spells it.

    ``place`` says where it is written. Raises ``UsageError`` naming the entry that is wrong: an id that does not exist,
    a key that there is not, one that does two things, and one that does something else in the monitor already.
    """
    for name in keymap:
        if name not in _BY_ID:
            close = get_close_matches(name, list(_BY_ID), n=1)
            raise UsageError(
                f"{place}: there is nothing called '{plain(name, 40)}' that a key could do",
                f"Did you mean {close[0]}?" if close else "There is: " + ", ".join(_BY_ID) + ".",
            )
    normalised = {id: ",".join(map(normal, names.split(","))) for id, names in keymap.items()}
    for keys in _TABLES:
        _check_table(keys, keymap, normalised, place)
    return normalised


def _check_table(keys: tuple[Key, ...], keymap: Mapping[str, str], normalised: Mapping[str, str], place: str) -> None:
    """Of the keys of one screen each does one thing, and is one that a keyboard has."""
    taken: dict[str, str] = {}
    for key in keys:
        for name in normalised.get(key.id, key.keys).split(","):
            where = f"{place}: {key.id} = '{plain(keymap.get(key.id, key.keys), 40)}'"
            if not is_key(name):
                raise UsageError(f"{where}: there is no such key", "Keys are called a, A, f2, ctrl+g, space, comma ...")
            if name in _FIXED:
                raise UsageError(f"{where}: {_FIXED[name]} with that key", "Choose another key.")
            if name in taken:
                raise UsageError(
                    f"{place}: the key '{plain(name, 20)}' is bound to both '{taken[name]}' and '{key.id}'",
                    "Change one of them; 'momentum config path' says where.",
                )
            taken[name] = key.id


def key_name(id: str, keymap: Mapping[str, str], glyphs: "Glyphs") -> str:
    """The first key bound to ``id``, as a person calls it."""
    name = normal(keymap.get(id, _BY_ID[id].keys).split(",")[0])
    modifier, _, rest = name.rpartition("+") if "+" in name else ("", "", name)
    rest = glyphs.arrows.get(rest, _NAMES.get(rest, rest))
    return f"{modifier}+{rest}" if modifier else rest
