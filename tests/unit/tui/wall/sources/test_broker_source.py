"""The connection of the wall to a broker, as far as it needs none."""

from pathlib import Path

import pytest

from engine.core.errors import UsageError
from tests.publishing.certificates import make_certificates
from tui.wall.sources.broker import BrokerSource
from tui.wall.sources.broker_address import BrokerAddress

pytest.importorskip("paho.mqtt.client", reason="needs the extra 'publish'")


def test_a_key_with_a_password_is_said_and_nobody_is_asked_for_it_on_the_terminal(tmp_path: Path):
    from cryptography.hazmat.primitives import serialization

    made = make_certificates(tmp_path / "made")
    key = serialization.load_pem_private_key((made / "client.key").read_bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    (made / "locked.key").write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    locked = BrokerAddress(
        "127.0.0.1", 8883, True, ca=made / "ca.pem", certificate=made / "client.pem", key=made / "locked.key"
    )
    with pytest.raises(UsageError, match="can't be used") as raised:
        BrokerSource(locked).open()
    assert "the key has no password" in raised.value.hint
