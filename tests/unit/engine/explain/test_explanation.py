"""A session is explained with its own sound and its own weights."""

from pathlib import Path

import pytest

from engine.core.errors import InputError, WeightsError
from engine.explain.explanation import explain, moment_of_spike, reading_at, weights_of_session
from engine.explain.explanation_json import numbers
from engine.explain.in_words import heard_then
from engine.model.checkpoint import Weights
from engine.model.tags import TagsConfig
from engine.session import SessionReader
from tests.unit.engine.explain.sessions import LOUD_S, heard_session, small_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return small_weights(tmp_path_factory.mktemp("weights") / "small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, weights: Weights) -> Path:
    return heard_session(tmp_path_factory.mktemp("sessions"), weights)


def test_the_index_heard_again_is_the_one_of_the_session(folder: Path, weights: Weights) -> None:
    with SessionReader.open(folder) as reader:
        done = explain(reader, weights, LOUD_S + 2.0)
    assert done.same
    assert done.attribution.index == pytest.approx(done.then, abs=1e-3)
    assert done.t == pytest.approx(LOUD_S + 2.0, abs=0.1)


def test_what_was_heard_then_is_what_the_session_holds(tmp_path: Path, folder: Path, weights: Weights) -> None:
    tagged = small_weights(tmp_path / "weights", tags=TagsConfig(("chant", "cheer"), 8, (4.0, 4.0), (0.0, -1.0)))
    with SessionReader.open(heard_session(tmp_path / "sessions", tagged)) as reader:
        t, heard = reader.heard()[-1]
        done = explain(reader, tagged, t)
    assert done.t == pytest.approx(t)
    assert done.heard == pytest.approx(heard, abs=5e-3)  # sessions keep sound in 16 bits
    assert heard_then(done).startswith("heard then: ")
    assert numbers(done)["heard"] == pytest.approx(done.heard, abs=1e-4)
    with SessionReader.open(folder) as reader:
        plain = explain(reader, weights, LOUD_S + 2.0)
    assert plain.heard is None and heard_then(plain) == "" and "heard" not in numbers(plain)


def test_a_rejected_candidate_stands_where_the_index_was_highest(folder: Path) -> None:
    with SessionReader.open(folder) as reader:
        (rejected,) = reader.rejected()
        t = moment_of_spike(reader, rejected)
        assert reading_at(reader, t)[1] == max(
            reader.readings(rejected.onset, rejected.decided_at + 0.02).pressure.tolist()
        )


def test_a_moment_without_an_index_is_refused(folder: Path) -> None:
    with SessionReader.open(folder) as reader:
        for t in (10.0, 500.0):
            with pytest.raises(InputError, match="holds no index"):
                reading_at(reader, t)


def test_the_weights_are_known_by_their_checksum(folder: Path, weights: Weights, tmp_path: Path) -> None:
    with SessionReader.open(folder) as reader:
        assert weights_of_session(reader, [tmp_path, weights.folder.parent]) == weights.folder
        with pytest.raises(WeightsError, match="heard with the weights small"):
            weights_of_session(reader, [tmp_path])


def test_a_session_without_sound_says_how_to_keep_it(weights: Weights, tmp_path: Path) -> None:
    folder = heard_session(tmp_path, weights, keep_sound=False)
    with SessionReader.open(folder) as reader, pytest.raises(InputError) as error:
        explain(reader, weights, LOUD_S + 2.0)
    assert "--sound" in error.value.hint
