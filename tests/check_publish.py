"""Outage after outage between a recorder and a real broker: is anything lost, doubled, out of order, or late for it?

python -m tests.check_publish --outages 200 --seed 1

A session is recorded at many times real time while the network is cut, swallows everything, or the broker is restarted,
each for a random while. What a consumer that keeps ids has at the end is compared with what the session holds. The
recorder's own writes are timed, before with nobody told and then with the broker told.
"""

import argparse
import random
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep, thread_time
from unittest.mock import patch

from engine.publish.mqtt import MqttSender
from engine.publish.mqtt_connection import IN_FLIGHT
from tests.publishing.brokers import Consumer, Mosquitto
from tests.publishing.proxy import Proxy
from tests.publishing.recorder import Recorder, expected_ids, recorded

KINDS = ("cut", "cut", "stall", "restart")
READINGS_HZ = 10.0
PACE_S = 0.005
"""A reading in so much real time: twenty times as fast as sound."""


@dataclass
class Result:
    """What came of it. Times in milliseconds: of the recorder's writes the 50th, 99.9th and 100th percentile."""

    wanted: int = 0
    came: int = 0
    missing: int = 0
    unknown: int = 0
    disordered: bool = False
    late: int = 0
    tries_failed: int = 0
    in_flight: int = 0
    waiting_in_memory: int = 0
    took_s: float = 0.0
    alone_ms: tuple[float, ...] = ()
    published_ms: tuple[float, ...] = ()
    cpu_alone_ms: float = 0.0
    cpu_published_ms: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)


class Writing:
    """A thread that records until it is stopped, and times each write as the one that listens would feel it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._stop = threading.Event()
        self.walls: list[float] = []
        self.cpu_s = 0.0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PACE_S):
            began_s, cpu_s = monotonic(), thread_time()
            self._recorder.hear(0.1)
            self.walls.append(monotonic() - began_s)
            self.cpu_s += thread_time() - cpu_s

    @property
    def cpu_ms(self) -> float:
        return self.cpu_s * 1e3 / max(1, len(self.walls))

    @property
    def percentiles_ms(self) -> tuple[float, ...]:
        walls = sorted(self.walls)
        return tuple(round(walls[min(len(walls) - 1, int(len(walls) * q))] * 1e3, 2) for q in (0.5, 0.999, 1.0))


def outages(folder: Path, count: int, seed: int, longest_s: float = 0.8, kinds: Sequence[str] = KINDS) -> Result:
    """Run it; ``folder`` takes sessions and broker.

    A broker that was restarted may hand on in another order what it had taken; a network can't.
    """
    source, result = random.Random(seed), Result()
    began_s = monotonic()
    alone = Recorder(folder / "alone")
    writing = Writing(alone)
    sleep(min(5.0, 0.3 * count))
    writing.stop()
    alone.writer.close()
    result.alone_ms, result.cpu_alone_ms = writing.percentiles_ms, writing.cpu_ms
    root, broker = folder / "sessions", Mosquitto(folder / "broker").start()
    quicker = [
        patch("engine.publish.mqtt.ANSWER_S", 1.0), patch("engine.publish.mqtt_connection.ANSWER_S", 1.0),
        patch("engine.publish.mqtt.RETRY_FROM_S", 0.05), patch("engine.publish.mqtt.RETRY_UPTO_S", 0.3),
        patch("engine.app.publishing.LAST_S", 30.0),
    ]  # fmt: skip
    for each in quicker:
        each.start()
    try:
        with Consumer(broker.port) as consumer, Proxy(broker.port) as network:
            mqtt = {"broker": f"127.0.0.1:{network.port}", "readings_hz": READINGS_HZ}
            with recorded(root, {"venue": "v", "mqtt": mqtt}) as recorder:
                (sender,) = recorder.published.senders  # type: ignore[attr-defined]
                writing = Writing(recorder)
                for _ in range(count):
                    _outage(source.choice(kinds), source, network, broker, longest_s, result)
                    _look(sender, result)
                writing.stop()
            wanted = expected_ids(root, READINGS_HZ)
            consumer.until(lambda: wanted[-1] in consumer.ids())
            result.tries_failed = sender.failures
        result.published_ms, result.cpu_published_ms = writing.percentiles_ms, writing.cpu_ms
        once = consumer.once()
        result.wanted, result.came = len(wanted), len(consumer.bodies())
        result.missing = len(set(wanted) - consumer.ids())
        result.unknown = len(consumer.ids() - set(wanted))
        result.disordered = [body["id"] for body in once] != wanted
        result.late = sum("late" in body for body in once)
    finally:
        for each in quicker:
            each.stop()
        broker.kill()
    result.took_s = monotonic() - began_s
    return result


def _outage(
    kind: str, source: random.Random, network: Proxy, broker: Mosquitto, longest_s: float, result: Result
) -> None:
    result.kinds[kind] = result.kinds.get(kind, 0) + 1
    {"cut": network.cut, "stall": network.stall, "restart": broker.stop}[kind]()
    sleep(source.uniform(0.0, longest_s))
    if kind == "restart":
        broker.start()
    else:
        network.mend()
    sleep(source.uniform(0.0, longest_s))


def _look(sender: MqttSender, result: Result) -> None:
    result.in_flight = max(result.in_flight, len(sender._order))
    present = sender.backlogs._present
    result.waiting_in_memory = max(result.waiting_in_memory, len(getattr(present, "_ready", ())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS), help="cut, stall, restart; one is drawn for each outage")
    asked = parser.parse_args()
    kinds = asked.kinds.split(",")
    with tempfile.TemporaryDirectory() as folder:
        found = outages(Path(folder), asked.outages, asked.seed, kinds=kinds)
    for name in Result.__dataclass_fields__:
        print(f"{name:>18}  {getattr(found, name)}")
    assert found.in_flight <= IN_FLIGHT
    assert not found.missing and not found.unknown, "a message is missing"
    assert not found.disordered or "restart" in kinds, "messages are out of order"


if __name__ == "__main__":
    main()
