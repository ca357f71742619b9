"""What a recorder says of trouble with the listening."""

from engine.core.signals import Health, HealthChange
from engine.publish.trouble import SaidTrouble


def test_trouble_is_said_when_it_begins_and_when_it_is_over_and_nothing_else_is():
    said: list[str] = []
    sink = SaidTrouble(said.append)
    for t, health, detail in (
        (0.0, Health.WARMING_UP, ""),
        (30.0, Health.LISTENING, ""),
        (40.0, Health.CLIPPED, ""),
        (41.0, Health.LISTENING, ""),
        (53.0, Health.LOST, "The microphone pulse went away."),
        (60.0, Health.RECOVERING, ""),
        (90.0, Health.LISTENING, ""),
        (95.0, Health.LISTENING, ""),
    ):
        sink.write(HealthChange(t, health, detail))
    assert said == ["0:53 lost: The microphone pulse went away.", "1:30 listening again"]
