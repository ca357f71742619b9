"""What the doctor says of the service, and of what it hears."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from engine.app.doctor.checks import Surroundings, Verdict
from engine.app.doctor.recorder_service import recorded, service
from engine.app.service import Status
from engine.core.errors import MomentumError
from engine.core.paths import find_paths
from engine.core.settings import Settings
from engine.core.signals import Health, HealthChange
from engine.session import SessionWriter


def surroundings(home, system="Linux", **environ: str) -> Surroundings:
    return Surroundings(environ, find_paths({"MOMENTUM_HOME": str(home)}), Settings(), system=system)


def here(home, answer: Callable[[], Status]):
    (finding,) = service(surroundings(home), lambda *_: SimpleNamespace(status=answer))
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


def test_a_service_that_crashed_says_how_it_ended_and_where_to_look(home):
    finding = here(home, lambda: Status("f", True, False, "/here", True, "app", "last ended with 1"))
    assert finding.detail == "installed and not running, last ended with 1"
    assert str(home / "log" / "record.log") in finding.remedy
    assert "service.log" in finding.remedy


def test_a_system_without_services_is_a_note(home):
    def nothing() -> Status:
        raise MomentumError("there is no service for Plan 9", "start it")

    assert here(home, nothing).verdict == Verdict.NOTE


def session(home, *states: Health) -> SessionWriter:
    """A session that is being recorded, which has been in these states."""
    writer = SessionWriter.create(home / "data" / "sessions", "mic:USB")
    for at_s, state in enumerate(states):
        writer.write(HealthChange(float(at_s), state, ""))
    writer.flush()
    return writer


@pytest.mark.parametrize("environ", [{}, {"SSH_CONNECTION": "10.0.0.1 22"}])
def test_the_recorder_runs_and_hears_exact_zeros_and_nobody_said_microphone_permission(home, environ):
    writer = session(home, Health.WARMING_UP, Health.SILENT)
    (finding,) = recorded(surroundings(home, "Darwin", **environ))
    writer.close()
    assert finding.verdict == Verdict.PROBLEM
    assert finding.detail.startswith("the recorder runs but hears exact zeros")
    assert finding.detail.endswith("microphone permission")
    assert "Privacy & Security > Microphone" in finding.remedy
    assert "tccutil reset Microphone org.acoustic-momentum.recorder" in finding.remedy


def test_zeros_in_a_session_that_has_ended_are_still_told_of(home):
    session(home, Health.WARMING_UP, Health.SILENT).close()
    (finding,) = recorded(surroundings(home, "Darwin"))
    assert (finding.verdict, "microphone permission" in finding.detail) == (Verdict.WARNING, True)


def test_a_microphone_that_was_heard_and_then_muted_is_not_taken_for_a_missing_permission(home):
    writer = session(home, Health.WARMING_UP, Health.LISTENING, Health.SILENT)
    (finding,) = recorded(surroundings(home, "Darwin"))
    writer.close()
    assert (finding.verdict, "permission" in finding.detail) == (Verdict.WARNING, False)
    assert "muted" in finding.remedy


def test_linux_has_no_such_permission(home):
    writer = session(home, Health.WARMING_UP, Health.SILENT)
    (finding,) = recorded(surroundings(home, "Linux"))
    writer.close()
    assert "permission" not in finding.detail + finding.remedy


def test_a_recorder_that_hears_is_fine_and_none_is_nothing_to_tell(home):
    assert list(recorded(surroundings(home, "Darwin"))) == []
    writer = session(home, Health.WARMING_UP, Health.LISTENING)
    (finding,) = recorded(surroundings(home, "Darwin"))
    writer.close()
    assert (finding.verdict, finding.detail.endswith("listening")) == (Verdict.OK, True)
    assert list(recorded(surroundings(home, "Darwin"))) == []
