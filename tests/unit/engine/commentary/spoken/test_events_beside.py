"""Events from the words of a commentary beside a run: each once, never early, and no reading but has the same bits."""

import threading
from dataclasses import replace

import pytest

from engine.commentary.said_so_far import SaidSoFar
from engine.commentary.spoken.beside import SpokenBeside
from engine.commentary.spoken.events_beside import EventsBeside
from engine.commentary.spoken.from_transcript import TranscriptTeller
from engine.commentary.transcript import Segment, Transcript
from engine.core.signals import Event, Health, Hearing, Reading, Spike, Words, WordsEvent, WordsState
from tests.unit.engine.commentary.networks import said, weights
from tests.unit.engine.commentary.spoken.test_beside import Does, Turned, run_beside

SAID = said((5.0, "one goal, two goal, three goal"), (20.0, "a corner"), (31.0, "goal goal goal [b]goal"))


def told_of(beside: EventsBeside) -> EventsBeside:
    """``beside`` at work, its words told by hand."""
    beside.start()
    return beside


def by_words(*segments: Segment, least: float = 0.1, state: Hearing = Hearing.LISTENING) -> EventsBeside:
    def tell(to: SpokenBeside) -> None:
        to.show(state)
        for one in segments:
            to.say(Words(one.end_s, one.start_s, one.end_s, one.text))

    spoken = SpokenBeside(Does(tell), Turned())
    beside = told_of(EventsBeside(spoken, SaidSoFar(weights(), least), least))
    spoken._thread.join(30)
    return beside


def events(found: list[Event]) -> list[WordsEvent]:
    return [event for event in found if isinstance(event, WordsEvent)]


def heard_to(beside: EventsBeside, until_s: int) -> list[Event]:
    """All of it, second by second; each answer is waited for, so that its second is the same every time."""
    found: list[Event] = []
    for second in range(until_s + 1):
        found += beside.rest(float(second))
    beside.close()
    return found


@pytest.mark.parametrize("words", [SAID, Transcript(())], ids=["goals are said", "nothing is said"])
def test_readings_have_the_same_bits_with_and_without_a_commentary(network, words: Transcript):
    alone = run_beside(network, SpokenBeside(Does(lambda to: None)))
    beside = told_of(EventsBeside(SpokenBeside(TranscriptTeller(words, "c")), SaidSoFar(weights())))
    heard = run_beside(network, beside)
    beside.close()
    readings = heard.of(Reading)
    assert [replace(reading, fused=None) for reading in readings] == alone.of(Reading)
    assert [reading.fused is None for reading in readings] == [reading.pressure is None for reading in readings]
    assert any(reading.fused is not None for reading in readings) and heard.of(Spike) == alone.of(Spike)


def test_without_a_commentary_nothing_is_fused(network):
    assert all(one.fused is None for one in run_beside(network, SpokenBeside(Does(lambda to: None))).of(Reading))


def test_a_goal_is_told_once_with_its_share_its_words_and_when_they_were_said():
    goal, corner, again = events(heard_to(by_words(*SAID.segments), 50))
    assert (goal.kind, corner.kind, again.kind) == ("goal", "corner", "goal")
    assert goal.probability > 0.1 and "goal" in goal.words and 5.0 <= goal.said <= 7.0
    assert all(one.t > one.at and one.t >= one.said for one in (goal, corner, again))


def test_nothing_is_told_of_what_is_said_later():
    whole = heard_to(by_words(*SAID.segments), 18)
    assert events(whole) == events(heard_to(by_words(SAID.segments[0]), 18)) != []


def test_words_of_sound_that_was_heard_at_once_are_told_of_too():
    """As on the monitor, which hears the first seconds of the demo at once: words come a moment later."""
    begin = threading.Event()

    class Waits(TranscriptTeller):
        def tell(self, to: SpokenBeside) -> None:
            begin.wait(30)
            super().tell(to)

    beside = told_of(EventsBeside(SpokenBeside(Waits(SAID, "c")), SaidSoFar(weights()), 0.1))
    assert not beside.take(40.0)[1:]
    begin.set()
    assert [one.kind for one in events([*beside.rest(40.0), *beside.rest(50.0)])] == ["goal", "corner", "goal"]
    beside.close()


def test_what_is_unlikely_is_not_told_and_still_counts_beside_the_crowd():
    reading = Reading(30.0, 0.5, -20.0, -9.0, Health.LISTENING)
    fused = []
    for segments in (SAID.segments[:1], ()):
        beside = by_words(*segments, least=1.0)
        assert events(heard_to(beside, 30)) == []
        fused.append(beside.fused(reading).fused or 0.0)
    assert fused[0] > fused[1] > 0.0


@pytest.mark.parametrize("state", [Hearing.LOST, Hearing.OVER, Hearing.STARTING])
def test_a_commentary_that_is_not_heard_leaves_the_crowd_alone(state: Hearing):
    reading = Reading(30.0, 0.5, -20.0, -9.0, Health.LISTENING)
    there, gone = by_words(), by_words(state=state)
    for beside in (there, gone):
        beside.rest(29.0)
        beside.close()
    assert (gone.fused(reading).fused or 0.0) > (there.fused(reading).fused or 0.0)


def test_where_there_is_no_index_nothing_is_fused():
    warming = Reading(3.0, None, -20.0, -9.0, Health.WARMING_UP)
    assert by_words().fused(warming) is warming


def test_a_model_that_hangs_holds_up_no_reading(network):
    asleep = threading.Event()

    class Hangs(SaidSoFar):
        def until(self, heard_s: float) -> list:
            asleep.wait()
            return []

    beside = told_of(EventsBeside(SpokenBeside(TranscriptTeller(SAID, "c")), Hangs(weights())))
    heard = run_beside(network, beside)
    assert beside._thread.is_alive() and heard.of(Reading)[-1].fused is not None and not heard.of(WordsEvent)
    asleep.set()
    beside.close()


def test_a_model_that_fails_is_said_once_and_the_words_go_on():
    class Fails(SaidSoFar):
        def until(self, heard_s: float) -> list:
            raise ValueError("no \x1b[31msuch word")

    beside = told_of(EventsBeside(SpokenBeside(TranscriptTeller(SAID, "c")), Fails(weights())))
    found = heard_to(beside, 40)
    (fault,) = [one for one in found if isinstance(one, WordsState) and one.detail.startswith("its events")]
    assert "\x1b" not in fault.detail and "no \ufffd[31msuch word" in fault.detail
    assert len([one for one in found if isinstance(one, Words)]) == 3
