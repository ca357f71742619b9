"""Stations: sound without an end, from servers that fall silent, die and come back."""

import signal
import threading
from itertools import islice, pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from engine.audio.calls_with_deadline import hangs
from engine.audio.ffmpeg_connection import Patience, connect
from engine.audio.network_source import LiveAddress, open_address, open_recording, watch_settings
from engine.audio.reconnecting import WatchedSource
from engine.audio.watchdog import Watchdog
from engine.core.errors import DeviceError, ExitCode, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock, Health
from tests.sound_servers import (
    Asked,
    SoundServer,
    icecast,
    in_turn,
    says,
)
from tests.unit.engine.audio.from_addresses import PATIENT, SOON, Clock, Done, listen, live


def test_a_station_is_live_its_titles_are_no_sound_and_stereo_is_no_louder(mp3: bytes):
    with SoundServer(icecast(mp3)) as server:
        got = listen(live(server.url()), 4.0)
        assert server.asked[0].headers["icy-metadata"] == "1"
    level = np.sqrt(np.mean(got[SAMPLE_RATE_HZ : 3 * SAMPLE_RATE_HZ] ** 2))
    assert level == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    spectrum = np.abs(np.fft.rfft(got[SAMPLE_RATE_HZ : 2 * SAMPLE_RATE_HZ]))
    assert spectrum.argmax() == 440
    assert spectrum[600:].max() < spectrum.max() / 1000


def test_a_station_is_heard_at_the_pace_of_the_clock_however_fast_it_sends(mp3: bytes):
    clock = Clock()
    with SoundServer(icecast(mp3)) as server:
        source = open_address(server.url(), patience=PATIENT, clock=clock, sleep=clock.sleep)
        heard_s = 0.0
        for block in islice(source.blocks(), 200):
            heard_s += len(block.samples) / SAMPLE_RATE_HZ
            assert heard_s <= clock.now_s - 100.0 + 0.06
        source.close()
    assert heard_s > 3


def test_a_station_has_no_score(mp3: bytes):
    with SoundServer(icecast(mp3)) as server, pytest.raises(UsageError, match="has no end"):
        open_recording(server.url())


def test_a_station_that_falls_silent_keeps_the_listener_awake_and_is_lost(mp3: bytes):
    with SoundServer(icecast(mp3, times=1, then=Asked.hold)) as server:
        source, beats, samples = live(server.url(), SOON), 0, 0
        with pytest.raises(DeviceError, match="broken off"):
            for block in source.blocks():
                beats, samples = beats + (not len(block.samples)), samples + len(block.samples)
        assert beats >= 2
        assert samples > 5 * SAMPLE_RATE_HZ


def test_a_station_that_dies_and_returns_is_one_source_with_a_gap(mp3: bytes):
    """Through the states that a microphone goes through, and asked less and less often while it is away."""
    away, page = says("503 Service Unavailable"), says("200 OK", b"<html>" + b"Back soon! " * 500)
    with SoundServer(in_turn(icecast(mp3, times=1), away, page, icecast(mp3))) as server:
        clock, states = Clock(), []
        first = open_address(server.url(), patience=PATIENT, clock=clock, sleep=clock.sleep)
        assert isinstance(first, LiveAddress)
        dog = Watchdog(watch_settings(None))
        source = WatchedSource(first, first.open_again, dog, clock, clock.sleep, background=Done)
        blocks: list[AudioBlock] = []
        for block in source.blocks():
            dog.heard(clock(), block)
            if len(block.samples):
                blocks.append(block)
            states += [change.health for change in dog.take_changes() if change.health]
            if sum(len(block.samples) for block in blocks) > 10 * SAMPLE_RATE_HZ:
                break
        source.close()
        assert len(server.asked) == 4
    gaps = [after.start - before.end for before, after in pairwise(blocks)]
    assert min(gaps) == 0
    assert sum(gap > 0 for gap in gaps) == 1
    assert max(gaps) > 2 * SAMPLE_RATE_HZ
    assert states == [Health.LOST, Health.RECOVERING]


def test_digital_silence_of_a_broadcast_is_no_reason_to_hang_up():
    dog = Watchdog(watch_settings(None))
    dog.opened(0.0, "town")
    for second in range(60):
        dog.heard(float(second), AudioBlock(np.zeros(SAMPLE_RATE_HZ, np.float32), second * SAMPLE_RATE_HZ))
    assert dog.take_changes() == []
    assert not dog.reopen_due(60.0)


def test_a_server_that_accepts_and_never_answers_is_a_source_that_is_missing():
    with SoundServer(Asked.hold) as server, pytest.raises(DeviceError, match="does not answer") as caught:
        connect(server.url(), SOON)
    assert caught.value.exit_code is ExitCode.DEVICE


def test_a_name_that_takes_for_ever_to_look_up_is_given_up_and_what_still_comes_is_closed(
    monkeypatch: pytest.MonkeyPatch,
):
    found, closed = threading.Event(), threading.Event()

    def late(*_: object) -> SimpleNamespace:
        found.wait(20)
        return SimpleNamespace(close=closed.set)

    monkeypatch.setattr("engine.audio.ffmpeg_connection._open", late)
    with pytest.raises(DeviceError, match="does not answer: nothing came for 0 s"):
        connect("http://radio.example/live", Patience(answer_s=0.1))
    assert hangs()
    found.set()
    assert closed.wait(20)


def test_ctrl_c_while_an_address_is_silent_is_heard_at_once_and_the_program_then_leaves_without_tidying_up():
    main_thread = threading.main_thread()
    assert main_thread.ident is not None

    def pressed(asked: Asked) -> None:
        signal.pthread_kill(main_thread.ident, signal.SIGINT)
        asked.hold()

    with SoundServer(pressed) as server:
        with pytest.raises(KeyboardInterrupt):
            connect(server.url(), SOON)
        assert hangs()
    for thread in threading.enumerate():
        if thread is not main_thread and thread.name == "given up":
            thread.join(20)
    assert not hangs()


def test_a_thread_that_waits_for_the_net_takes_no_ctrl_c(monkeypatch: pytest.MonkeyPatch):
    blocked: list[set[signal.Signals]] = []

    def asks(*_: object) -> SimpleNamespace:
        blocked.append(set(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        return SimpleNamespace()

    monkeypatch.setattr("engine.audio.ffmpeg_connection._open", asks)
    connect("http://radio.example/live", SOON)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= blocked[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
