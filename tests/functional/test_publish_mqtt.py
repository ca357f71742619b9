"""A run at a real broker: what a consumer there sees, whatever happens in between.

Over 300 lines, since whatever can happen to a run and its broker is tried on the same few helpers.
"""

import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator

from engine.core.grid import SAMPLE_RATE_HZ
from engine.publish.messages import schema
from engine.publish.sender import Sender
from tests.functional.conftest import Momentum
from tests.publishing.brokers import Amqtt, Consumer, Mosquitto, free_port, needs_mosquitto
from tests.publishing.certificates import make_certificates
from tests.publishing.proxy import Proxy
from tests.publishing.recorder import expected_ids, recorded

PASSWORD = "hunter2-of-the-broker"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def sound(tmp_path: Path) -> str:
    """Three seconds that can be listened to."""
    noise = np.random.default_rng(0).normal(scale=0.05, size=3 * SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "crowd.wav", noise.astype(np.float32), SAMPLE_RATE_HZ)
    return str(tmp_path / "crowd.wav")


def at(port: int, **more: object) -> dict[str, object]:
    return {"venue": "Old Trafford", "mqtt": {"broker": f"127.0.0.1:{port}", "readings_hz": 5, **more}}


def listening_to(port: int, **more: object) -> str:
    rows = "\n".join(f"{key} = {json.dumps(value)}" for key, value in more.items())
    return f'[publish]\nvenue = "Old Trafford"\n[publish.mqtt]\nbroker = "127.0.0.1:{port}"\n{rows}\n'


@needs_mosquitto
def test_a_consumer_sees_everything_once_in_order_and_by_the_schema(root: Path, tmp_path: Path):
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port) as consumer:
        with recorded(root, at(broker.port)) as recorder:
            recorder.hear(30)
        wanted = expected_ids(root, 5)
        consumer.until(lambda: "offline" in consumer.states()[1:])
    assert [body["id"] for body in consumer.bodies()] == wanted
    validator = Draft202012Validator(schema())
    for topic, payload, _ in consumer.received:
        if not topic.endswith("/state"):
            validator.validate(json.loads(payload))
            assert topic.startswith("momentum/Old-Trafford/")
    assert {body["type"] for body in consumer.bodies()} == {
        "start", "health", "reading", "alarm", "spike", "mark", "end",
    }  # fmt: skip
    assert not list(root.glob("*/publish-*")), "all is sent, so nothing is remembered"


@pytest.mark.slow
@needs_mosquitto
def test_every_message_of_a_simulated_match_keeps_the_schema(momentum: Momentum, tmp_path: Path, sound: str):
    assert momentum.run("simulate", tmp_path / "match.flac", "--minutes", 3, "--seed", 1).returncode == 0
    (momentum.home / "config").mkdir(parents=True)
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port) as consumer:
        (momentum.home / "config" / "config.toml").write_text(listening_to(broker.port, readings_hz=10))
        printed = momentum.lines("live", tmp_path / "match.flac", "--json", "--speed", "max")
        for _ in range(20):  # what a busy machine did not send before the end goes with the next start
            if not list((momentum.home / "data" / "sessions").glob("*/publish-*")):
                break
            momentum.run("live", sound, "--json", "--speed", "max")
        whole = set(expected_ids(momentum.home / "data" / "sessions", 10))
        consumer.until(lambda: whole <= consumer.ids())
    validator = Draft202012Validator(schema())
    for body in consumer.bodies():
        validator.validate(body)
    said = [(row["type"], row.get("t")) for row in printed if row["type"] in ("health", "mark", "end")]
    first = next(body["session"] for body in consumer.bodies())
    sent = [(body["type"], body["t"]) for body in consumer.once() if body["session"] == first]
    assert [one for one in sent if one in said] == said
    assert len(consumer.bodies("/reading")) > 1500


