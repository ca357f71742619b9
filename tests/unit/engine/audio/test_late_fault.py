"""A fault that waits until what came before it was handed on."""

from collections.abc import Iterator

import pytest

from engine.audio.late_fault import UntilFault
from engine.core.errors import InputError


def broken() -> Iterator[int]:
    yield from (1, 2)
    raise InputError("it breaks off", "get it again")


def test_what_was_heard_before_the_recording_broke_comes_first_and_the_fault_after_it():
    items = UntilFault(broken())
    assert list(items) == [1, 2]
    with pytest.raises(InputError, match="breaks off"):
        items.raise_it()


def test_a_whole_recording_ends_without_a_fault():
    items = UntilFault(iter((1, 2)))
    assert list(items) == [1, 2]
    items.raise_it()


def test_a_fault_of_the_program_is_not_held_back():
    with pytest.raises(ZeroDivisionError):
        list(UntilFault(1 // 0 for _ in range(1)))
