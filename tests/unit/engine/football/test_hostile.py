"""Whatever stands in a file, a loader returns a match or says what is wrong; nothing else ever comes out of it."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.football import events_json as codec
from engine.football.alignment import result as alignments
from engine.football.events import MatchEvents
from engine.football.json_document import Node, is_plain, parse_json
from engine.football.soccernet import parse_labels
from engine.football.statsbomb import parse_events
from tests.unit.engine.football import test_soccernet as soccernet_files
from tests.unit.engine.football.statsbomb_match import MATCH_ID, full_match, match_entry
from tests.unit.train.matches import BY_HAND, match_events

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Goal", "Shot", "\x1b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "id", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in places(item, (*path, key)))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def statsbomb(document: Any) -> MatchEvents:
    return parse_events(MATCH_ID, Node(document, "7.json"), None)


def statsbomb_list(entry: Any) -> MatchEvents:
    return parse_events(MATCH_ID, Node(full_match(), "7.json"), Node(entry, "27.json"))


def soccernet(document: Any) -> MatchEvents:
    return parse_labels(Node(document, "Labels-v2.json"))


def remembered(document: Any) -> MatchEvents:
    return codec.from_json(Node(document, "match.json"))


def aligned(document: Any) -> alignments.Alignment:
    return alignments.from_json(Node(document, "match.json"))


LABELS = soccernet_files.document(soccernet_files.note("Kick-off", 1, 900), soccernet_files.note("Goal", 1, 90_000))
LOADERS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "statsbomb events": (statsbomb, full_match()),
    "statsbomb list of matches": (statsbomb_list, match_entry()),
    "soccernet labels": (soccernet, LABELS),
    "events in the library": (remembered, json.loads(json.dumps(codec.to_json(match_events())))),
    "kick-offs in the library": (aligned, BY_HAND.to_json()),
}


@pytest.mark.parametrize("name", LOADERS)
@given(data=st.data(), value=json_values)
def test_one_value_of_a_file_made_something_else(name: str, data: st.DataObject, value: Any) -> None:
    load, document = LOADERS[name]
    path = data.draw(st.sampled_from(places(document)))
    try:
        found = load(replaced(document, path, value))
    except InputError as error:
        assert is_plain(error.message) and ".json" in error.message and error.hint
    else:
        assert isinstance(found, MatchEvents | alignments.Alignment)


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "replace")))
def test_text_that_is_no_document(text: str) -> None:
    try:
        parse_json(text, "file.json")
    except InputError as error:
        assert "file.json" in error.message and is_plain(error.message)


@given(st.integers(0, 3000))
def test_a_file_cut_anywhere(cut: int) -> None:
    text = json.dumps(full_match())[:-1]
    with pytest.raises(InputError, match=r"7.json"):
        parse_json(text[:cut], "7.json")


def test_what_is_loaded_can_be_written_down_and_read_again() -> None:
    for match in (statsbomb(full_match()), soccernet(LABELS), match_events()):
        assert remembered(json.loads(json.dumps(codec.to_json(match)))) == match
