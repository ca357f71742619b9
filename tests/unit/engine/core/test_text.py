"""Text from outside can't steer the terminal or break a line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.text import cells, clock_time, plain


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("Crowd Mic (2)", "Crowd Mic (2)"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("right\u202eleft", "right\ufffdleft"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
        (b"caf\xe9.wav".decode("utf-8", "surrogateescape"), "caf\ufffd.wav"),
        ("Málaga – Żółw 東京", "Málaga – Żółw 東京"),
        ("e" + "\u0301" * 40, "e\u0301\u0301"),
    ],
)
def test_what_can_not_be_seen_is_replaced_and_the_rest_stays(outside: str, shown: str):
    assert plain(outside) == shown


def test_a_long_text_is_cut_at_the_cells_it_may_take():
    assert plain("Crowd microphone", 8) == "Crowd m…"
    assert plain("東京スタジアム", 6) == "東京…"
    assert plain("eight ch", 8) == "eight ch"


@given(st.text(), st.integers(1, 40))
def test_the_result_is_one_line_of_visible_characters_within_the_limit(text: str, limit: int):
    shown = plain(text, limit)
    assert cells(shown) <= limit
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (61.9, "01:01"), (3600, "1:00:00")])
def test_clock_time(seconds, text):
    assert clock_time(seconds) == text
