"""The loop: what it writes, in which order, and how it ends."""

from collections.abc import Iterator

import numpy as np
import pytest

from engine.audio.watchdog import Watchdog, WatchSettings
from engine.core import grid
from engine.core.errors import DeviceError, InputError, StuckError
from engine.core.run_protocols import Stop
from engine.core.signals import AudioBlock, End, Event, Health, HealthChange, Reading, Start
from engine.live.monitor_loop import Monitor
from engine.live.spike_detector import SpikeDetector
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration

START = Start("s", "fake", "w", False, grid.SAMPLE_RATE_HZ, "2026-11-20T15:00:00Z", 0.7, "none")
EMPTY = np.zeros(0, np.float32)


class FakeSource:
    """Yields what it is given; an exception in the list is raised."""

    def __init__(self, items: list, live: bool = False) -> None:
        self.items, self.live, self.name, self.duration_s = items, live, "fake", None
        self.closed = False

    def blocks(self) -> Iterator[AudioBlock]:
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item() if callable(item) else item

    def close(self) -> None:
        self.closed = True


class Collector:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.heard = 0

    def write(self, event: Event) -> None:
        self.events.append(event)

    def sound(self, block: AudioBlock) -> None:
        self.heard += len(block.samples)

    def flush(self) -> None:
        pass

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def _block(start_s: float, seconds: float = 1.0, **more) -> AudioBlock:
    samples = np.random.default_rng(1).normal(scale=0.05, size=int(seconds * grid.SAMPLE_RATE_HZ)).astype(np.float32)
    return AudioBlock(samples, int(start_s * grid.SAMPLE_RATE_HZ), **more)


@pytest.fixture
def run(network):
    def run(source: FakeSource, **settings) -> Collector:
        collector = Collector()
        stream = PressureStream(network, Calibration(), step=4)
        stop = settings.pop("stop", Stop())
        monitor = Monitor(source, stream, SpikeDetector(), [collector], stop, sound_sinks=[collector], **settings)
        collector.end = None
        try:
            collector.end = monitor.run(START)
        except (DeviceError, InputError) as fault:
            collector.fault = fault
        return collector

    return run


def test_begins_with_start_and_ends_with_end(run):
    source = FakeSource([_block(0), _block(1)])
    heard = run(source)
    assert heard.events[0] is START
    assert heard.events[-1] == End(2.0, "end_of_file")
    assert heard.heard == 2 * grid.SAMPLE_RATE_HZ
    assert source.closed


def test_a_state_is_announced_once_before_its_first_reading(run):
    heard = run(FakeSource([_block(0, 41.0)]))
    states = [event for event in heard.events if isinstance(event, HealthChange)]
    assert [change.health for change in states] == [Health.WARMING_UP, Health.LISTENING]
    first = next(reading for reading in heard.of(Reading) if reading.pressure is not None)
    assert heard.events.index(states[1]) == heard.events.index(first) - 1


def test_a_fault_in_the_middle_keeps_what_came_before_and_says_where(run):
    source = FakeSource([_block(0, 3.0), InputError("broken at 3 s", "get it again")])
    heard = run(source)
    assert len(heard.of(Reading)) == 15
    assert heard.events[-1] == End(3.0, "fault", "broken at 3 s")
    assert heard.fault.message == "broken at 3 s"
    assert source.closed


def test_a_live_source_that_brings_nothing_is_stalled_then_recovering(run):
    now = iter(np.arange(0.0, 100.0, 0.5))
    beats = [AudioBlock(EMPTY, grid.SAMPLE_RATE_HZ)] * 6
    heard = run(FakeSource([_block(0), *beats, _block(1)], live=True), clock=lambda: float(next(now)))
    changes = heard.of(HealthChange)
    assert [change.health for change in changes] == [
        Health.WARMING_UP,
        Health.STALLED,
        Health.RECOVERING,
        Health.WARMING_UP,
    ]
    assert changes[1].t == 1.0
    assert heard.end.reason == "end_of_stream"


def test_it_gives_up_on_a_pipe_that_stays_quiet(run):
    now = iter(np.arange(0.0, 1000.0, 0.5))
    beats = [AudioBlock(EMPTY, 0)] * 1000
    patience = Watchdog(WatchSettings(give_up_after_s=30.0), reopens=False)
    heard = run(FakeSource(beats, live=True), clock=lambda: float(next(now)), watchdog=patience)
    assert isinstance(heard.fault, DeviceError)
    assert len(heard.of(HealthChange)) == 1
    assert heard.events[-1].reason == "fault"


def test_a_request_ends_it_cleanly(run):
    stop = Stop()

    def ask() -> AudioBlock:
        stop.request("terminated")
        return _block(1)

    heard = run(FakeSource([_block(0), ask, _block(2)]), stop=stop)
    assert heard.end == End(1.0, "terminated")


def test_overruns_are_reported_once_each(run):
    heard = run(FakeSource([_block(0), _block(1.5, overruns=2), _block(2.5, overruns=2)], live=True))
    notices = [change.detail for change in heard.of(HealthChange) if "overrun" in change.detail]
    assert notices == ["overrun: sound came faster than it was taken, some is missing (2 times)"]


def test_while_the_watchdog_sees_trouble_no_reading_has_a_number(run):
    now = iter([*np.arange(0.0, 41.0, 1.0), 45.0, 45.2, 45.4, 46.4, 47.4])
    blocks = [_block(second) for second in range(41)]
    back = [_block(41, 0.2), _block(41.2, 0.2), _block(41.4), _block(42.4)]
    heard = run(FakeSource([*blocks, AudioBlock(EMPTY, 0), *back], live=True), clock=lambda: float(next(now)))
    states = [(reading.health, reading.pressure is None) for reading in heard.of(Reading) if reading.t > 41]
    assert states[0] == (Health.RECOVERING, True)
    assert states[-1] == (Health.LISTENING, False)
    assert set(states) == {(Health.RECOVERING, True), (Health.LISTENING, False)}


def test_notices_are_written_within_the_present_state(run):
    told = iter([[], ["the disk is nearly full"], []])
    heard = run(FakeSource([_block(0), _block(1), _block(2)]), notices=lambda: next(told))
    assert HealthChange(2.0, Health.WARMING_UP, "the disk is nearly full") in heard.events


def test_a_sink_whose_reader_left_does_not_cost_the_others_their_end(network):
    class Left(Collector):
        def write(self, event: Event) -> None:
            if isinstance(event, Reading):
                raise BrokenPipeError
            super().write(event)

    kept, left = Collector(), Left()
    source = FakeSource([_block(0), _block(1)])
    monitor = Monitor(source, PressureStream(network, Calibration(), step=4), SpikeDetector(), [kept, left], Stop())
    with pytest.raises(BrokenPipeError):
        monitor.run(START)
    assert kept.events[-1].reason == "output_lost"
    assert source.closed


def test_the_end_is_written_before_the_device_is_closed_which_may_hang(network):
    """A service manager kills a process that hangs: by then its session must have an end."""
    collector = Collector()

    class Hanging(FakeSource):
        def close(self) -> None:
            assert collector.of(End)
            raise StuckError("it hangs", "start anew")

    monitor = Monitor(
        Hanging([_block(0)]), PressureStream(network, Calibration(), step=4), SpikeDetector(), [collector], Stop()
    )
    with pytest.raises(StuckError):
        monitor.run(START)
    assert [end.reason for end in collector.of(End)] == ["end_of_file"]
