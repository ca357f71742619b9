"""Each test of a screen starts a program of its own, which would read the rules of all widgets anew: a tenth of its
time. Here they are read once a process; which of them hold for which widget is found out in every test."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def rules_read_once() -> Iterator[None]:
    """Equal rules with equal variables are those that were read first."""
    read, known = Stylesheet._parse_rules, {}

    def once(sheet: Stylesheet, css: str, read_from: Any, *where: Any, **more: Any) -> Any:
        key = (css, read_from, where, *sorted(more.items()), *sheet._variables.items())
        if key not in known:
            known[key] = read(sheet, css, read_from, *where, **more)
        return known[key]

    with mock.patch.object(Stylesheet, "_parse_rules", once):
        yield