@needs_mosquitto
def test_what_was_missed_while_the_network_was_cut_comes_late_in_order_and_once(root: Path, tmp_path: Path):
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port) as consumer, Proxy(broker.port) as network:
        with recorded(root, at(network.port)) as recorder:
            recorder.hear(5)
            consumer.until(lambda: len(consumer.ids()) == len(expected_ids(root, 5)))
            network.cut()
            consumer.until(lambda: consumer.states()[-1] == "offline")
            recorder.hear(60)
            recorder.writer._started_s -= 10.0  # as if it had lasted: it is late now
            network.mend()
            consumer.until(lambda: len(consumer.ids()) == len(expected_ids(root, 5)))
            recorder.writer._started_s += 10.0
            recorder.hear(1)
        consumer.until(lambda: consumer.states()[-1] == "offline" and len(consumer.states()) > 2)
    assert [body["id"] for body in consumer.once()] == expected_ids(root, 5)
    late = [body for body in consumer.once() if body.get("late")]
    assert 290 < len(late) < 360
    assert not any(body.get("late") for body in consumer.once() if body["t"] <= 4 and body["type"] == "reading")


@needs_mosquitto
def test_a_broker_that_restarts_loses_nobody_anything(root: Path, tmp_path: Path):
    broker = Mosquitto(tmp_path / "broker").start()
    with Consumer(broker.port) as consumer:
        with recorded(root, at(broker.port)) as recorder:
            for _ in range(3):
                recorder.hear(10)
                broker.stop()
                recorder.hear(10)
                broker.start()
            consumer.until(lambda: set(expected_ids(root, 5)) <= consumer.ids())
        broker.kill()
    assert set(expected_ids(root, 5)) - consumer.ids() <= {expected_ids(root, 5)[-1]}


@needs_mosquitto
def test_a_network_that_swallows_everything_is_noticed_and_nothing_is_lost(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.publish.mqtt.ANSWER_S", 0.5)
    with (
        Mosquitto(tmp_path / "broker") as broker,
        Consumer(broker.port) as consumer,
        Proxy(broker.port) as network,
        recorded(root, at(network.port)) as recorder,
    ):
        recorder.hear(5)
        consumer.until(lambda: len(consumer.ids()) == len(expected_ids(root, 5)))
        network.stall()
        recorder.hear(20)
        sender = recorder.published.senders[0]
        while not sender.failures:
            sender.wait(0.01)
        network.mend()
        consumer.until(lambda: set(expected_ids(root, 5)) <= consumer.ids())
    assert [body["id"] for body in consumer.once()][: len(consumer.once()) - 1] == expected_ids(root, 5)[:-1]


def test_a_dead_broker_holds_up_neither_the_run_nor_its_end(root: Path, monkeypatch: pytest.MonkeyPatch):
    """Counted in what the end is ready to wait: how long that takes on a busy machine says nothing of the broker."""
    waited_s: list[float] = []
    close = Sender.close

    def counted(sender: Sender, wait_s: float) -> bool:
        waited_s.append(wait_s)
        return close(sender, wait_s)

    monkeypatch.setattr(Sender, "close", counted)
    said: list[str] = []
    with recorded(root, at(free_port()), said.append) as recorder:
        recorder.hear(20)
        assert not waited_s
    assert len(waited_s) == 1 and waited_s[0] < 3
    (told,) = said
    assert "the next start sends them" in told
    assert f"publish: {len(expected_ids(root, 5))} messages wait for the broker" in told
    (place,) = root.glob("*/publish-mqtt.json")
    assert place.stat().st_mode & 0o777 == 0o600


@needs_mosquitto
def test_the_next_start_sends_what_waits_first(root: Path, tmp_path: Path):
    with recorded(root, at(free_port()), lambda told: None) as recorder:
        recorder.hear(20)
    first = expected_ids(root, 5)
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port) as consumer:
        with recorded(root, at(broker.port)) as recorder:
            recorder.hear(10)
            consumer.until(lambda: len(consumer.ids()) == len(expected_ids(root, 5)))
        consumer.until(lambda: consumer.states()[-1] == "offline" and len(consumer.states()) > 1)
    assert [body["id"] for body in consumer.bodies()] == expected_ids(root, 5)
    assert all(body["late"] for body in consumer.bodies()[: len(first)])
    assert not list(root.glob("*/publish-*"))


