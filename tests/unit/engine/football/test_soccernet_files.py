"""Folders and zips of labels and predictions that are broken, or meant ill."""

import json
import zipfile
from pathlib import Path

import pytest

from engine.football import soccernet_files
from engine.football.json_document import parse_json
from engine.football.soccernet_files import PREDICTIONS, find_documents
from engine.football.soccernet_spots import labelled_spots, predicted_spots
from tests.unit.engine.football.refusals import refusal

GOOD = {"half": "1", "position": "1000", "label": "Goal", "confidence": "0.5"}


def zipped(file: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def read_all(path: Path) -> list:
    documents = find_documents(path, (PREDICTIONS,))[PREDICTIONS]
    return [predicted_spots(document) for _, document in documents.read(sorted(documents.where))]


@pytest.mark.parametrize("name", [f"../../x/{PREDICTIONS}", f"/x/{PREDICTIONS}", f"a/..\\{PREDICTIONS}"])
def test_a_zip_that_leads_out_of_itself_is_refused(name: str, tmp_path: Path):
    refusal("leads out of it", find_documents, zipped(tmp_path / "p.zip", {name: "{}"}), (PREDICTIONS,))


def test_a_zip_that_breaks_off_is_refused(tmp_path: Path):
    whole = zipped(tmp_path / "p.zip", {f"g/{PREDICTIONS}": json.dumps({"predictions": [GOOD] * 999})})
    content = bytearray(whole.read_bytes())
    (tmp_path / "half.zip").write_bytes(content[: len(content) // 2])
    refusal("no zip that can be read", find_documents, tmp_path / "half.zip", (PREDICTIONS,))
    content[60:70] = b"0123456789"
    (tmp_path / "spoilt.zip").write_bytes(content)
    refusal("can't be read", read_all, tmp_path / "spoilt.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(soccernet_files, "_FILE_LIMIT", 2_000_000)
    bomb = zipped(tmp_path / "p.zip", {f"g/{PREDICTIONS}": " " * 3_000_000})
    assert bomb.stat().st_size < 10_000
    refusal("3 MB, where 2 are the most", read_all, bomb)


def test_a_game_that_is_there_twice_is_refused(tmp_path: Path):
    twice = {f"{top}/l/s/g/{PREDICTIONS}": "{}" for top in ("a", "b")}
    refusal("twice for l/s/g", find_documents, zipped(tmp_path / "p.zip", twice), (PREDICTIONS,))


def test_what_a_mac_packs_beside_the_files_is_passed_over(tmp_path: Path):
    members = {name: json.dumps({"predictions": [GOOD]}) for name in (f"g/{PREDICTIONS}", f"__MACOSX/g/{PREDICTIONS}")}
    assert len(read_all(zipped(tmp_path / "p.zip", members))) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": "nan"}, "expected a number, found 'nan'"),
        ({"confidence": None}, "'confidence' is missing"),
        ({"confidence": [1]}, "expected a number, found a list"),
        ({"position": "-5"}, "expected a whole number, found '-5'"),
        ({"position": "999999999999"}, "a day behind"),
        ({"half": "first"}, "expected a whole number"),
        ({"label": "\x1b[2J"}, "control characters"),
    ],
)
def test_a_prediction_that_makes_no_sense_is_named_with_its_place(change, message):
    document = parse_json(json.dumps({"predictions": [GOOD, {**GOOD, **change}]}), PREDICTIONS)
    assert f"{PREDICTIONS} at predictions[1]" in refusal(message, predicted_spots, document).message


def test_json_that_breaks_off_is_refused_with_its_game(tmp_path: Path):
    file = tmp_path / "league" / "season" / "game" / PREDICTIONS
    file.parent.mkdir(parents=True)
    file.write_text('{"predictions": [')
    assert "league/season/game" in refusal("breaks off", read_all, tmp_path).message


def test_numbers_may_be_numbers_or_text_and_other_halves_are_left_out():
    rows = [GOOD, {**GOOD, "half": 2, "position": 5, "confidence": 1e-3}, {**GOOD, "half": "3"}]
    found = predicted_spots(parse_json(json.dumps({"predictions": rows}), PREDICTIONS))
    assert [(spot.half, spot.position_ms, spot.confidence) for spot in found] == [(1, 1000, 0.5), (2, 5, 0.001)]


def test_labels_of_the_first_version_have_seconds_alone_and_parts_of_names():
    rows = [{"gameTime": "1 - 01:30", "label": name} for name in ("yr-card", "subs-in", "soccer-ball-own", "whistle")]
    labelled = labelled_spots(parse_json(json.dumps({"annotations": rows}), "Labels.json"), 1)
    assert [spot.label for spot in labelled.spots] == ["card", "subs", "soccer", "whistle"]
    assert {spot.position_ms for spot in labelled.spots} == {90_000} and not labelled.says_visibility
