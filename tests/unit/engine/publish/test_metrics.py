"""The figures at the port: what Prometheus reads, and that the port is there only while somebody listens."""

import socket
import urllib.error
import urllib.request

import pytest

from engine.core.errors import MomentumError
from engine.core.publish_settings import MetricsSettings
from engine.core.signals import Alarm, Health, Reading
from engine.publish.metrics import RunFigures, served
from tests.publishing.brokers import free_port


def read(settings: MetricsSettings) -> str:
    return urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/metrics", timeout=10).read().decode()


@pytest.fixture
def settings() -> MetricsSettings:
    return MetricsSettings(port=free_port())


def test_the_newest_reading_can_be_read_and_no_stale_index(settings: MetricsSettings):
    figures = RunFigures("Old Trafford", lambda: 1_800_000_000.0)
    with served(settings, figures):
        assert "momentum_pressure{" not in read(settings)
        figures.write(Reading(1.0, 0.42, -23.0, -9.0, Health.LISTENING, 1.5))
        figures.write(Alarm(1.0, 2.0, 0.9))
        text = read(settings)
        assert 'momentum_pressure{venue="Old Trafford"} 0.42' in text
        assert 'momentum_health{health="listening",venue="Old Trafford"} 1.0' in text
        assert 'momentum_alarms_total{venue="Old Trafford"} 1.0' in text
        figures.write(Reading(2.0, None, -23.0, -9.0, Health.LOST))
        assert "momentum_pressure{" not in read(settings)
        assert 'momentum_readings_total{venue="Old Trafford"} 2.0' in read(settings)
    with pytest.raises(urllib.error.URLError):
        read(settings)


def test_several_venues_of_one_process_share_the_port(settings: MetricsSettings):
    with served(settings, RunFigures("a", lambda: 0.0)):
        with served(settings, RunFigures("b", lambda: 0.0)):
            text = read(settings)
            assert text.count("# TYPE momentum_health gauge") == 1
            assert 'momentum_readings_total{venue="a"}' in text
            assert 'momentum_readings_total{venue="b"}' in text
        assert 'venue="b"' not in read(settings)


def test_a_port_that_is_taken_is_said(settings: MetricsSettings):
    said = pytest.raises(MomentumError, match="can't be opened")
    with socket.create_server(("127.0.0.1", settings.port)), said, served(settings, RunFigures("a", lambda: 0.0)):
        pass


def test_only_this_machine_can_read_unless_the_settings_say_otherwise(settings: MetricsSettings):
    assert settings.address == "127.0.0.1"
