from engine.core.signals import Alarm, End, Health, HealthChange, Spike
from engine.football.match_clock import MatchClock
from tui.monitor.alerts import Alerts

SPIKE = Spike(70.0, 73.0, 84.0, 0.93, 72.0)


def texts(alerts: Alerts, *events: Alarm | Spike | HealthChange | End, now_s: float = 75.0) -> list[str]:
    return [notice.text for notice in alerts.notices(events, now_s, MatchClock({1: 10.0}))]


def test_a_spike_is_told_once_with_the_match_clock() -> None:
    alerts = Alerts()
    assert texts(alerts, Alarm(70.0, 72.0, 0.84)) == ["Spike: 0.84 at 01:00"]
    assert texts(alerts, SPIKE) == []


def test_old_spikes_are_no_news() -> None:
    assert texts(Alerts(), SPIKE, now_s=4000.0) == []


def test_trouble_and_its_end_are_told() -> None:
    alerts = Alerts()
    assert texts(alerts, HealthChange(1.0, Health.LISTENING, "")) == []
    assert texts(alerts, HealthChange(2.0, Health.LOST, "unplugged\x1b[31m")) == ["Lost: unplugged\ufffd[31m"]
    assert texts(alerts, HealthChange(3.0, Health.LISTENING, "")) == ["Listening again"]


def test_a_fault_is_told_with_what_to_do_and_a_plain_end_is_not() -> None:
    (said,) = texts(Alerts(), End(75.0, "fault", "The network gave up"))
    assert said == "Stopped: The network gave up. All until then is kept; start again with: momentum live"
    assert texts(Alerts(), End(75.0, "end_of_file")) == []


def test_the_bell_rings_at_most_once_in_ten_seconds_and_never_when_off() -> None:
    alerts = Alerts()
    assert [alerts.may_ring(t) for t in (0.0, 5.0, 9.9, 10.0)] == [True, False, False, True]
    assert not Alerts(bell=False).may_ring(0.0)
