"""One long source made of many openings of a device."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from engine.audio.calls_with_deadline import PATIENCE_S, Background, stuck
from engine.audio.reconnecting import WatchedSource
from engine.audio.watchdog import Watchdog, WatchSettings
from engine.core.errors import DeviceError, ExitCode, StuckError
from engine.core.signals import AudioBlock, Health

BLOCK = 2205


class Device:
    """Sends as the script says: ``s`` 0.1 s of sound, ``0`` of zeros, ``.`` nothing, ``x`` fails."""

    live = True
    duration_s = None

    def __init__(self, room: "Room", script: str, name: str = "USB") -> None:
        self.room, self.script, self.name = room, script, name
        self.closed = False

    def blocks(self) -> Iterator[AudioBlock]:
        at = 0
        for sign in self.script:
            self.room.now_s += 0.1
            if sign == "x":
                raise DeviceError("the cable is out", "put it in")
            if sign == ".":
                yield AudioBlock(np.zeros(0, np.float32), at)
                continue
            sent = np.full(BLOCK, 0.0 if sign == "0" else 0.1, np.float32)
            yield AudioBlock(sent, at, self.room.now_s, overruns=sign == "!", overloads=2 * (sign == "!"))
            at += BLOCK

    def close(self) -> None:
        self.closed = True


class Done:
    done = True

    def __init__(self, work) -> None:
        self.value = work()

    def result(self):
        return self.value


class Room:
    """Devices one after the other, and the time they take."""

    def __init__(self, *scripts: str | None, **settings) -> None:
        self.now_s = 50.0
        self.devices = [None if s is None else Device(self, s) for s in scripts]
        self.dog = Watchdog(WatchSettings(**settings))
        self.left = iter(self.devices[1:])
        self.states: list[Health] = []
        self.source = WatchedSource(
            self.devices[0],
            self.reopen,
            self.dog,
            lambda: self.now_s,
            self.wait,
            background=Done,
            patience_s=PATIENCE_S,
        )

    def reopen(self) -> Device:
        try:
            device = next(self.left)
        except StopIteration:
            self.source.close()
            raise DeviceError("no more", "") from None
        if device is None:
            raise DeviceError("no such device", "")
        return device

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def listen(self) -> list[AudioBlock]:
        """What a monitor does with a watchdog."""
        blocks = []
        for block in self.source.blocks():
            blocks.append(block)
            self.dog.heard(self.now_s, block)
            self.states += [change.health for change in self.dog.take_changes() if change.health]
        return [block for block in blocks if len(block.samples)]


def test_a_device_that_fails_and_comes_back_is_one_source_with_a_gap_as_long_as_it_was_away():
    room = Room("s" * 20 + "x", None, None, "s" * 20 + "x")
    blocks = room.listen()
    assert len(blocks) == 40
    assert [b.start - a.end for a, b in pairwise(blocks)][:19] == [0] * 19
    away_s = (blocks[20].start - blocks[19].end) / 22050
    assert away_s == pytest.approx(blocks[20].captured_at - blocks[19].captured_at - 0.1, abs=1e-3)
    assert away_s > 1
    assert room.states[:2] == [Health.LOST, Health.RECOVERING]


def test_two_openings_are_never_glued_together_even_without_a_pause():
    room = Room("sx", "sx", first_retry_s=0.0)
    room.source._clock = lambda: 50.0
    blocks = room.listen()
    assert blocks[1].start > blocks[0].end


def test_a_stalled_device_is_closed_and_opened_anew():
    room = Room("s" * 10 + "." * 100, "s" * 10 + "x")
    blocks = room.listen()
    assert len(blocks) == 20
    assert room.devices[0].closed
    assert room.states[:2] == [Health.STALLED, Health.RECOVERING]


def test_zeros_are_told_once_however_often_the_device_is_opened_anew():
    room = Room("s" * 10 + "0" * 100, "0" * 100, "0" * 100, "0" * 5 + "s" * 20 + "x")
    room.listen()
    assert room.states[:3] == [Health.SILENT, Health.RECOVERING, Health.LOST]


def test_there_is_always_a_heartbeat_while_the_device_is_opened():
    room = Room("sx", "s")

    class Slow(Done):
        looks = 0

        @property
        def done(self) -> bool:
            self.looks += 1
            return self.looks > 25

    room.source._background = Slow
    began_s, beats = room.now_s, []
    for block in room.source.blocks():
        beats.append(room.now_s)
        if len(beats) > 20:
            break
        assert len(block.samples) == 0 or room.now_s < began_s + 0.2
    assert max(b - a for a, b in pairwise(beats)) <= 0.25


def test_a_device_that_hangs_while_it_is_changed_ends_the_listening_after_twenty_seconds_of_heartbeats():
    """On a Mac ``Pa_StopStream`` may never come back: a recorder that waits for it is deaf for good."""
    room = Room("sx", "s")

    class Never(Done):
        done = False

    room.source._background = Never
    began_s, beats = room.now_s, 0
    with pytest.raises(StuckError, match="USB does not answer") as caught:
        for _ in room.source.blocks():
            beats += 1
    assert caught.value.exit_code is ExitCode.STUCK
    assert room.now_s - began_s == pytest.approx(20.2, abs=0.2)
    assert beats > 190


def test_a_device_that_says_itself_that_it_hangs_is_believed():
    room = Room("sx")

    def hang() -> None:
        raise stuck("USB", "opening", 20.0)

    room.source._reopen = hang
    room.source._background = Background
    room.source._wait = lambda _: None
    with pytest.raises(StuckError, match="opening"):
        list(room.source.blocks())


def test_overruns_and_overloads_are_counted_over_all_openings():
    room = Room("s!x", "s!x")
    heard = room.listen()
    assert [block.overruns for block in heard] == [0, 1, 1, 2]
    assert [block.overloads for block in heard] == [0, 2, 2, 4]
