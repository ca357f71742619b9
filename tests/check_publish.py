"""Outage after outage between a recorder and a real broker: is anything lost, doubled, out of order, or late for it?

python -m tests.check_publish --outages 200 --seed 1

A session is recorded at many times real time while the network is cut, swallows everything, or the broker is restarted,
each for a random while. What a consumer that keeps ids has at the end is compared with what the session holds.

How late readings are *for it* must not depend on what else the machine does, so three things are looked at: each
reading is written twice in a row, into a session that is published and into a twin that is not, in either order, and
load makes the one late as often as the other; processor time, of the thread that writes and of the sender meanwhile,
which is the most that the sender can have held it up by computing; and the time within the calls of a run that keeps no
session, where the thread that listens hands its events to the senders itself.
"""

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time, sleep, thread_time
from unittest.mock import patch

from engine.app.publishing import Published, publishing
from engine.core.publish_settings import PublishSettings
from engine.publish.mqtt_connection import IN_FLIGHT
from tests.publishing.brokers import Consumer, Mosquitto
from tests.publishing.proxy import Proxy
from tests.publishing.recorder import Recorder, Unkept, expected_ids, recorded

KINDS = ("cut", "cut", "stall", "restart")
READINGS_HZ = 10.0
LATE_S = 0.010
PACE_S = 0.005
"""A reading in so much real time: twenty times as fast as sound."""


@dataclass(frozen=True)
class Times:
    """How late it was, in milliseconds: of writes and calls the 50th, 99.9th and 100th percentile by the clock.
    ``later_published`` and ``later_alone``: pairs in which that one took ``LATE_S`` longer than the other."""

    pairs: int
    alone_ms: tuple[float, ...]
    published_ms: tuple[float, ...]
    later_published: int
    later_alone: int
    cpu_alone_ms: float
    cpu_published_ms: float
    cpu_sender_meanwhile_ms: float
    calls_ms: tuple[float, ...]
    cpu_calls_ms: float

    @property
    def late_for_it(self) -> bool:
        """Whether the published one of a pair was the later one by ``LATE_S`` more often than chance has it."""
        differed = self.later_published + self.later_alone
        return self.later_published - self.later_alone > 3 + 4 * differed**0.5


@dataclass(frozen=True)
class Result:
    """What arrived, and what happened on the way; ``in_flight`` and ``waiting_in_memory`` are messages at the most."""

    wanted: int
    came: int
    missing: int
    unknown: int
    disordered: bool
    late: int
    tries_failed: int
    in_flight: int
    waiting_in_memory: int
    took_s: float
    kinds: dict[str, int]


class Writing:
    """A thread that records until it is stopped, and times each write as the one that listens would feel it."""

    def __init__(self, recorder: Recorder, alone: Recorder, unkept: Recorder, published: Published) -> None:
        self._recorder, self._alone, self._unkept, self._published = recorder, alone, unkept, published
        (sender,) = recorder.published.senders  # type: ignore[attr-defined]
        self._sender_s = processor_clock(sender._thread)
        self._stop = threading.Event()
        self.alone: list[tuple[float, float, float]] = []
        self.published: list[tuple[float, float, float]] = []
        self.calls: list[tuple[float, float, float]] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PACE_S):
            both = [(self._alone, self.alone), (self._recorder, self.published)]
            for recorder, times in both if len(self.alone) % 2 else reversed(both):
                times.append(self._timed(lambda recorder=recorder: recorder.hear(0.1)))
            self.calls.append(self._timed(self._hand_over))

    def _hand_over(self) -> None:
        self._unkept.hear(0.1)
        self._published.take_notices()

    def _timed(self, write: Callable[[], None]) -> tuple[float, float, float]:
        """Seconds by the clock, of processor time, and of the sender's processor time meanwhile."""
        began_s, cpu_s, sender_s = monotonic(), thread_time(), self._sender_s()
        write()
        return monotonic() - began_s, thread_time() - cpu_s, self._sender_s() - sender_s

    def times(self) -> Times:
        """What the writes and calls so far took."""
        more_s = [mine[0] - twin[0] for mine, twin in zip(self.published, self.alone, strict=True)]
        return Times(
            pairs=len(self.alone),
            alone_ms=percentiles_ms(self.alone),
            published_ms=percentiles_ms(self.published),
            later_published=sum(by > LATE_S for by in more_s),
            later_alone=sum(-by > LATE_S for by in more_s),
            cpu_alone_ms=mean_cpu_ms(self.alone),
            cpu_published_ms=mean_cpu_ms(self.published),
            cpu_sender_meanwhile_ms=round(max(sender_s for _, _, sender_s in self.published) * 1e3, 2),
            calls_ms=percentiles_ms(self.calls),
            cpu_calls_ms=round(max(cpu_s for _, cpu_s, _ in self.calls) * 1e3, 2),
        )


