"""What the doctor says of the service."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from engine.config import Settings
from engine.errors import MomentumError
from engine.paths import find_paths
from tui.doctor.checks import Surroundings, Verdict
from tui.doctor.recorder import service
from tui.service import Status


def here(home, answer: Callable[[], Status]):
    around = Surroundings({}, find_paths({"MOMENTUM_HOME": str(home)}), Settings(), system="Linux")
    (finding,) = service(around, lambda *_: SimpleNamespace(status=answer))
    return finding


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (Status("f", False, False, None, False), Verdict.NOTE),
        (Status("f", True, True, "/gone", False), Verdict.WARNING),
        (Status("f", True, False, "/here", True), Verdict.WARNING),
        (Status("f", True, None, "/here", True), Verdict.NOTE),
        (Status("f", True, True, "/here", True), Verdict.OK),
    ],
)
def test_each_state_of_the_service_has_its_verdict_and_remedy(home, status, verdict):
    finding = here(home, lambda: status)
    assert finding.verdict == verdict
    assert bool(finding.remedy) == (verdict != Verdict.OK)


def test_a_system_without_services_is_a_note(home):
    def nothing() -> Status:
        raise MomentumError("there is no service for Plan 9", "start it")

    assert here(home, nothing).verdict == Verdict.NOTE
