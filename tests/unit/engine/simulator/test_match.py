"""A simulated match: the same for one seed, another for another, and block by block within bounded memory."""

import itertools
import tracemalloc

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import UsageError
from engine.simulator.acoustics import CHUNK
from engine.simulator.match import PLAYERS, SimulatedMatch, plan_match
from engine.simulator.sound_cues import Confuser, Reaction
from tests.unit.engine.simulator.listening import sound_of

SHORT = 0.4


def test_one_seed_is_one_sound() -> None:
    assert np.array_equal(sound_of(plan_match(5, minutes=SHORT)), sound_of(plan_match(5, minutes=SHORT)))


def test_the_listener_s_other_random_numbers_and_pauses_change_nothing() -> None:
    expected = sound_of(plan_match(6, minutes=SHORT))
    heard = []
    for block in SimulatedMatch(plan_match(6, minutes=SHORT)).blocks():
        np.random.default_rng().random(7)
        sound_of(plan_match(7, minutes=0.1)) if not heard else None
        heard.append(block.samples.copy())
    assert np.array_equal(np.concatenate(heard), expected)


def test_blocks_follow_each_other_and_end_with_the_match() -> None:
    blocks = list(SimulatedMatch(plan_match(8, minutes=SHORT)).blocks())
    assert [block.start for block in blocks] == [0, *itertools.accumulate(len(b.samples) for b in blocks[:-1])]
    assert blocks[-1].end == round(SHORT * 60 * grid.SAMPLE_RATE_HZ)
    assert all(block.samples.dtype == np.float32 and len(block.samples) <= CHUNK for block in blocks)


def test_samples_stay_within_full_scale() -> None:
    sound = sound_of(plan_match(9, minutes=SHORT))
    assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0


def test_ten_seeds_are_ten_grounds() -> None:
    scores = [plan_match(seed, minutes=0.1) for seed in range(10)]
    spectra = [np.abs(np.fft.rfft(sound_of(score).reshape(-1, 2205), axis=1)).mean(axis=0) for score in scores]
    colours = np.array([20 * np.log10(spectrum[5:500] / spectrum.mean()) for spectrum in spectra])
    apart = [np.abs(a - b).mean() for a, b in itertools.combinations(colours, 2)]
    assert min(apart) > 1.0
    assert len({round(score.venue.bed_level_dbfs, 1) for score in scores}) == 10


def test_memory_does_not_grow_with_the_length() -> None:
    def most(minutes: float) -> int:
        tracemalloc.start()
        for _ in SimulatedMatch(plan_match(3, minutes=minutes)).chunks():
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(4.3) < most(0.3) + 30e6


def test_every_kind_of_sound_has_a_player() -> None:
    assert set(PLAYERS) == set(Reaction) | set(Confuser)


def test_the_crowd_is_the_same_with_and_without_confusers() -> None:
    with_all = plan_match(4, minutes=20.0)
    without = plan_match(4, minutes=20.0, kinds=frozenset())
    assert [cue for cue in with_all.cues if isinstance(cue.kind, Reaction)] == list(without.cues)
    assert any(isinstance(cue.kind, Confuser) for cue in with_all.cues)


@pytest.mark.parametrize("left_out", [Confuser.WHISTLE, Confuser.PA_MUSIC, Confuser.PA_SPEECH])
def test_leaving_out_one_confuser_leaves_the_others(left_out: Confuser) -> None:
    everything = plan_match(2, minutes=40.0)
    kinds = frozenset(Confuser) - {left_out}
    assert list(plan_match(2, minutes=40.0, kinds=kinds).cues) == [c for c in everything.cues if c.kind != left_out]


def test_density_brings_more_confusers() -> None:
    def count(density: float) -> int:
        return sum(
            isinstance(cue.kind, Confuser)
            for seed in range(8)
            for cue in plan_match(seed, minutes=30.0, density=density).cues
        )

    assert count(4.0) > 2 * count(1.0)


@pytest.mark.parametrize("minutes", [0.0, -1.0, 1000.0, float("nan")])
def test_an_impossible_length_is_refused(minutes: float) -> None:
    with pytest.raises(UsageError, match="minutes"):
        plan_match(1, minutes=minutes)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(UsageError, match="seed"):
        plan_match(-1)


def test_a_nonsensical_density_is_refused() -> None:
    with pytest.raises(UsageError, match="density"):
        plan_match(1, density=-0.5)