def processor_clock(thread: threading.Thread) -> Callable[[], float]:
    """Processor seconds of a thread; where the system tells no other thread's, of all but the one that asks."""
    if hasattr(time, "pthread_getcpuclockid") and thread.ident is not None:
        clock = time.pthread_getcpuclockid(thread.ident)
        return lambda: time.clock_gettime(clock)
    return lambda: process_time() - thread_time()


def percentiles_ms(times: Sequence[tuple[float, float, float]]) -> tuple[float, ...]:
    walls = sorted(wall_s for wall_s, _, _ in times)
    return tuple(round(walls[min(len(walls) - 1, int(len(walls) * q))] * 1e3, 2) for q in (0.5, 0.999, 1.0))


def mean_cpu_ms(times: Sequence[tuple[float, float, float]]) -> float:
    return round(sum(cpu_s for _, cpu_s, _ in times) * 1e3 / max(1, len(times)), 3)


def outages(
    folder: Path, count: int, seed: int, longest_s: float = 0.8, kinds: Sequence[str] = KINDS
) -> tuple[Result, Times]:
    """Run it; ``folder`` takes sessions and broker.

    A broker that was restarted may hand on in another order what it had taken; a network can't.
    """
    source, happened = random.Random(seed), Counter[str]()
    in_flight = waiting = 0
    began_s = monotonic()
    alone = Recorder(folder / "alone")
    root, broker = folder / "sessions", Mosquitto(folder / "broker").start()
    quicker = [
        patch("engine.publish.mqtt.ANSWER_S", 1.0), patch("engine.publish.mqtt_connection.ANSWER_S", 1.0),
        patch("engine.publish.mqtt.RETRY_S", (0.05, 0.3)),
        patch("engine.app.publishing.LAST_S", 30.0),
    ]  # fmt: skip
    for each in quicker:
        each.start()
    try:
        with Consumer(broker.port) as consumer, Proxy(broker.port) as network:
            mqtt = {"broker": f"127.0.0.1:{network.port}", "readings_hz": READINGS_HZ}
            unheard = PublishSettings.model_validate({"venue": "v", "prefix": "unkept", "mqtt": mqtt})
            with (
                publishing(unheard, None, root, lambda told: None) as handed,
                recorded(root, {"venue": "v", "mqtt": mqtt}) as recorder,
            ):
                (sender,) = recorder.published.senders  # type: ignore[attr-defined]
                writing = Writing(recorder, alone, Recorder(root, handed, Unkept()), handed)
                for _ in range(count):
                    happened[_outage(source.choice(kinds), source, network, broker, longest_s)] += 1
                    in_flight = max(in_flight, len(sender._order))
                    waiting = max(waiting, len(getattr(sender.backlogs._present, "_ready", ())))
                writing.stop()
            alone.writer.close()
            wanted = expected_ids(root, READINGS_HZ)
            consumer.until(lambda: wanted[-1] in consumer.ids())
            failures = sender.failures
    finally:
        for each in quicker:
            each.stop()
        broker.kill()
    took_s = monotonic() - began_s
    once = consumer.once()
    result = Result(
        wanted=len(wanted),
        came=len(consumer.bodies()),
        missing=len(set(wanted) - consumer.ids()),
        unknown=len(consumer.ids() - set(wanted)),
        disordered=[body["id"] for body in once] != wanted,
        late=sum("late" in body for body in once),
        tries_failed=failures,
        in_flight=in_flight,
        waiting_in_memory=waiting,
        took_s=took_s,
        kinds=dict(happened),
    )
    return result, writing.times()


def _outage(kind: str, source: random.Random, network: Proxy, broker: Mosquitto, longest_s: float) -> str:
    """Have an outage, and wait a while; returns its ``kind``."""
    {"cut": network.cut, "stall": network.stall, "restart": broker.stop}[kind]()
    sleep(source.uniform(0.0, longest_s))
    if kind == "restart":
        broker.start()
    else:
        network.mend()
    sleep(source.uniform(0.0, longest_s))
    return kind


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS), help="cut, stall, restart; one is drawn for each outage")
    asked = parser.parse_args()
    kinds = asked.kinds.split(",")
    with tempfile.TemporaryDirectory() as folder:
        found, times = outages(Path(folder), asked.outages, asked.seed, kinds=kinds)
    for name, value in (vars(found) | vars(times)).items():
        print(f"{name:>18}  {value}")
    assert found.in_flight <= IN_FLIGHT
    assert not found.missing and not found.unknown, "a message is missing"
    assert not found.disordered or "restart" in kinds, "messages are out of order"
    assert not times.late_for_it, "readings are late because they are published"
    assert max(times.cpu_sender_meanwhile_ms, times.cpu_calls_ms) < LATE_S * 1e3


if __name__ == "__main__":
    main()
