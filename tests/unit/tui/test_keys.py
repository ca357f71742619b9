import pytest

from engine.errors import UsageError
from tui.glyphs import ASCII, UNICODE
from tui.keys import KEYS, check_keymap, key_name


def test_no_key_does_two_things() -> None:
    assert check_keymap({}) == {}


def test_a_key_may_be_moved() -> None:
    assert key_name("goal", check_keymap({"goal": "G"}), UNICODE) == "G"


@pytest.mark.parametrize(
    ("keymap", "said"), [({"gaol": "g"}, "no key binding called 'gaol'"), ({"goal": "q"}, "'q' is bound to both")]
)
def test_a_wrong_keymap_says_what_is_wrong(keymap: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_keymap(keymap)


def test_keys_have_names_that_people_use() -> None:
    names = [key_name(key.id, {}, UNICODE) for key in KEYS]
    assert {"space", "←", "shift+←", "+", "-", "[", "?", "<"} <= set(names)
    assert all(key_name(key.id, {}, ASCII).isascii() for key in KEYS)
