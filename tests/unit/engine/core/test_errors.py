"""A fault where there is one line for it."""

import pytest

from engine.core.errors import MomentumError


@pytest.mark.parametrize(
    ("message", "hint", "line"),
    [
        ("x can't be read: No such file", "Write it there.", "x can't be read: No such file. Write it there."),
        ("No microphone was found.", "Plug one in.", "No microphone was found. Plug one in."),
        ("the disk is full", "make room", "the disk is full; make room"),
    ],
)
def test_fault_and_hint_do_not_run_into_each_other(message: str, hint: str, line: str):
    assert MomentumError(message, hint).in_one_line == line
