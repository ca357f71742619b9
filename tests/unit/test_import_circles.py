"""No module imports itself by a way round, not even where an import waits until a function is called."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def circle(imported: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other, the first again at the end; nothing where there are none."""
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found():
    assert not circle({"a": {"b"}, "b": {"c"}, "c": set()})
    assert sorted(set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}))) == ["a", "b", "c"]


@pytest.mark.parametrize("package", ["engine", "train", "tui"])
def test_no_module_imports_itself_by_a_way_round(package: str):
    graph = grimp.build_graph(package, cache_dir=None)
    assert len(graph.modules) > 50
    assert circle({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []
