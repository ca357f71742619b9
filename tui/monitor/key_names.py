"""What keys are called: Textual's names, known without Textual, so that a configuration is checked where it is read."""

import string
import unicodedata
from typing import Final

_OTHER_NAMES: Final = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Characters that Textual calls otherwise than Unicode does."""
_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
_WITHOUT_CHARACTER: Final = frozenset(
    {"backspace", "delete", "down", "end", "enter", "escape", "home", "insert", "left", "pagedown", "pageup", "return"}
    | {"right", "space", "tab", "up"}
    | {f"f{number}" for number in range(1, 25)}
)


def key_of_character(character: str) -> str:
    """The name of the key that types ``character``: itself for a letter or digit, ``question_mark`` for ``?``."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _OTHER_NAMES.get(name, name)


_PUNCTUATION: Final = frozenset(map(key_of_character, string.punctuation))


def normal(name: str) -> str:
    """``name`` as Textual spells it: a person may write ``?`` for ``question_mark``, and ``ctrl+?`` as well."""
    modifiers, plus, key = name.strip().rpartition("+")
    if not key:  # the plus itself, alone or after modifiers
        modifiers, plus, key = modifiers.rstrip("+"), "+" if modifiers.rstrip("+") else "", "+" if plus else ""
    return f"{modifiers}{plus}{key_of_character(key) if len(key) == 1 else key}"


def is_key(name: str) -> bool:
    """Whether ``name``, spelled as by ``normal``, is a key that a keyboard may have."""
    *modifiers, key = name.split("+")
    known = len(key) == 1 or key in _WITHOUT_CHARACTER or key in _PUNCTUATION
    return known and set(modifiers) <= _MODIFIERS
