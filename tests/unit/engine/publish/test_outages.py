"""A few outages of each kind; ``python -m tests.check_publish`` makes two hundred."""

from pathlib import Path

import pytest

from engine.publish.mqtt_connection import IN_FLIGHT
from tests.check_publish import outages
from tests.publishing.brokers import needs_mosquitto


@needs_mosquitto
@pytest.mark.parametrize("kinds", [("cut", "stall"), ("restart",)])
def test_outages_lose_nothing_and_hold_up_nobody(tmp_path: Path, kinds: tuple[str, ...]):
    found, times = outages(tmp_path, count=4, seed=5, longest_s=0.3, kinds=kinds)
    assert set(found.kinds) == set(kinds)
    assert found.tries_failed > 0
    assert (found.missing, found.unknown) == (0, 0)
    assert not found.disordered or "restart" in kinds
    assert found.wanted > 50
    assert found.in_flight <= IN_FLIGHT
    assert found.waiting_in_memory <= 600
    # Processor time and pairs, since those are the same on a busy machine.
    assert times.cpu_published_ms < times.cpu_alone_ms + 5
    assert not times.late_for_it
