"""What is written in the very moment in which a sender has looked and is asked to end."""

import pytest

from engine.core.publish_settings import MqttSettings, WebhookSettings
from engine.publish import mqtt, webhook
from engine.publish.mqtt import MqttSender
from engine.publish.sender import Sender
from engine.publish.webhook import WebhookSender


class EndsAsOneLooks:
    """A backlog that was empty for the first look; right behind it the run writes its end, and the sender is told."""

    def __init__(self) -> None:
        self.sender: Sender | None = None
        self.looks = 0

    def take(self, limit: int) -> list[object]:
        self.looks += 1
        if self.looks == 1:
            assert self.sender is not None
            self.sender.ask_to_end(60.0)
        return []

    def rewind(self) -> None:
        pass


class Connected:
    window = 20

    def __init__(self, *_: object) -> None:
        pass

    def publish(self, topic: str, payload: bytes, retain: bool) -> int:
        return 1

    def turn(self) -> None:
        pass

    def take_acknowledged(self) -> dict[int, str]:
        return {}

    def leave(self, last: object) -> None:
        pass


@pytest.mark.parametrize("kind", ["mqtt", "webhook"])
def test_the_end_of_a_run_was_not_sent_though_the_receiver_was_there(kind: str, monkeypatch: pytest.MonkeyPatch):
    backlog = EndsAsOneLooks()
    if kind == "mqtt":
        monkeypatch.setattr(mqtt, "Connection", Connected)
        backlog.sender = MqttSender(MqttSettings(broker="127.0.0.1:1883"), "momentum", "here", backlog)  # type: ignore[arg-type]
    else:
        pytest.importorskip("httpx", reason="needs the extra 'publish'")
        monkeypatch.setattr(webhook, "_LOOK_S", 0.0)
        backlog.sender = WebhookSender(WebhookSettings(url="http://127.0.0.1:1/x"), backlog)  # type: ignore[arg-type]
    backlog.sender.work()
    assert backlog.looks == 2
