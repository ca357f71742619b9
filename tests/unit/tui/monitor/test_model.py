from engine.core.signals import Alarm, End, Health, HealthChange, Mark, Reading, Rejected, Spike
from tests.unit.tui.monitor.fake_feed import THRESHOLD, FakeFeed, make_events
from tui.monitor.model import Model
from tui.monitor.words import Tone, describe


def opened(length_s: float) -> Model:
    model = Model(FakeFeed(make_events(length_s)))
    model.open()
    return model


def test_an_alarm_becomes_its_spike_and_is_listed_once() -> None:
    model = Model(FakeFeed([]))
    model.take([Alarm(10.0, 12.0, 0.8)])
    assert model.candidates(False) == [Alarm(10.0, 12.0, 0.8)]
    spike = Spike(10.0, 13.0, 20.0, 0.9, 12.0)
    model.take([spike])
    assert model.candidates(False) == [spike]


def test_an_alarm_that_goes_on_is_as_high_as_the_index_was() -> None:
    model = Model(FakeFeed([]))
    heard = [Reading(t, pressure, -30.0, -20.0, Health.LISTENING) for t, pressure in ((9.0, 0.99), (12.5, 0.95))]
    model.take([Alarm(10.0, 12.0, 0.8), *heard])
    model.take([Reading(13.0, 0.85, -30.0, -20.0, Health.LISTENING), Reading(13.1, None, -99.0, -99.0, Health.SILENT)])
    assert model.candidates(False) == [Alarm(10.0, 12.0, 0.95)]


def test_candidates_are_newest_first_and_rejected_ones_only_if_wanted() -> None:
    model = opened(300.0)
    onsets = [candidate.onset for candidate in model.candidates(True)]
    assert onsets == sorted(onsets, reverse=True)
    assert any(isinstance(candidate, Rejected) for candidate in model.candidates(True))
    assert not any(isinstance(candidate, Rejected) for candidate in model.candidates(False))


def test_a_moment_of_the_past_knows_nothing_of_later() -> None:
    model = opened(300.0)
    assert describe(model.moment(60.0)).word == "CALM"
    assert describe(model.moment(74.0)).word == "ALARM"
    assert describe(model.moment(20.0)).word == "WARMING UP"


def test_readings_are_not_returned_as_news() -> None:
    model = Model(FakeFeed([]))
    mark = Mark(1.0, "goal")
    assert model.take([Reading(1.0, 0.1, -30.0, -20.0, Health.LISTENING), mark]) == [mark]


def test_a_lost_microphone_has_no_number_and_says_what_to_do() -> None:
    model = opened(60.0)
    model.take([HealthChange(60.0, Health.LOST, "USB microphone: unplugged")])
    state = describe(model.moment(model.head_s))
    assert (state.tone, state.word, state.sentence) == (Tone.FAULT, "LOST", "USB microphone: unplugged")
    assert "goes on when it is back" in state.beneath


def test_the_end_says_why_and_what_to_do() -> None:
    model = opened(60.0)
    moment = model.moment(60.0)
    assert describe(moment, End(60.0, "end_of_file")).word == "ENDED"
    fault = describe(moment, End(60.0, "fault", "The network gave up."))
    assert (fault.tone, fault.word) == (Tone.FAULT, "ENDED")
    assert (fault.sentence, fault.beneath) == ("The network gave up.", "after 1:00; q quits")


def test_of_untrained_weights_nothing_is_said_about_the_crowd() -> None:
    state = describe(opened(80.0).moment(75.0), trained=False)
    assert (state.word, state.sentence, state.beneath) == ("ALARM", "by untrained weights", "so it means nothing")


def test_building_begins_below_the_alarm_line() -> None:
    model = Model(FakeFeed([]), threshold=THRESHOLD)
    change = HealthChange(0.0, Health.LISTENING, "")
    words = []
    for index, pressure in enumerate((0.1, 0.5, 0.9)):
        model.take([change, Reading(index + 1.0, pressure, -30.0, -20.0, Health.LISTENING)])
        words.append(describe(model.moment(index + 1.0)).word)
    assert words == ["CALM", "BUILDING", "ALARM"]


def test_the_rate_of_readings_is_measured() -> None:
    rate = opened(60.0).readings_per_s(50.0)
    assert rate is not None
    assert abs(rate - 10.77) < 0.01
