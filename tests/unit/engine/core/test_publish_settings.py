"""The table of who is told: what it refuses, and what of it is never shown."""

from pathlib import Path

import pytest

from engine.core.errors import UsageError
from engine.core.publish_settings import EXAMPLE
from engine.core.settings import load_settings, shown_settings

WEBHOOK = "https://hooks.slack.com/services/T0123/B0456/xyzSECRETxyz"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def loaded(file: Path, text: str):
    file.write_text(text)
    return load_settings(file, {}).settings


def test_without_the_table_nobody_is_told_anything(file: Path):
    assert not loaded(file, "").publish.anybody


def test_the_example_that_config_init_writes_is_understood(file: Path):
    publish = loaded(file, EXAMPLE).publish
    assert publish.anybody
    assert publish.mqtt is not None
    assert (publish.mqtt.host, publish.mqtt.port, publish.mqtt.readings_hz) == ("desk.example", 8883, 2.0)
    assert [webhook.events for webhook in publish.webhooks] == [("spike", "health", "session")]


@pytest.mark.parametrize(
    ("broker", "tls", "host", "port"),
    [
        ("desk", "false", "desk", 1883), ("desk", "true", "desk", 8883), ("10.0.0.1:99", "true", "10.0.0.1", 99),
        ("[::1]", "false", "::1", 1883), ("[::1]:1884", "false", "::1", 1884),
    ],
)  # fmt: skip
def test_a_broker_is_a_host_and_perhaps_a_port(file: Path, broker: str, tls: str, host: str, port: int):
    mqtt = loaded(file, f'[publish.mqtt]\nbroker = "{broker}"\ntls = {tls}').publish.mqtt
    assert (mqtt.host, mqtt.port) == (host, port)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('mqtt.broker = "mqtt://u:hunter2@desk"', "without user and password"),
        ('mqtt.broker = "u:hunter2@desk"', "without user and password"),
        ('mqtt.broker = "desk:99999"', "host:port"),
        ('mqtt = {broker = "desk", password = "hunter2"}', "password_from names where it is kept"),
        ('mqtt = {broker = "desk", user = "u", password_from = "hunter2"}', "env:NAME, file:PATH or keyring:NAME"),
        ('mqtt = {broker = "desk", password_from = "env:X"}', "goes with a user"),
        ('mqtt = {broker = "desk", ca_file = "x"}', "go with tls = true"),
        ('mqtt = {broker = "desk", readings_hz = 11}', "less than or equal to 10"),
        ('mqtt = {broker = "desk", readings_hz = true}', "a number is needed here"),
        ('webhooks = [{url = "https://d.example", secret = "hunter2"}]', "secret_from names where it is kept"),
        ('webhooks = [{url = "ftp://hunter2"}]', "an address such as"),
        ('webhooks = [{url = "https://d.example", events = ["goal"]}]', "input should be"),
        ('prefix = "a/#"', "a topic such as"),
        ('prefix = "$SYS"', "a topic such as"),
        ("metrics = {port = 0}", "greater than or equal to 1"),
        ("mqqt = 1", "extra inputs"),
    ],
)
def test_what_is_wrong_in_the_table_is_named_and_no_secret_with_it(file: Path, text: str, said: str):
    with pytest.raises(UsageError) as raised:
        loaded(file, f"[publish]\n{text}")
    assert said in raised.value.message
    assert str(file) in raised.value.message
    assert "hunter2" not in raised.value.message + raised.value.hint


def test_what_opens_a_receiver_is_shown_nowhere(file: Path):
    settings = loaded(file, f'[publish]\nwebhooks = [{{url = "{WEBHOOK}"}}]')
    assert settings.publish.webhooks[0].url == WEBHOOK
    shown = shown_settings(settings)["publish"]
    assert shown == {"webhooks": [{"url": "https://hooks.slack.com/***"}]}


def test_a_field_that_is_missing_is_said_to_be_and_not_shown_as_a_secret(file: Path):
    with pytest.raises(UsageError) as raised:
        loaded(file, "[publish.metrics]")
    assert raised.value.message == f"{file}: publish.metrics.port: field required"
