"""The watchdog's states, told as what comes in second by second."""

import itertools

import numpy as np
import pytest

from engine.audio.watchdog import Watchdog, WatchSettings
from engine.core.signals import AudioBlock, Health

BLOCK_S = 0.25
BLOCK = round(22050 * BLOCK_S)


def block(samples: int = BLOCK, zeros: bool = False, **said: float) -> AudioBlock:
    """Sound that is all exact zeros, or has none."""
    return AudioBlock(np.full(samples, 0.0 if zeros else 0.1, np.float32), 0, **said)


class World:
    """A device that does what the story says, in quarter seconds."""

    def __init__(self, **settings: float | None) -> None:
        self.now_s = 100.0
        self.dog = Watchdog(WatchSettings(**settings))
        self.dog.opened(self.now_s, "USB")
        self.story: list[tuple[float, Health | None, str]] = []
        self.tries: list[float] = []

    def sound(self, seconds: float, zeros: bool = False) -> None:
        for _ in range(round(seconds / BLOCK_S)):
            self.now_s += BLOCK_S
            self.dog.heard(self.now_s, block(zeros=zeros))
            self._look()

    def nothing(self, seconds: float) -> None:
        for _ in range(round(seconds / BLOCK_S)):
            self.now_s += BLOCK_S
            self.dog.quiet(self.now_s)
            self._look()

    def no_device(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        self.dog.failed(self.now_s, "gone")
        while self.now_s < until_s:
            self.now_s += BLOCK_S
            if self.dog.reopen_due(self.now_s):
                self.tries.append(self.now_s)
                self.dog.failed(self.now_s, "no such device")
            self._look(count_tries=False)

    def dumb(self, seconds: float, zeros: bool) -> list[float]:
        """A device that opens each time it is asked to and is never heard; when it was opened."""
        self.tries.clear()
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            before = len(self.tries)
            if zeros:
                self.sound(BLOCK_S, zeros=True)
            else:
                self.nothing(BLOCK_S)
            if len(self.tries) > before:
                self.dog.opened(self.now_s, "USB")
        return self.tries

    def _look(self, count_tries: bool = True) -> None:
        if count_tries and self.dog.reopen_due(self.now_s):
            self.tries.append(self.now_s)
        for change in self.dog.take_changes():
            self.story.append((self.now_s - 100.0, change.health, change.detail))

    @property
    def states(self) -> list[tuple[float, Health]]:
        return [(at, health) for at, health, _ in self.story if health]


def test_sound_that_keeps_coming_is_no_event():
    world = World()
    world.sound(60)
    assert (world.story, world.tries, world.dog.state) == ([], [], None)


def heard_so_far() -> World:
    """A device that was heard for ten seconds."""
    world = World()
    world.sound(10)
    return world


def test_a_device_that_sends_nothing_is_stalled_within_three_seconds_and_opened_anew_a_second_later():
    world = heard_so_far()
    world.nothing(5)
    assert world.states == [(12.0, Health.STALLED)]
    assert world.tries == [113.0]


def test_sound_that_comes_back_is_believed_after_a_moment():
    world = heard_so_far()
    world.nothing(2.5)
    world.sound(0.25)
    assert world.dog.state is Health.RECOVERING
    world.sound(0.5)
    assert world.dog.state is None
    assert [state for _, state in world.states] == [Health.STALLED, Health.RECOVERING]


def test_a_loose_contact_must_hold_longer_each_time():
    world = World()
    needed = []
    for _ in range(4):
        world.sound(3.5)
        assert world.dog.state is None
        world.nothing(2)
        began_s = world.now_s
        while world.dog.state is not None:
            world.sound(BLOCK_S)
        needed.append(world.now_s - began_s)
    assert needed == pytest.approx([0.5, 1.0, 1.5, 1.5], abs=BLOCK_S)


def test_digital_silence_is_told_by_the_readings_and_the_device_opened_anew():
    world = heard_so_far()
    world.sound(2.75, zeros=True)
    assert world.dog.state is None
    world.sound(10, zeros=True)
    assert world.states == [(13.0, Health.SILENT)]
    assert world.tries == [113.0]


def test_a_lost_device_is_tried_again_ever_less_often_but_never_less_than_every_few_seconds():
    world = heard_so_far()
    world.no_device(20)
    assert world.states == [(10.25, Health.LOST)]
    pauses = [b - a for a, b in zip(world.tries, world.tries[1:], strict=False)]
    assert pauses[:4] == [0.5, 1.0, 1.5, 1.5]
    assert max(pauses) == 1.5


def test_an_opened_device_that_stays_dumb_is_stalled_not_well():
    world = heard_so_far()
    world.no_device(3)
    world.dog.opened(world.now_s, "USB")
    world.nothing(4)
    assert [state for _, state in world.states] == [Health.LOST, Health.RECOVERING, Health.STALLED]


@pytest.mark.parametrize(("limit_s", "ends"), [(30.0, True), (None, False)])
def test_patience_has_an_end_where_one_is_set(limit_s, ends):
    world = World(give_up_after_s=limit_s)
    world.sound(10)
    world.no_device(31)
    assert world.dog.given_up(world.now_s) is ends


def test_a_muted_microphone_is_waited_for_without_end():
    world = World(give_up_after_s=30.0)
    world.sound(100, zeros=True)
    assert world.dog.state is Health.SILENT
    assert not world.dog.given_up(world.now_s)


@pytest.mark.parametrize("zeros", [True, False], ids=["exact zeros", "nothing at all"])
def test_a_muted_microphone_is_not_opened_1400_times_an_hour(zeros):
    """Each closing is a chance for the sound system to hang for good."""
    world = World(give_up_after_s=None)
    world.sound(10)
    tries = world.dumb(3600, zeros)
    pauses_s = [b - a for a, b in itertools.pairwise(tries)]
    assert len(tries) < 90
    assert pauses_s[0] <= 3.0, "at first it is tried often"
    assert max(pauses_s[:5]) <= 5.0
    assert pauses_s[-1] == pytest.approx(60.0, abs=1.0)
    world.sound(2)
    assert world.dog.state is None
    assert world.dumb(8, zeros)[0] - world.now_s > -6.0, "and soon again after it was heard"


def test_the_same_notice_comes_once_a_minute_with_its_number():
    world = World()
    for second in range(150):
        world.dog.heard(world.now_s + second, block(overruns=second))
    texts = [change.detail for change in world.dog.take_changes()]
    assert [text.partition("(")[2] for text in texts] == ["", "60 times)", "60 times)"]


def test_readings_behind_their_sound_and_another_input_are_told():
    world = World()
    world.dog.heard(101.0, block(captured_at=98.5))
    world.dog.opened(102.0, "Built-in")
    assert [change.detail for change in world.dog.take_changes()] == [
        "the readings come 2.5 s after their sound",
        "the input is now 'Built-in', it was 'USB'",
    ]


def test_sound_that_has_come_for_just_long_enough_is_believed():
    dog = Watchdog(WatchSettings(recovered_after_s=1.0))
    dog.opened(100.0, "USB")
    dog.failed(200.0, "gone")
    dog.heard(202.0, block(22050 - 1))
    assert dog.state is Health.RECOVERING
    dog = Watchdog(WatchSettings(recovered_after_s=1.0))
    dog.opened(100.0, "USB")
    dog.failed(200.0, "gone")
    dog.heard(202.0, block(22050))
    assert dog.state is None
