"""What a microphone hears comes out whole, and what it does not hear is said."""

import threading
from collections.abc import Callable, Iterator
from itertools import count, islice, pairwise

import numpy as np
import pytest

from engine.audio.microphone import Microphone
from engine.audio.resampling import Resampler
from engine.core.errors import DeviceError, ExitCode, StuckError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock
from tests.unit.engine.audio.fake_sounddevice import FakeSoundDevice, FakeStream, PortAudioError, microphone
from tests.unit.engine.audio.sounds import joined, middle, noise, pitch_hz, rms, tone

Script = Callable[[FakeStream], None]


def listen(
    script: Script, *, clock: Callable[[], float] = lambda: 0.0, **settings: object
) -> tuple[Microphone, Iterator[AudioBlock]]:
    fake = FakeSoundDevice(microphone("Desk"), script=script, rates_hz=settings.pop("rates_hz", (22050, 48000)))
    source = Microphone(module=fake, clock=clock, heartbeat_s=0.0, **settings)
    return source, source.blocks()


def until_lost(blocks: Iterator[AudioBlock]) -> tuple[list[AudioBlock], DeviceError]:
    kept: list[AudioBlock] = []
    with pytest.raises(DeviceError) as caught:
        kept.extend(blocks)
    return kept, caught.value


def playing(*sounds: np.ndarray) -> Script:
    def script(stream: FakeStream) -> None:
        for sound in sounds:
            stream.hear(sound)
        stream.die()

    return script


def test_what_was_heard_comes_out_bit_for_bit_before_the_loss_is_told() -> None:
    sounds = [noise(0.02, seed=seed) for seed in range(5)]
    source, blocks = listen(playing(*sounds))
    kept, error = until_lost(blocks)
    assert np.array_equal(joined(kept), np.concatenate(sounds))
    assert "Desk" in error.message and error.exit_code is ExitCode.DEVICE
    assert source.overruns == 0 and source.live and source.duration_s is None


def test_a_device_without_the_grids_rate_is_opened_at_its_own_and_resampled() -> None:
    sound = tone(48000, 1.0, hertz=1000)[:, 0]
    source, blocks = listen(playing(*np.split(sound, 50)), rates_hz=(48000,))
    heard = joined(until_lost(blocks)[0])
    assert source.rate_hz == 48000
    assert len(heard) == SAMPLE_RATE_HZ
    assert pitch_hz(middle(heard)) == pytest.approx(1000, abs=0.2)
    assert rms(middle(heard)) == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)


def test_a_rate_that_was_asked_for_is_used() -> None:
    source, _ = listen(playing(), rate_hz=48000)
    assert source.rate_hz == 48000


def test_a_silent_device_gives_heartbeats_at_the_place_where_it_fell_silent() -> None:
    _, blocks = listen(lambda stream: stream.hear(noise(0.1)))
    first, *hearts = islice(blocks, 4)
    assert [(len(heart.samples), heart.start) for heart in hearts] == [(0, first.end)] * 3


