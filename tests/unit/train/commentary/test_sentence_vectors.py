"""Sentence vectors by made-up encoders: pieces of words, vectors from a folder, and both ways compared."""

import gzip
import json

import numpy as np
import pytest

from engine.commentary.transcript import ORIGINAL, Segment, Transcript
from engine.core.as_program import as_program
from engine.core.errors import InputError
from tests.extras import need
from tests.unit.onnx_runtime import runtime_or_skip
from train.commentary.__main__ import main
from train.commentary.baselines import letters
from train.commentary.corpus import HalfWords
from train.commentary.scoring import count
from train.commentary.sentences.compare import by_folds, sentence_vectors
from train.commentary.sentences.encoder import SentenceEncoder
from train.commentary.sentences.word_pieces import WordPieces
from train.commentary.soccernet_label_table import KINDS

need("sklearn", "train")

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "goal", "##keeper", "cafe", "!", "the", "##s", "日", "and", "he", "is"]
USUAL = ["the", "and", "he", "is", "of", "to", "with"]
SHOUTS = ["zonk", "plim", "wugg", "fep", "quax", "dorb", "snee", "hyl"]
"""What each game's commentator shouts at a goal: no two share a word."""
EVENTS_S = (60.0, 150.0, 240.0, 330.0, 420.0, 510.0)


def rows_of(shout: str, seed: int) -> list[list]:
    """Ten minutes of chatter with a shout at every event."""
    draw = np.random.default_rng(seed)
    rows = [[float(t), float(t) + 3.0, " ".join(draw.choice(USUAL, 6))] for t in range(0, 600, 4)]
    return sorted([*rows, *([t, t + 2.0, shout] for t in EVENTS_S)])


def half(game: int) -> HalfWords:
    segments = tuple(Segment(start, end, text) for start, end, text in rows_of(SHOUTS[game], game))
    said = {ORIGINAL: Transcript(segments)}
    return HalfWords(f"game {game}", 1, said, {}, "en", (EVENTS_S, *((),) * (len(KINDS) - 1)), 610.0)


class KnowsShouts:
    """All shouts mean the same; of anything else it knows nothing."""

    width = 4

    def encode(self, texts):
        return np.array([[1, 0, 0, 0] if text in SHOUTS else [0, 1, 0, 0] for text in texts], np.float32)


def encoder_in(folder, outputs=("n", "length", 4)):
    """An encoder that gives piece n the vector of the n-th row of a table."""
    onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    table = np.random.default_rng(5).standard_normal((len(PIECES), 4)).astype(np.float32)
    integers = onnx.TensorProto.INT64
    given = [
        onnx.helper.make_tensor_value_info(name, integers, ["n", "length"]) for name in ("input_ids", "attention_mask")
    ]
    found = onnx.helper.make_tensor_value_info("states", onnx.TensorProto.FLOAT, outputs)
    node = onnx.helper.make_node("Gather", ["table", "input_ids"], ["states"])
    graph = onnx.helper.make_graph([node], "made up", given, [found], [onnx.numpy_helper.from_array(table, "table")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    return table


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The GOALKEEPER's café!", ["the", "goal", "##keeper", "[UNK]", "[UNK]", "cafe", "!"]),
        ("goals goalx\u200b日日", ["goal", "##s", "[UNK]", "日", "日"]),
        ("goal" + "s" * 100, ["[UNK]"]),
        (" \n", []),
        ("the " * 20, ["the"] * 8),
    ],
)
def test_words_are_cut_as_the_encoder_was_taught_them(text, pieces):
    known = WordPieces(PIECES, 10)
    assert [PIECES[number] for number in known.numbers(text)] == ["[CLS]", *pieces, "[SEP]"]


def test_a_vector_is_the_mean_over_the_pieces_whatever_else_is_asked(tmp_path):
    runtime_or_skip()
    table = encoder_in(tmp_path / "made-up")
    encoder = SentenceEncoder(tmp_path / "made-up")
    texts = ["the goal", "and", "", "goalkeeper and he", "he"]
    together = encoder.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        mean = table[WordPieces(PIECES, 256).numbers(text)].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
        assert vector == pytest.approx(encoder.encode([text])[0], abs=1e-5)


