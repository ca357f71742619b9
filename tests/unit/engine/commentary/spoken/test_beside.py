"""A commentary beside a run: whatever it does, the run goes on and says what became of it."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from engine.commentary.spoken.beside import LATE_S, LOST_S, QUIET_S, SILENT_S, Closed, SpokenBeside
from engine.commentary.spoken.from_transcript import TranscriptTeller
from engine.commentary.transcript import Segment, Transcript
from engine.core import grid
from engine.core.run_protocols import Stop
from engine.core.signals import AudioBlock, Event, Hearing, Reading, Words, WordsState
from engine.live.monitor_loop import Monitor
from engine.live.spike_detector import SpikeDetector
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from tests.unit.engine.live.test_monitor_loop import START, Collector, FakeSource

SAID = Transcript(
    (
        Segment(1.0, 4.0, "and the keeper has it"),
        Segment(5.0, 9.0, "a goal [b]a goal\x1b[2J for the home side"),
        Segment(5.5, 6.0, "yes"),
    )
)


class Turned:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Does:
    """A teller that does what the test says."""

    name = "fake"

    def __init__(self, work: Callable[[SpokenBeside], None]) -> None:
        self.tell = work


def started(work: Callable[[SpokenBeside], None], clock: Turned | None = None) -> SpokenBeside:
    beside = SpokenBeside(Does(work), clock or Turned())
    beside.start()
    return beside


def until_it_ended(beside: SpokenBeside) -> None:
    beside._thread.join(30)
    assert not beside._thread.is_alive()


def by_hand(clock: Turned) -> SpokenBeside:
    """One whose teller's side the test calls."""
    return SpokenBeside(Does(lambda to: None), clock)


def states(events: list[Event]) -> list[WordsState]:
    return [event for event in events if isinstance(event, WordsState)]


def run_beside(network, beside: SpokenBeside, blocks: int = 42) -> Collector:
    """A run of ``blocks`` seconds with ``beside``."""
    samples = np.random.default_rng(1).normal(scale=0.05, size=grid.SAMPLE_RATE_HZ).astype(np.float32)
    source = FakeSource([AudioBlock(samples, second * grid.SAMPLE_RATE_HZ) for second in range(blocks)])
    collector, stream = Collector(), PressureStream(network, Calibration(), step=4)
    Monitor(source, stream, SpikeDetector(), [collector], Stop(), beside=beside).run(START)
    return collector


def test_words_come_when_their_sentence_has_ended_and_never_before():
    beside = SpokenBeside(TranscriptTeller(SAID, "c.srt"))
    beside.start()
    found: list[Event] = []
    for heard_s in (0.5, 3.9, 4.1, 6.1, 8.9, 12.0):
        before = len(found)
        found += beside.rest(heard_s)
        assert all(words.t <= heard_s for words in found[before:] if isinstance(words, Words))
    words = [event for event in found if isinstance(event, Words)]
    assert [(w.t, w.start, w.end) for w in words] == [(4.0, 1.0, 4.0), (6.0, 5.5, 6.0), (9.0, 5.0, 9.0)]
    assert words[2].text == "a goal [b]a goal\ufffd[2J for the home side"
    until_it_ended(beside)
    assert states(list(beside.take(13.0)))[-1:] in (
        [],
        [WordsState(13.0, Hearing.OVER, 0.0, "c.srt has no more words")],
    )
    beside.close()


def test_what_is_said_later_changes_nothing_that_was_told_before():
    whole, cut = (
        Transcript(tuple(Segment(s, s + 0.9, f"der Ball kommt {s}" if s < 5 else "the ball is in") for s in range(end)))
        for end in (12, 5)
    )
    told = []
    for transcript in (whole, cut):
        beside = SpokenBeside(TranscriptTeller(transcript, "c"))
        beside.start()
        told.append([event for event in beside.rest(5.0) if isinstance(event, Words)])
        beside.close()
    assert told[0] == told[1] != []


def test_a_commentary_that_blocks_for_ever_holds_up_no_reading(network):
    asleep = threading.Event()
    silent = run_beside(network, started(lambda to: None))
    blocked = started(lambda to: asleep.wait() and None)
    heard = run_beside(network, blocked)
    assert heard.of(Reading) == silent.of(Reading)
    assert heard.of(Reading)[-1].pressure is not None
    assert blocked._thread.is_alive()
    blocked.close(within_s=0.0)
    asleep.set()


