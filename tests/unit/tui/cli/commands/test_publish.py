"""``momentum publish`` and what ``doctor`` says of who is told, as a person sees it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.app.doctor.checks import Finding, Surroundings
from engine.app.doctor.receivers import receivers
from engine.core.paths import find_paths
from engine.core.settings import load_settings
from engine.publish.messages import schema
from tests.functional.conftest import Momentum, MomentumHere
from tests.publishing.brokers import Consumer, Mosquitto, free_port, needs_mosquitto
from tests.publishing.receiver import receiving


@pytest.fixture
def momentum(home: Path) -> Momentum:
    """In this process."""
    return MomentumHere(home)


def configure(momentum: Momentum, text: str) -> None:
    (momentum.home / "config").mkdir(parents=True, exist_ok=True)
    (momentum.home / "config" / "config.toml").write_text(f'[publish]\nvenue = "Old Trafford"\n{text}')


def findings(home: Path) -> dict[str, Finding]:
    paths = find_paths({"MOMENTUM_HOME": str(home)})
    around = Surroundings({}, paths, load_settings(paths.config_file, {}).settings)
    return {f"{each.what} {each.verdict}": each for each in receivers(around)}


@needs_mosquitto
def test_a_trial_sends_one_of_each_and_says_what_came_back(momentum: Momentum, tmp_path: Path):
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port) as consumer, receiving([204, 500]) as receiver:
        configure(
            momentum,
            f'mqtt.broker = "127.0.0.1:{broker.port}"\nmetrics.port = {free_port()}\n'
            f'webhooks = [{{url = "{receiver.url}", events = ["alarm", "spike"]}}]',
        )
        done = momentum.run("publish", "test", "--json")
        consumer.until(lambda: len(consumer.bodies()) == 7)
        rows = json.loads(done.stdout)
        assert done.returncode == 1
        assert [row["arrived"] for row in rows] == [True] * 8 + [True, False, True]
        assert "answers 500" in rows[9]["came_back"]
        assert "T0123" not in done.stdout.decode() + done.stderr
        text = momentum.run("publish", "test", "--text").stdout.decode()
        assert "acknowledged after" in text
    for body in consumer.bodies():
        Draft202012Validator(schema()).validate(body)
        assert body["test"] is True
    assert not any(retained for _, _, retained in consumer.received)
    assert consumer.states() == []


def test_what_a_trial_says_of_a_missing_secret_is_two_sentences(momentum: Momentum):
    configure(momentum, 'mqtt = {broker = "127.0.0.1:9", user = "u", password_from = "file:/nowhere/secret"}')
    said = " ".join(momentum.run("publish", "test").stdout.decode().split())
    assert "can't be read: No such file or directory. Write it into that file" in said


def test_whoever_named_nobody_is_told_how(momentum: Momentum):
    assert "docs/publish.md" in momentum.refused("publish", "test", code=2)


def test_the_schema_that_is_printed_is_the_published_one(momentum: Momentum):
    assert json.loads(momentum.run("publish", "schema").stdout) == schema()


@needs_mosquitto
def test_the_doctor_finds_broker_and_receiver_there_or_gone(momentum: Momentum, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o644)
    with Mosquitto(tmp_path / "broker") as broker, receiving() as receiver:
        hook = f'webhooks = [{{url = "{receiver.url}", secret_from = "file:{secret}"}}]'
        configure(momentum, f'mqtt.broker = "127.0.0.1:{broker.port}"\n{hook}')
        found = findings(momentum.home)
        assert {"broker ok", "webhook ok", "secret warning"} <= set(found)
        assert receiver.asked == [], "nothing is posted"
    found = findings(momentum.home)
    assert "Connection refused" in found["broker warning"].detail
    assert found["webhook warning"].remedy


def test_a_secret_written_into_the_settings_is_refused_and_not_repeated(momentum: Momentum):
    configure(momentum, 'mqtt = {broker = "desk", user = "u", password = "hunter2"}')
    assert "hunter2" not in momentum.refused("config", "show", code=2)


@pytest.mark.parametrize("command", [("record", "--no-sound"), ("publish", "test")])
def test_without_the_extra_two_lines_name_it(home: Path, tmp_path: Path, command: tuple[str, ...]):
    momentum = Momentum(home)  # another machine: a process of its own
    configure(momentum, 'mqtt.broker = "127.0.0.1:1"')
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'paho' else find(name, package)"
    )
    momentum.environment["PYTHONPATH"] = f"{tmp_path / 'hide'}:{Path(__file__).parents[5]}"
    more = ("demo:1", *command[1:]) if command[0] == "record" else command[1:]
    assert "acoustic-momentum[publish]" in momentum.refused(command[0], *more, code=2)
    assert not list(momentum.home.glob("data/sessions/2*"))
