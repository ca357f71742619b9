"""Many sources in one process: each hears what it would hear alone, and the network is asked for all at once."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from engine.core import grid
from engine.core.signals import AudioBlock, Health, Reading
from engine.live.many_streams import ManyStreams
from engine.live.stream import PressureStream
from tests.unit.engine.conftest import listen


class Counted:
    """A network that counts how often it is asked."""

    def __init__(self, network) -> None:
        self._network = network
        self.front_end, self.encoder, self.tags_config = network.front_end, network.encoder, network.tags_config
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str):
        def ask(values: np.ndarray) -> np.ndarray:
            self.asked[name] += 1
            return getattr(self._network, name)(values)

        return ask


def _pressures(readings: list[Reading]) -> np.ndarray:
    return np.array([np.nan if reading.pressure is None else reading.pressure for reading in readings])


def _sounds(crowd: np.ndarray) -> list[np.ndarray]:
    """Four sources out of step: as it is, later, with a digital silence, and short."""
    silenced = crowd.copy()
    silenced[41 * grid.SAMPLE_RATE_HZ : 43 * grid.SAMPLE_RATE_HZ] = 0.0
    return [crowd, crowd[5000:], silenced, crowd[: 40 * grid.SAMPLE_RATE_HZ]]


def test_every_source_gives_what_it_gives_alone(network, steep, crowd):
    sounds = _sounds(crowd)
    rng = np.random.default_rng(3)
    many = ManyStreams(network, steep, len(sounds))
    together: list[list[Reading]] = [[] for _ in sounds]
    while any(stream.heard < len(sound) for stream, sound in zip(many.streams, sounds, strict=True)):
        blocks: list[AudioBlock | None] = []
        for stream, sound in zip(many.streams, sounds, strict=True):
            size = int(rng.choice([0, 700, 2048, 90_000]))
            block = AudioBlock(sound[stream.heard : stream.heard + size], stream.heard)
            blocks.append(block if len(block.samples) else None)
        for mine, new in zip(together, many.push(blocks), strict=True):
            mine += new
    for mine, sound in zip(together, sounds, strict=True):
        alone = listen(PressureStream(network, steep), sound)
        assert [(r.t, r.health, r.level_db) for r in mine] == [(r.t, r.health, r.level_db) for r in alone]
        np.testing.assert_allclose(_pressures(mine), _pressures(alone), atol=1e-5)  # its blocks were cut otherwise
    assert Health.SILENT in {reading.health for reading in together[2]}


def _in_step(network, calibration, sounds: list[np.ndarray], seconds: float) -> list[list[Reading]]:
    """The readings of blocks that are cut alike for every source: most of the history at once, then short ones."""
    many = ManyStreams(network, calibration, len(sounds))
    cuts = [0, *range(38 * grid.SAMPLE_RATE_HZ, 45 * grid.SAMPLE_RATE_HZ, round(seconds * grid.SAMPLE_RATE_HZ))]
    found: list[list[Reading]] = [[] for _ in sounds]
    for start, end in pairwise(cuts):
        blocks = [AudioBlock(sound[start:end], start) if start < len(sound) else None for sound in sounds]
        for mine, new in zip(found, many.push(blocks), strict=True):
            mine += new
    return found


@pytest.mark.parametrize("seconds", [0.1, 0.4])
def test_the_index_of_a_ground_has_the_same_bits_whoever_else_is_listened_to(network, steep, crowd, seconds):
    sounds = _sounds(crowd)
    for sound, together in zip(sounds, _in_step(network, steep, sounds, seconds), strict=True):
        assert together == _in_step(network, steep, [sound], seconds)[0]
        assert any(reading.pressure is not None for reading in together)


class Careless(Counted):
    """A network that gives other bits for many questions at once."""

    def logits(self, values: np.ndarray) -> np.ndarray:
        self.asked["logits"] += 1
        return self._network.logits(values) + np.float32(1e-6 * (values.ndim - 3))


def test_what_would_have_other_bits_in_a_batch_is_asked_by_itself(network, steep, crowd):
    sounds = _sounds(crowd)
    found = _in_step(Careless(network), steep, sounds, 0.1)
    assert found == [_in_step(network, steep, [sound], 0.1)[0] for sound in sounds]


def test_the_network_is_asked_once_for_all_sources(network, steep, crowd):
    counted = Counted(network)
    many = ManyStreams(counted, steep, 8)
    many.push([AudioBlock(crowd[: 40 * grid.SAMPLE_RATE_HZ], 0)] * 8)
    counted.asked.clear()
    block = crowd[: grid.READING_FRAMES * grid.HOP]
    readings = many.push([AudioBlock(block, stream.heard) for stream in many.streams])
    assert [len(mine) for mine in readings] == [1] * 8
    assert counted.asked == {"columns_of_segments": 1, "embed": 1, "logits": 1}


def test_a_readings_time_is_its_share_of_the_whole(network, steep, crowd):
    ticks = iter([10.0, 10.5])
    many = ManyStreams(network, steep, 2, clock=lambda: next(ticks))
    first, second = many.push([AudioBlock(crowd[:50_000], 0), None])
    assert second == []
    assert sum(reading.compute_ms for reading in first) == pytest.approx(500.0)