def test_a_folder_without_an_encoder_is_refused_with_what_it_should_hold(tmp_path):
    runtime_or_skip()
    with pytest.raises(InputError, match=r"vocab\.txt does not exist"):
        SentenceEncoder(tmp_path)
    encoder_in(tmp_path / "sums", outputs=("n", 4))
    with pytest.raises(InputError, match="no encoder that has a vector for every piece"):
        SentenceEncoder(tmp_path / "sums")
    (tmp_path / "sums" / "model.onnx").write_bytes(b"not this")
    with pytest.raises(InputError, match="is no ONNX model"):
        SentenceEncoder(tmp_path / "sums")
    (tmp_path / "sums" / "model.onnx").unlink()
    with pytest.raises(InputError, match="can't be read"):
        SentenceEncoder(tmp_path / "sums")
    (tmp_path / "sums" / "vocab.txt").write_text("goal\n")
    with pytest.raises(InputError, match="lacks one of"):
        SentenceEncoder(tmp_path / "sums")


def test_a_step_has_the_mean_of_what_is_being_said_in_it_and_silence_nothing():
    spoken = Transcript((Segment(2.0, 5.9, "zonk"), Segment(4.0, 5.0, "of"), Segment(30.0, 32.0, "plim")))
    said = sentence_vectors(KnowsShouts())(HalfWords("g", 1, {ORIGINAL: spoken}, {}, "en", (), 31.0)).toarray()
    assert said.shape[1] == 4
    assert said[:4, :2].tolist() == [[0, 0], [2, 0], [1, 1], [0, 0]]
    assert said[-1].tolist() == [2, 0, 0, 0]


def test_vectors_find_a_goal_in_words_that_no_other_game_had():
    halves = [half(game) for game in range(len(SHOUTS))]
    events = {(one.game, 1): one.events for one in halves}
    by_vectors, by_letters = (
        count(by_folds(halves, said), events, KINDS).figures() for said in (sentence_vectors(KnowsShouts()), letters())
    )
    assert by_vectors["Goal"] > by_letters["Goal"] + 0.4
    assert by_vectors["Corner"] == 0.0, "of which nothing was taught"


def test_a_person_compares_both_ways_on_games_of_a_folder(tmp_path, capsys, monkeypatch):
    runtime_or_skip()
    monkeypatch.setattr("train.commentary.evaluate.DRAWS", 20)
    encoder_in(tmp_path / "made-up")
    labels = [f"game {game},1,{t},Goal\n" for game in range(len(SHOUTS)) for t in EVENTS_S]
    with gzip.open(tmp_path / "labels_valid.csv.gz", "wt") as file:
        file.write("game,half,second,label\n" + "".join(labels))
    with gzip.open(tmp_path / "transcripts_valid.jsonl.gz", "wt") as file:
        for game, shout in enumerate(SHOUTS):
            row = {"game": f"game {game}", "half": 1, "text": "original", "segments": rows_of(shout, game)}
            file.write(json.dumps(row) + "\n")
    out = tmp_path / "out"
    common = ["compare", "--data", str(tmp_path), "--work", str(tmp_path), "--out", str(out), "--sentence-vectors"]
    assert main([*common, str(tmp_path / "made-up")]) == 0
    assert "words, archive: left out" in capsys.readouterr().err
    document = json.loads((out / "compare.json").read_text())
    assert (document["games"], document["halves"], document["events"]["Goal"]) == (8, 8, 48)
    table = (out / "compare.md").read_text()
    for name in ("chance", "keyword lists", "the plain way", "sentence vectors", "both side by side"):
        assert f"| {name} | {document['figures'][name]['mean']['value']:.3f}" in table
    assert "both side by side above the plain way" in table
    assert as_program(lambda: main([*common, str(tmp_path / "nowhere")])) == 5
    assert len(capsys.readouterr().err.splitlines()) == 2
