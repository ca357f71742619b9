"""Many venues on one broker, as their recorders would publish: what ``bench_wall`` shows on the wall.

    python -m tests.bench.wall_venues PORT VENUES READINGS_A_SECOND

Runs until it is ended. Twice a second one venue decides on an alarm, which is over three seconds later.
"""

import sys
import time
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from engine.core.signals import Alarm, Event, Health, Reading, Spike, Start
from engine.publish.messages import RETAINED, Numbered, message, topic
from tests.unit.tui.monitor.fake_feed import pressure_at

SESSION = "20261121T150000Z-0000aa"
_ALARM_EVERY_S = 0.5
_ALARM_S = 3.0


class Venues:
    """Publishes for all of them over one connection; each has topics of its own."""

    def __init__(self, port: int, count: int) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.names = [f"Ground {number:03d}" for number in range(count)]
        self._number = 0

    def send(self, name: str, event: Event) -> None:
        """Publish an event of a venue, decided now."""
        self._number += 1
        sent = message(Numbered(event, self._number, datetime.now(UTC)), name, SESSION)
        assert sent is not None
        qos = 0 if isinstance(event, Reading) else 1
        self.client.publish(topic("momentum", name, sent.kind), sent.payload(), qos, retain=sent.kind in RETAINED)

    def begin(self) -> None:
        for name in self.names:
            start = Start(SESSION, "mic", "default", True, 22050, "2026-11-21T15:00:00Z", 0.7, "danger")
            self.send(name, start)

    def run(self, rate_hz: float) -> None:
        """Readings of every venue, spread over each period, and an alarm now and then."""
        began_s = time.monotonic()
        step_s = 1.0 / rate_hz / len(self.names)
        turn, alarms = 0, 0
        ongoing: list[tuple[float, str, float]] = []
        while True:
            turn += 1
            time.sleep(max(began_s + turn * step_s - time.monotonic(), 0.0))
            t = 100.0 + time.monotonic() - began_s
            number = turn % len(self.names)
            pressure = pressure_at(t + 37.0 * number)
            self.send(self.names[number], Reading(t, pressure, -30.0, -20.0, Health.LISTENING))
            if (t - 100.0) / _ALARM_EVERY_S > alarms + 1:
                alarms += 1
                name = self.names[alarms * 7 % len(self.names)]
                ongoing.append((t, name, t))
                self.send(name, Alarm(t, t, 0.9))
            while ongoing and t - ongoing[0][0] > _ALARM_S:
                _, name, onset = ongoing.pop(0)
                self.send(name, Spike(onset, onset + 1.0, t, 0.93, onset))


if __name__ == "__main__":
    venues = Venues(int(sys.argv[1]), int(sys.argv[2]))
    venues.begin()
    venues.run(float(sys.argv[3]))