def test_a_full_queue_drops_and_counts_and_leaves_a_hole() -> None:
    pieces = [noise(0.02, seed=seed) for seed in range(12)]
    slot: list[FakeStream] = []

    def crowd_the_queue(stream: FakeStream) -> None:
        slot.append(stream)
        for piece in pieces[:8]:
            stream.hear(piece)

    source, blocks = listen(crowd_the_queue, queue_s=0.1)
    kept = list(islice(blocks, 5))
    for piece in pieces[8:]:
        slot[0].hear(piece)
    slot[0].die()
    kept += until_lost(blocks)[0]
    sounding = [block for block in kept if len(block.samples)]
    assert source.overruns == 3
    assert sounding[-1].overruns == 3
    assert [block.start // len(pieces[0]) for block in sounding] == [0, 1, 2, 3, 4, 8, 9, 10, 11]
    assert all(np.array_equal(block.samples, pieces[block.start // len(pieces[0])]) for block in sounding)


def test_sound_that_portaudio_lost_leaves_a_hole_as_long_as_the_clock_says() -> None:
    ticks = iter([0.0, 0.1, 0.5])
    now = [0.0]

    def script(stream: FakeStream) -> None:
        now[0] = next(ticks)
        stream.hear(noise(0.1))
        now[0] = next(ticks)
        stream.hear(noise(0.1))
        now[0] = next(ticks)
        stream.hear(noise(0.1), overflow=True)
        stream.die()

    source, blocks = listen(script, clock=lambda: now[0])
    kept = until_lost(blocks)[0]
    assert source.overruns == 1
    assert kept[1].start == kept[0].end
    assert (kept[2].start - kept[1].end) / SAMPLE_RATE_HZ == pytest.approx(0.3, abs=0.001)


BUFFER_S = 0.02


def stamped(*events: str, buffers: int = 150, lost_s: float = 0.1) -> Script:
    """Three seconds with a time stamp on every buffer; ``events``: at the 50th, a report, a loss or both."""

    def script(stream: FakeStream) -> None:
        at_s = 1000.0
        for number in range(buffers):
            if number == 50 and "loss" in events:
                at_s += lost_s
            reported = ("report" in events and number == 50) or ("late report" in events and number == 60)
            stream.hear(noise(BUFFER_S), overflow=reported, stamp_s=at_s + 0.0005 * (number % 3))
            at_s += BUFFER_S
        stream.die()

    return script


def ticking() -> Callable[[], float]:
    """A clock that the callback's buffers come by, and the reader's are not measured with."""
    ticks = count()
    return lambda: BUFFER_S * next(ticks)


def test_a_busy_processor_on_a_mac_does_not_cost_38_seconds_of_history() -> None:
    """CoreAudio reports an overload, PortAudio an input overflow, and not one sample is missing."""
    source, blocks = listen(stamped("report"), clock=ticking(), queue_s=10.0)
    kept = until_lost(blocks)[0]
    assert all(a.end == b.start for a, b in pairwise(kept))
    assert source.overruns == 0
    assert source.overloads == kept[-1].overloads == 1


def test_a_mac_that_is_overloaded_all_the_time_is_told_while_it_is() -> None:
    """Every buffer reports, none is missing: there is no pause after which the reports could be counted."""

    def script(stream: FakeStream) -> None:
        for number in range(150):
            stream.hear(noise(BUFFER_S), overflow=True, stamp_s=1000.0 + BUFFER_S * number)
        stream.die()

    source, blocks = listen(script, clock=ticking(), queue_s=10.0)
    kept = until_lost(blocks)[0]
    assert all(a.end == b.start for a, b in pairwise(kept))
    assert source.overruns == 0
    assert source.overloads == kept[-1].overloads == pytest.approx(100, abs=2)


@pytest.mark.parametrize("report", ["report", "late report"])
def test_a_reported_loss_leaves_a_hole_as_long_as_the_devices_time_stamps_say(report: str) -> None:
    source, blocks = listen(stamped(report, "loss"), clock=ticking(), queue_s=10.0)
    kept = until_lost(blocks)[0]
    holes_s = [(b.start - a.end) / SAMPLE_RATE_HZ for a, b in pairwise(kept) if a.end != b.start]
    assert holes_s == [pytest.approx(0.1, abs=0.002)]
    assert (source.overruns, source.overloads) == (1, 0)


def test_time_stamps_that_waver_without_a_report_are_no_loss() -> None:
    source, blocks = listen(stamped("loss", lost_s=0.03), clock=ticking(), queue_s=10.0)
    kept = until_lost(blocks)[0]
    assert all(a.end == b.start for a, b in pairwise(kept))
    assert (source.overruns, source.overloads) == (0, 0)


def test_a_report_from_a_device_without_time_stamps_is_judged_by_the_clock() -> None:
    now = [0.0]

    def script(stream: FakeStream) -> None:
        for number in range(100):
            now[0] += BUFFER_S + (0.005 if number == 50 else 0.0)
            stream.hear(noise(BUFFER_S), overflow=number == 50)
        stream.die()

    source, blocks = listen(script, clock=lambda: now[0], queue_s=10.0)
    kept = until_lost(blocks)[0]
    assert all(a.end == b.start for a, b in pairwise(kept))
    assert source.overruns == 0


def test_on_a_mac_the_device_is_opened_at_its_own_rate_so_that_one_sound_gives_one_index() -> None:
    """CoreAudio would take the grid's rate as well, and resample in its own way."""
    sound = tone(48000, 1.0, hertz=1000)[:, 0]
    pieces = np.split(sound, 50)
    source, blocks = listen(playing(*pieces), system="darwin")
    heard = joined(until_lost(blocks)[0])
    assert source.rate_hz == 48000
    resampler = Resampler()
    expected = [part for piece in pieces for _, part in resampler.push(piece, 48000)]
    expected += [part for _, part in resampler.finish()]
    assert np.array_equal(heard, np.concatenate(expected))
    assert listen(playing(), system="linux")[0].rate_hz == SAMPLE_RATE_HZ
    assert listen(playing(), system="darwin", rate_hz=22050)[0].rate_hz == 22050, "unless it was asked for"


def test_the_time_of_capture_is_the_callbacks_time_not_the_readers() -> None:
    ticks = count(100)
    _, blocks = listen(playing(noise(0.02), noise(0.02)), clock=lambda: float(next(ticks)))
    first, second = islice(blocks, 2)
    assert second.captured_at is not None and first.captured_at is not None
    assert second.captured_at == first.captured_at + 1


def test_samples_that_are_no_sound_become_silence() -> None:
    sound = noise(0.02)
    sound[7] = np.nan
    source, blocks = listen(playing(sound))
    heard = joined(until_lost(blocks)[0])
    assert heard[7] == 0 and source.repaired_samples == 1


def test_closing_ends_the_blocks_without_an_error() -> None:
    fake = FakeSoundDevice(microphone("Desk"), script=lambda stream: stream.hear(noise(0.02)))
    source = Microphone(module=fake, heartbeat_s=0.0)
    blocks = source.blocks()
    next(blocks)
    source.close()
    source.close()
    assert list(blocks) == []
    assert not fake.streams[0].active


def test_a_device_that_refuses_every_rate_is_told_by_its_name() -> None:
    with pytest.raises(DeviceError, match="Desk can't be opened: Invalid sample rate"):
        listen(playing(), rates_hz=())


@pytest.mark.parametrize("doing", ["opening", "starting", "closing"])
def test_a_sound_system_that_hangs_does_not_hang_the_recorder(doing: str) -> None:
    fake = FakeSoundDevice(microphone("Desk"), script=lambda stream: stream.hear(noise(0.02)))
    release = threading.Event()

    def listen_and_close() -> None:
        source = Microphone(module=fake, heartbeat_s=0.0, patience_s=0.05)
        next(source.blocks())
        source.close()

    class Hanging(FakeStream):
        def __init__(self, *settings: object) -> None:
            super().__init__(*settings)  # type: ignore[arg-type]
            self._hang("opening")

        def start(self) -> None:
            self._hang("starting")
            super().start()

        def close(self) -> None:
            self._hang("closing")

        def _hang(self, now: str) -> None:
            if now == doing:
                release.wait()

    fake.stream = Hanging
    try:
        with pytest.raises(StuckError, match=f"Desk does not answer: {doing}") as caught:
            listen_and_close()
        assert caught.value.exit_code is ExitCode.STUCK
    finally:
        release.set()


def test_a_device_that_cannot_be_started() -> None:
    def refuse(stream: FakeStream) -> None:
        raise PortAudioError("Device unavailable", -9985)

    _, blocks = listen(refuse)
    with pytest.raises(DeviceError, match="Device unavailable"):
        next(blocks)
