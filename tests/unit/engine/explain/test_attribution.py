"""Explanations add up, and point at what was different."""

from dataclasses import dataclass

import mlx.core as mx
import numpy as np
import pytest

from engine.core import grid
from engine.core.paths import shipped_weights
from engine.explain.attribution import (
    Attribution,
    History,
    attribute,
    by_bands,
    by_second,
    history_of,
    occlude,
    second_of_frames,
)
from engine.live.pipeline import Pipeline
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights, load
from engine.model.differentiable_index import HistoryIndex
from engine.model.front_end import FRONT_END_KINDS
from engine.model.head import READOUTS
from tests.unit.engine.explain.conftest import BURST_BANDS, BURST_FRAMES, one_burst, small_network


@pytest.mark.parametrize("readout", READOUTS)
def test_the_differentiable_network_is_the_one_that_is_served(lively: np.ndarray, readout: str) -> None:
    network = small_network(readout=readout)
    served = Pipeline(network, 0, grid.READING_FRAMES).push(lively[:834])[-1]
    history = history_of(lively[:834], network.front_end)
    alike = HistoryIndex(network, Calibration()).logits(mx.array(history.given[None]))
    assert np.abs(np.asarray(alike)[0] - served).max() < 1e-4


@pytest.mark.parametrize("kind", FRONT_END_KINDS)
def test_the_parts_sum_to_the_difference(lively: np.ndarray, steep: Calibration, kind: str) -> None:
    network = small_network(kind=kind)
    done = attribute(network, steep, history_of(lively, network.front_end))
    assert abs(done.difference) > 0.005
    assert done.complete
    assert abs(done.parts.sum() - done.difference) <= 0.01 * abs(done.difference)


@dataclass(frozen=True)
class Shipped:
    """What the shipped weights say of the burst: ``drafts`` on the way, and ``last``."""

    weights: Weights
    history: History
    drafts: list[Attribution]
    last: Attribution


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    weights = load(shipped_weights() / "default")
    history = history_of(one_burst(), weights.network.front_end)
    drafts: list[Attribution] = []
    last = attribute(weights.network, weights.config.calibration, history, tell=drafts.append)
    return Shipped(weights, history, drafts, last)


def test_a_first_answer_comes_after_nine_gradients_and_is_near_the_last(shipped: Shipped) -> None:
    drafts, last = shipped.drafts, shipped.last
    counts = [draft.nodes for draft in drafts]
    assert counts[0] == 9
    assert sorted(set(counts)) == counts
    assert counts[-1] < last.nodes
    first, whole = (by_second(one.parts).sum(axis=1) for one in (drafts[0], last))
    tens = np.arange(0, len(whole), 10)
    off = np.abs(np.add.reduceat(first, tens) - np.add.reduceat(whole, tens)).sum()
    assert off < 0.25 * np.abs(np.add.reduceat(whole, tens)).sum()


def test_only_what_stood_out_moves_the_index(burst: np.ndarray, steep: Calibration) -> None:
    network = small_network()
    done = attribute(network, steep, history_of(burst, network.front_end))
    parts = np.abs(done.parts)
    assert (
        parts[BURST_FRAMES, BURST_BANDS].sum() > 0.65 * parts.sum()
    )  # the rest: the quiet after it, which stands out too
    assert parts[: BURST_FRAMES.start].max() == pytest.approx(0.0, abs=1e-9)
    assert np.delete(parts, BURST_BANDS, axis=1).max() == pytest.approx(0.0, abs=1e-9)


def test_a_sound_that_never_changes_is_its_own_background(steep: Calibration) -> None:
    network = small_network()
    done = attribute(network, steep, history_of(np.full((900, 64), -30.0, np.float32), network.front_end))
    assert done.index == pytest.approx(done.baseline, abs=1e-6)
    assert np.abs(done.parts).max() < 1e-9


def test_occlusion_names_the_same_seconds_and_pitches(shipped: Shipped) -> None:
    # A network that has learned nothing goes up and down along the way; one that has, as good as only up.
    seconds = by_second(shipped.last.parts)
    other = occlude(shipped.weights.network, shipped.weights.config.calibration, shipped.history)
    assert np.corrcoef(seconds.sum(axis=1), other.by_second)[0, 1] > 0.85
    elsewhere = np.abs(by_bands(seconds)) < 1e-9
    assert 0 < np.count_nonzero(~elsewhere) < len(elsewhere)
    assert np.abs(other.by_bands[elsewhere]).max() < 1e-5 < np.abs(other.by_bands).max()


def test_seconds_count_back_from_the_end() -> None:
    seconds = second_of_frames()
    assert (seconds[0], seconds[-1]) == (int(grid.HISTORY_S), 0)
    assert (np.diff(seconds) <= 0).all()
    assert by_second(np.ones((grid.HISTORY_FRAMES, 1))).sum() == grid.HISTORY_FRAMES


def test_less_than_a_history_is_refused(burst: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a history has"):
        history_of(burst[1:], small_network().front_end)