@needs_mosquitto
def test_the_will_says_that_a_killed_recorder_is_gone_and_the_next_one_goes_on(
    momentum: Momentum, tmp_path: Path, sound: str
):
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port) as consumer:
        (momentum.home / "config").mkdir(parents=True)
        (momentum.home / "config" / "config.toml").write_text(listening_to(broker.port))
        for _ in range(2):
            sent = len(consumer.ids())
            process = subprocess.Popen(
                momentum.command("record", "demo:1", "--speed", 20), env=momentum.environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            consumer.until(lambda sent=sent: len(consumer.ids()) > sent + 50)
            process.kill()
            process.wait()
            consumer.until(lambda: consumer.states()[-1] == "offline")
        root = momentum.home / "data" / "sessions"
        momentum.run("live", sound, "--json", "--speed", "max")
        whole = set(expected_ids(root, 2))
        consumer.until(lambda: whole <= consumer.ids())
    assert consumer.ids() == whole
    assert [body["reason"] for body in consumer.once("/session") if body["type"] == "end"][:2] == ["killed", "killed"]


@needs_mosquitto
@pytest.mark.skipif(shutil.which("mosquitto_sub") is None, reason="needs mosquitto_sub (apt install mosquitto-clients)")
def test_mosquitto_sub_reads_it_as_the_page_says(root: Path, tmp_path: Path):
    with Mosquitto(tmp_path / "broker") as broker:
        command = ["mosquitto_sub", "-p", str(broker.port), "-q", "1", "-t", "momentum/+/spike", "-C", "2", "-W", "60"]
        reader = subprocess.Popen([*command, "-v"], stdout=subprocess.PIPE, text=True)
        with recorded(root, at(broker.port)) as recorder:
            while reader.poll() is None:
                recorder.hear(5)
        out = reader.communicate()[0].splitlines()
        kept = subprocess.run(
            ["mosquitto_sub", "-p", str(broker.port), "-t", "momentum/Old-Trafford/#", "-C", "4", "-W", "30", "-v"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    assert [line.split(" ", 1)[0] for line in out] == ["momentum/Old-Trafford/spike"] * 2
    assert [json.loads(line.split(" ", 1)[1])["type"] for line in out] == ["alarm", "spike"]
    topics = {line.split(" ", 1)[0].rpartition("/")[2] for line in kept.splitlines()}
    assert topics == {"reading", "health", "session", "state"}
    assert "momentum/Old-Trafford/state offline" in kept.splitlines()


@needs_mosquitto
def test_home_assistant_finds_the_venue_again_when_it_starts(root: Path, tmp_path: Path):
    with Mosquitto(tmp_path / "broker") as broker, Consumer(broker.port, "homeassistant/#") as assistant:
        with recorded(root, at(broker.port, home_assistant=True)) as recorder:
            recorder.hear(1)
            assistant.until(lambda: len(assistant.received) == 5)
            assistant._client.publish("homeassistant/status", "online", 1)
            assistant.until(lambda: len(assistant.received) == 11)
        described = {topic: json.loads(payload) for topic, payload, _ in assistant.received if topic.endswith("config")}
    pressure = described["homeassistant/sensor/momentum_Old-Trafford/pressure/config"]
    assert pressure["stat_t"].replace("~", pressure["~"]) == "momentum/Old-Trafford/reading"
    assert pressure["avty_t"] == "momentum/Old-Trafford/state"
    assert pressure["exp_aft"] == 30
    assert len({row["uniq_id"] for row in described.values()}) == 5
    assert all(row["dev"]["ids"] == ["momentum_Old-Trafford"] for row in described.values())


@needs_mosquitto
def test_a_password_opens_the_broker_and_is_written_down_nowhere(momentum: Momentum, tmp_path: Path, sound: str):
    secret, users = tmp_path / "password", tmp_path / "users"
    secret.write_text(PASSWORD + "\n")
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "recorder", PASSWORD], check=True)
    users.chmod(0o644)
    (momentum.home / "config").mkdir(parents=True)
    config = momentum.home / "config" / "config.toml"
    with (
        Mosquitto(tmp_path / "broker", "allow_anonymous false", f"password_file {users}") as broker,
        Consumer(broker.port, login=("recorder", PASSWORD)) as consumer,
    ):
        for place, more in ((f"file:{secret}", {}), ("env:BROKER", {"BROKER": PASSWORD})):
            consumer.received.clear()
            config.write_text(listening_to(broker.port, user="recorder", password_from=place))
            momentum.environment.update(more)
            shown = momentum.run("config", "show").stdout.decode()
            momentum.run("live", sound, "--json", "--speed", "max", "--no-record")
            consumer.until(lambda: consumer.states()[-1:] == ["offline"])
            assert PASSWORD not in shown
        config.write_text(listening_to(broker.port, user="recorder"))
        wrong = momentum.run("live", sound, "--json", "--speed", "max")
        assert "refuses us: Not authorized" in wrong.stderr
    written = b"".join(path.read_bytes() for path in momentum.home.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in written


@needs_mosquitto
def test_tls_with_a_clients_certificate_and_not_without(root: Path, tmp_path: Path, certificates: Path):
    lines = [f"cafile {certificates}/ca.pem", f"certfile {certificates}/server.pem", "require_certificate true"]
    lines += [f"keyfile {certificates}/server.key", "allow_anonymous true"]
    ours = {"tls": True, "ca_file": str(certificates / "ca.pem")}
    mine = {"certificate_file": str(certificates / "client.pem"), "key_file": str(certificates / "client.key")}
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    context.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    with (
        Mosquitto(tmp_path / "broker", *lines) as broker,
        Consumer(broker.port, tls=context) as consumer,
    ):
        with recorded(root, at(broker.port, **ours, **mine)) as recorder:
            recorder.hear(2)
        consumer.until(lambda: consumer.states()[-1:] == ["offline"])
        assert [body["id"] for body in consumer.bodies()] == expected_ids(root, 5)
        for refused in ({"tls": True}, ours):
            said: list[str] = []
            with recorded(root, at(broker.port, **refused), said.append) as recorder:
                recorder.hear(1)
            assert said, refused
            assert "wait for the broker" in said[0]


@pytest.mark.parametrize("how", ["plain", "password", "tls"])
def test_the_older_protocol_is_a_setting_and_loses_nothing(root: Path, tmp_path: Path, certificates: Path, how: str):
    more: dict[str, object] = {"protocol": "3.1.1"}
    listener: dict[str, object] = {}
    plugins, login, context = None, None, None
    if how == "password":
        (tmp_path / "secret").write_text(PASSWORD)
        more |= {"user": "recorder", "password_from": f"file:{tmp_path / 'secret'}"}
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher

        (tmp_path / "users").write_text(f"recorder:{PasswordHash((Argon2Hasher(),)).hash(PASSWORD)}\n")
        plugins = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(tmp_path / "users")}}
        login = ("recorder", PASSWORD)
    if how == "tls":
        files = {name: str(certificates / f"{name}.pem") for name in ("ca", "server", "client")}
        listener = {"ssl": True, "cafile": files["ca"], "certfile": files["server"]}
        listener["keyfile"] = str(certificates / "server.key")
        more |= {"tls": True, "ca_file": files["ca"], "certificate_file": files["client"]}
        more["key_file"] = str(certificates / "client.key")
        context = ssl.create_default_context(cafile=files["ca"])
    with Amqtt(listener, plugins) as broker, Consumer(broker.port, old=True, login=login, tls=context) as consumer:
        with recorded(root, at(broker.port, **more)) as recorder:
            recorder.hear(10)
            consumer.until(lambda: len(consumer.ids()) == len(expected_ids(root, 5)))
        consumer.until(lambda: len(consumer.ids()) == len(expected_ids(root, 5)))
    assert [body["id"] for body in consumer.once()] == expected_ids(root, 5)


def test_nothing_of_it_is_imported_where_nobody_is_told():
    code = "import sys, tui.cli.main, engine.app.listen, engine.app.keep_session; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    heavy = {"paho", "httpx", "prometheus_client", "keyring", "engine.app.publishing"}
    assert not heavy & set(modules.stdout.split())