def test_a_commentary_that_dies_holds_up_no_reading_and_is_said_to_be_lost(network):
    def dies(to: SpokenBeside) -> None:
        to.show(Hearing.LISTENING)
        raise RuntimeError("no \x1b[31mmemory")

    beside = started(dies)
    until_it_ended(beside)
    heard = run_beside(network, beside)
    assert heard.of(Reading) == run_beside(network, started(lambda to: None)).of(Reading)
    (state,) = heard.of(WordsState)
    assert state.state is Hearing.LOST and state.detail == "RuntimeError: no \ufffd[31mmemory"


def test_a_flood_of_words_fills_no_memory_and_comes_in_portions():
    def floods(to: SpokenBeside) -> None:
        for number in range(100_000):
            to.say(Words(1.0, 0.0, 1.0, f"word {number}"))

    beside = started(floods)
    until_it_ended(beside)
    first = [event for event in beside.take(5.0) if isinstance(event, Words)]
    rest = [event for event in beside.rest(5.0) if isinstance(event, Words)]
    assert (len(first), len(first) + len(rest)) == (50, 200)
    assert rest[-1].text == "word 99999"


def test_a_teller_that_falls_silent_is_late_then_lost_and_then_there_again():
    clock = Turned()
    beside = by_hand(clock)
    told: list[Event] = []

    def at(now_s: float) -> None:
        clock.now_s = 100.0 + now_s
        told.extend(beside.take(now_s))

    at(0.0)
    beside.show(Hearing.LISTENING)
    at(1.0)
    for now_s in range(1, int(LOST_S) + 3):
        at(float(now_s))
    beside.show(Hearing.LISTENING)
    beside.say(Words(62.0, 60.0, 62.0, "there he is"))
    at(63.0)
    assert [state.state for state in states(told)] == [
        Hearing.STARTING, Hearing.LISTENING, Hearing.LATE, Hearing.LATE, Hearing.LATE, Hearing.LOST, Hearing.LISTENING,
    ]  # fmt: skip
    late = [state.late_s for state in states(told) if state.state is Hearing.LATE]
    assert late[0] == pytest.approx(LATE_S + 1.0) and late[1] > 2 * late[0]
    assert QUIET_S < LATE_S


def test_one_that_says_it_is_behind_is_late_until_it_is_behind_by_half():
    clock = Turned()
    beside = by_hand(clock)
    told: list[Event] = []
    for late_s in (1.0, 12.0, 14.0, 8.0, 4.0):
        beside.show(Hearing.LISTENING, late_s)
        told += beside.take(5.0)
    assert [(state.state, state.late_s) for state in states(told)] == [
        (Hearing.LISTENING, 0.0), (Hearing.LATE, 12.0), (Hearing.LISTENING, 0.0),
    ]  # fmt: skip


def test_nobody_who_speaks_is_silence_and_no_loss():
    clock = Turned()
    beside = by_hand(clock)
    beside.show(Hearing.LISTENING)
    beside.say(Words(3.0, 1.0, 3.0, "we are off"))
    first = beside.take(3.0)
    assert [type(event) for event in first] == [Words, WordsState]
    assert not beside.take(3.0 + SILENT_S)
    (state,) = beside.take(3.1 + SILENT_S)
    assert state == WordsState(3.1 + SILENT_S, Hearing.SILENT)


def test_a_recogniser_that_takes_a_minute_to_start_has_not_been_silent_meanwhile():
    beside = by_hand(Turned())
    assert [state.state for state in states(list(beside.take(0.0)))] == [Hearing.STARTING]
    beside.take(65.0)
    beside.show(Hearing.LISTENING)
    assert [state.state for state in states([*beside.take(66.0), *beside.take(90.0)])] == [Hearing.LISTENING]
    assert [state.state for state in states(list(beside.take(67.0 + SILENT_S)))] == [Hearing.SILENT]


def test_after_the_end_the_teller_is_told_so_and_ends():
    began = threading.Event()

    def waits(to: SpokenBeside) -> None:
        began.set()
        to.wait_for(1e9)

    beside = started(waits)
    assert began.wait(30)
    beside.close(within_s=30.0)
    until_it_ended(beside)
    with pytest.raises(Closed):
        beside.say(Words(1.0, 0.0, 1.0, "too late"))
    assert states(list(beside.take(1.0)))[0].state is not Hearing.LOST


def test_what_is_no_text_is_not_said_and_a_word_is_never_known_before_its_end():
    beside = by_hand(Turned())
    beside.say(Words(1.0, 2.0, 3.0, " \n "))
    beside.say(Words(1.0, 2.0, 1.5, "x" * 5000))
    (words,) = [event for event in beside.take(4.0) if isinstance(event, Words)]
    assert (words.t, words.start, words.end, len(words.text)) == (2.0, 2.0, 2.0, 2000)
