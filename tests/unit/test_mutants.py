"""The small mistakes that tests are tried with: which there are, and that one is really made."""

import ast

import pytest

from tests.mutants import ROOT, TESTS, mutants


def mistakes(source: str) -> list[str]:
    return [mutant.label.partition("  ->  ")[2] for mutant in mutants(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", ["a <= b"]),
        ("x = a * p + b * q", ["a * p - b * q", "a * q + b * p", "a / p", "b / q"]),
        ("x = f(a, b)", ["f(b, a)"]),
        ("x = max(a, b)", []),
        ("x: int | None = 3", ["4"]),
        ("raise ValueError(1 + 1)", []),
        ("x = a if b else c", ["c if b else a"]),
        ("f()", ["pass"]),
    ],
)
def test_every_mistake_that_can_be_made_is_found(source: str, expected: list[str]) -> None:
    assert sorted(mistakes(source)) == sorted(expected)


def test_a_mistake_changes_its_place_and_nothing_else() -> None:
    tree = ast.parse("def f(x):\n    return x + 1")
    (difference,) = [mutant for mutant in mutants(tree) if mutant.label == "x + 1  ->  x - 1"]
    difference.make()
    assert ast.unparse(tree) == "def f(x):\n    return x - 1"


def test_every_module_that_is_tried_and_its_tests_are_there() -> None:
    for module, tests in TESTS.items():
        assert (ROOT / module).is_file()
        assert all((ROOT / name).exists() for name in tests)
