"""Sound to words: times are the run's, nothing is heard before the run has heard as much, slowness loses the oldest."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.commentary.spoken.listener import QUEUE, Listener, RunClock
from engine.core import grid
from engine.core.errors import DeviceError
from engine.core.signals import AudioBlock

RATE = grid.SAMPLE_RATE_HZ


class Sound:
    """Blocks of 0.1 s with a tone in ``voiced`` stretches of seconds."""

    name, duration_s = "fake", None

    def __init__(self, seconds: float, voiced: list[tuple[float, float]], live: bool, fault: Exception | None = None):
        self.live, self._fault = live, fault
        t = np.arange(round(seconds * RATE)) / RATE
        level = np.zeros(len(t))
        for start, end in voiced:
            level[(t >= start) & (t < end)] = 0.5
        self._sound = (level * np.sin(2 * np.pi * 300 * t)).astype(np.float32)
        self.asked_for = 0

    def blocks(self) -> Iterator[AudioBlock]:
        size = RATE // 10
        for start in range(0, len(self._sound), size):
            self.asked_for = start
            captured_at = 1000.0 + (start + size) / RATE if self.live else None
            yield AudioBlock(self._sound[start : start + size], start, captured_at)
        if self._fault:
            raise self._fault

    def close(self) -> None:
        pass


def voice(chunk: np.ndarray) -> float:
    return float(np.abs(chunk).max() > 0.1)


def listened(source: Sound, run_clock: RunClock, **more: Any) -> list[dict[str, Any]]:
    """All that is sent, one thread after the other."""
    sent: list[dict[str, Any]] = []
    number = iter(range(10_000))
    listener = Listener(
        source, voice, more.pop("recognise", lambda u: f"sentence number {next(number)}"), sent.append, **more
    )
    listener.run_clock = run_clock
    listener.hear()
    listener.tell()
    return sent


def words_in(sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message["words"] for message in sent if "words" in message]


def test_words_of_a_file_have_the_time_of_the_file():
    (words,) = words_in(listened(Sound(12.0, [(5.0, 7.0)], live=False), RunClock(60.0, 0.0)))
    assert words["start"] == pytest.approx(4.8, abs=0.1) and words["end"] == pytest.approx(7.5, abs=0.15)


def test_words_of_a_microphone_have_the_time_that_the_run_had_then():
    """Its sound began at 1000 by the clock, when the run had heard 300 s."""
    source = Sound(12.0, [(5.0, 7.0)], live=True)
    (words,) = words_in(listened(source, RunClock(312.0, 1012.0), clock=lambda: 1012.0))
    assert words["start"] == pytest.approx(304.8, abs=0.1) and words["end"] == pytest.approx(307.5, abs=0.15)


def test_of_a_file_no_more_is_heard_than_the_run_has_heard():
    source, naps = Sound(30.0, [], live=False), []

    def sleep(seconds: float) -> None:
        naps.append(source.asked_for / RATE)
        if len(naps) == 3:
            listener.run_clock = RunClock(60.0, 0.0)

    listener = Listener(source, voice, lambda u: "", lambda message: None, sleep=sleep)
    listener.run_clock = RunClock(10.0, 0.0)
    listener.hear()
    assert len(naps) == 3 and max(naps) <= 10.0


def test_where_nobody_speaks_the_recogniser_is_never_asked():
    def invents(utterance: object) -> str:
        raise AssertionError("it was given a crowd")

    assert words_in(listened(Sound(60.0, [], live=False), RunClock(99.0, 0.0), recognise=invents)) == []


def test_a_recogniser_that_is_too_slow_loses_the_oldest_and_says_so():
    voiced = [(2.0 * n, 2.0 * n + 1.0) for n in range(1, 20)]
    times = iter(np.arange(0.0, 1e4, 1.0))
    sent = listened(Sound(42.0, voiced, live=False), RunClock(99.0, 0.0), clock=lambda: float(next(times)))
    words = words_in(sent)
    assert len(words) == QUEUE and words[-1]["start"] == pytest.approx(37.8, abs=0.2)
    signs = [message for message in sent if "late_s" in message]
    assert signs[-1]["dropped"] > 0 and signs[-1]["late_s"] > 20.0


def test_one_that_keeps_up_is_not_late():
    sent: list[dict[str, Any]] = []
    source = Sound(20.0, [(2.0, 4.0), (8.0, 10.0)], live=False)
    listener = Listener(source, voice, lambda u: "yes indeed", sent.append, sleep=lambda s: ahead())
    listener.run_clock = RunClock(0.0, 0.0)

    def ahead() -> None:
        listener.run_clock = RunClock(listener.run_clock.heard_s + 0.1, 0.0)

    teller = threading.Thread(target=listener.tell)
    teller.start()
    listener.hear()
    teller.join(60)
    assert not teller.is_alive() and len(words_in(sent)) == 2
    assert all(message["late_s"] <= 5.0 for message in sent if "late_s" in message)


def test_a_source_that_fails_says_so_and_what_was_said_before_is_told():
    source = Sound(6.0, [(1.0, 3.0)], live=True, fault=DeviceError("gone", "plug it in"))
    sent: list[dict[str, Any]] = []
    listener = Listener(source, voice, lambda u: "still told", sent.append)
    with pytest.raises(DeviceError):
        listener.hear()
    listener.tell()
    assert [words["text"] for words in words_in(sent)] == ["still told"]
