"""The wall at a broker with TLS: an authority and a certificate of one's own, and what is said where they don't fit."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.functional.terminal import needs_tmux, terminal
from tests.functional.test_wall_broker import Watched
from tests.publishing.brokers import Mosquitto, needs_mosquitto
from tests.publishing.certificates import make_certificates
from tests.publishing.recorder import recorded
from tui.wall.sources.broker import BrokerSource
from tui.wall.sources.broker_address import read_address
from tui.wall.sources.source import LinkState

pytest.importorskip("paho.mqtt.client", reason="needs the extra 'publish'")
pytestmark = needs_mosquitto


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("others"))


@pytest.fixture
def desk(tmp_path: Path, certificates: Path) -> Iterator[Mosquitto]:
    """Wants a certificate of its authority from everybody."""
    lines = [f"cafile {certificates}/ca.pem", f"certfile {certificates}/server.pem", "require_certificate true"]
    lines += [f"keyfile {certificates}/server.key", "allow_anonymous true"]
    with Mosquitto(tmp_path / "broker", *lines) as made:
        yield made


def of(certificates: Path, desk: Mosquitto) -> dict[str, object]:
    files = {"ca_file": "ca.pem", "certificate_file": "client.pem", "key_file": "client.key"}
    named = {name: str(certificates / file) for name, file in files.items()}
    return {"broker": f"127.0.0.1:{desk.port}", "tls": True, **named}


@needs_tmux
def test_a_venue_at_a_broker_that_wants_certificates_is_on_the_wall(
    desk: Mosquitto, tmp_path: Path, certificates: Path
):
    mqtt = of(certificates, desk)
    config = tmp_path / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    rows = "\n".join(f"{name} = {json.dumps(value)}" for name, value in mqtt.items())
    config.write_text(f"[publish.mqtt]\n{rows}\n")
    command = [sys.executable, "-m", "tui", "wall"]
    with (
        terminal(tmp_path, command, environ={"MOMENTUM_HOME": str(tmp_path / "home")}) as pane,
        recorded(tmp_path / "sessions", {"venue": "Old Trafford", "mqtt": mqtt}, lambda told: None) as recorder,
    ):
        while "0.25" not in pane.screen():
            recorder.hear(1)
        assert "Old Trafford" in pane.screen()
        pane.keys("q")
        pane.until("EXIT 0")


@needs_tmux
def test_a_broker_of_another_authority_is_said_on_the_screen(desk: Mosquitto, tmp_path: Path, others: Path):
    address = f"mqtts://127.0.0.1:{desk.port}"
    command = [sys.executable, "-m", "tui", "wall", address, "--ca", str(others / "ca.pem")]
    with terminal(tmp_path, command, (120, 30), {"MOMENTUM_HOME": str(tmp_path / "home")}) as pane:
        screen = pane.until("its certificate is not trusted")
        pane.keys("q")
        pane.until("EXIT 0")
        assert "Traceback" not in screen + pane.screen()


@pytest.mark.parametrize(
    ("whose", "said"),
    [("no TLS", "want TLS"), ("none", "want a certificate"), ("another authority", "not take our certificate")],
)
def test_a_broker_that_hangs_up_on_us_is_said_with_what_it_may_want(
    desk: Mosquitto, certificates: Path, others: Path, whose: str, said: str
):
    address = read_address(f"mqtts://127.0.0.1:{desk.port}", certificates / "ca.pem")
    if whose == "no TLS":
        address = replace(address, tls=False)
    if whose == "another authority":
        address = replace(address, certificate=others / "client.pem", key=others / "client.key")
    source = BrokerSource(address)
    source.open()
    watched = Watched(source)
    watched.until(lambda: source.link.state is LinkState.LOST)
    source.close()
    assert source.link.detail.startswith("it hung up before it answered")
    assert said in source.link.detail


@needs_tmux
@pytest.mark.parametrize("ca", ["missing.pem", "note.pem"])
def test_an_authority_that_is_no_file_of_certificates_is_said_in_two_lines(tmp_path: Path, ca: str):
    (tmp_path / "note.pem").write_text("ask Joan")
    command = [sys.executable, "-m", "tui", "wall", "mqtts://127.0.0.1", "--ca", str(tmp_path / ca)]
    with terminal(tmp_path, command, (200, 24), {"MOMENTUM_HOME": str(tmp_path / "home")}) as pane:
        screen = pane.until("EXIT 2")
    said = [line for line in screen.splitlines() if line.strip()]
    assert len(said) == 3
    assert said[0].startswith("momentum: ") and ca in said[0]
