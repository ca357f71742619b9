"""Sound taken apart in blocks: all of it, in the same bits however it comes, and never from what is not known yet."""

import numpy as np
import pytest

from engine.separation.blocks import Blocks, Scheme
from engine.separation.stem_weights import StemWeights
from engine.separation.u_net import MlxStems, StemNetwork
from tests.extras import need

SCHEMES = [Scheme(), Scheme(32, 16, 16)]


@pytest.fixture(scope="module")
def networks(weights: StemWeights) -> StemNetwork:
    need("onnxruntime", "onnx")
    from engine.separation.onnx_u_net import OnnxStems

    return OnnxStems(weights.tensors)


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.1, 50_001).astype(np.float32)


def apart(networks: StemNetwork, scheme: Scheme, sound: np.ndarray, sizes: list[int]) -> np.ndarray:
    blocks, found, first = Blocks(networks, scheme), [], 0
    while first < len(sound):
        size = sizes[len(found) % len(sizes)]
        found.append(blocks.push(sound[first : first + size]))
        first += size
    return np.concatenate([*found, blocks.finish()], axis=1)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_stems_together_are_the_sound(networks: StemNetwork, sound: np.ndarray, scheme: Scheme):
    found = apart(networks, scheme, sound, [4000])
    assert found.shape == (2, len(sound))
    assert np.abs(found.sum(axis=0) - sound).max() < 1e-6
    assert min(np.abs(stem).max() for stem in found) > 0.01


@pytest.mark.parametrize("scheme", SCHEMES)
def test_streaming_gives_the_bits_of_a_whole_file(networks: StemNetwork, sound: np.ndarray, scheme: Scheme):
    whole = apart(networks, scheme, sound, [len(sound)])
    for sizes in ([1024], [1, 17_000, 511]):
        assert np.array_equal(apart(networks, scheme, sound, sizes), whole)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_is_made_of_sound_that_comes_later_than_the_delay(
    networks: StemNetwork, sound: np.ndarray, scheme: Scheme
):
    known = 30_000
    other = np.concatenate([sound[:known], -sound[known:]])
    one, two = (apart(networks, scheme, each, [5000])[:, : known - scheme.delay] for each in (sound, other))
    assert np.array_equal(one, two)
    blocks = Blocks(networks, scheme)
    given = sum(blocks.push(sound[first : first + 100]).shape[1] for first in range(0, known, 100))
    assert known - scheme.delay <= given <= known


def test_a_sound_shorter_than_a_block_comes_whole(networks: StemNetwork):
    short = np.random.default_rng(0).normal(0, 0.1, 700).astype(np.float32)
    assert np.abs(apart(networks, Scheme(), short, [700]).sum(axis=0) - short).max() < 1e-6


def test_silence_stays_exact_silence(networks: StemNetwork):
    assert not apart(networks, Scheme(), np.zeros(30_000, np.float32), [30_000]).any()


def test_mlx_takes_apart_as_onnx_runtime_does(networks: StemNetwork, weights: StemWeights, sound: np.ndarray):
    scheme, few = Scheme(32, 32), sound[:16_000]
    ours, theirs = (apart(one, scheme, few, [16_000]) for one in (MlxStems(weights.tensors), networks))
    assert np.abs(ours - theirs).max() < 1e-5


def test_a_scheme_that_can_not_be_halved_is_refused():
    with pytest.raises(ValueError, match="halved"):
        Scheme(100, 32)


def test_the_networks_see_the_spectra_that_they_were_trained_on_at_twice_the_rate():
    """A full tone at the middle of a bin: half the sum of a window of 4096 samples, as at 44.1 kHz."""

    class Recording:
        seen = np.zeros(0)

        def estimates(self, magnitudes: np.ndarray) -> np.ndarray:
            self.seen = magnitudes
            return np.stack([magnitudes, magnitudes])

    networks = Recording()
    tone = np.sin(2 * np.pi * 100 / 2048 * np.arange(40_000)).astype(np.float32)
    Blocks(networks, Scheme(0, 64, 0)).push(tone)
    assert networks.seen.shape == (64, 1024, 2) and np.array_equal(networks.seen[..., 0], networks.seen[..., 1])
    assert networks.seen[-1, :, 0].argmax() == 100 and networks.seen[-1, 100, 0] == pytest.approx(1024, rel=1e-3)
