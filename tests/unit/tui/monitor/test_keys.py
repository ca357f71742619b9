import string

import pytest

from engine.core.errors import UsageError
from tui.monitor.glyphs import ASCII, UNICODE
from tui.monitor.key_names import is_key, key_of_character, normal
from tui.monitor.keys import KEYS, check_keymap, key_name


def test_no_key_does_two_things() -> None:
    assert check_keymap({}) == {}


def test_a_key_may_be_moved() -> None:
    assert key_name("goal", check_keymap({"goal": "G"}), UNICODE) == "G"


@pytest.mark.parametrize(
    ("keymap", "said", "hint"),
    [
        ({"gaol": "f2"}, "nothing called 'gaol'", "Did you mean goal?"),
        ({"zzz": "f2"}, "nothing called 'zzz'", "freeze, "),
        ({"goal": "q"}, "'q' is bound to both", "Change one"),
        ({"goal": "?"}, "'question_mark' is bound to both", "Change one"),
        ({"goal": "f2", "mark": "f3,f2"}, "'f2' is bound to both", "Change one"),
        ({"goal": "flurb"}, "goal = 'flurb': there is no such key", "Keys are called"),
        ({"goal": ""}, "there is no such key", "Keys are called"),
        ({"goal": "hyper ctrl+g"}, "there is no such key", "Keys are called"),
        ({"goal": "up"}, "moves in the spike log", "Choose another"),
        ({"goal": "ctrl+p"}, "list of commands", "Choose another"),
    ],
)
def test_a_wrong_keymap_says_what_is_wrong(keymap: dict[str, str], said: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_keymap(keymap)
    assert said in refused.value.message
    assert hint in refused.value.hint


def test_a_key_may_be_written_as_the_character_it_types() -> None:
    assert check_keymap({"goal": "!, ctrl+-,f5"}) == {"goal": "exclamation_mark,ctrl+minus,f5"}
    assert [normal(name) for name in ("+", "ctrl++", "N", " a ")] == ["plus", "ctrl+plus", "N", "a"]


def test_characters_have_the_names_that_textual_gives_them() -> None:
    from textual.keys import Keys, _character_to_key

    assert [key_of_character(c) for c in string.printable[:95]] == [_character_to_key(c) for c in string.printable[:95]]
    unusual = {key.value for key in Keys if "<" in key.value or key.value == "ctrl-at"}
    assert [name for name in sorted({key.value for key in Keys} - unusual) if not is_key(normal(name))] == []


def test_keys_have_names_that_people_use() -> None:
    names = [key_name(key.id, {}, UNICODE) for key in KEYS]
    assert {"space", "←", "shift+←", "+", "-", "[", "?", "<", ","} <= set(names)
    assert all(key_name(key.id, {}, ASCII).isascii() for key in KEYS)
