"""``momentum doctor``."""

import json

import pytest

from engine.app.doctor.checks import Finding, Verdict
from tui.cli.main import main


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.WARNING, 0), (Verdict.PROBLEM, 1)])
def test_a_problem_ends_with_1_and_a_warning_with_0(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verdict: Verdict, code: int
):
    monkeypatch.setattr(
        "engine.app.doctor.CHECKS", {"card": lambda _: [Finding("card", verdict, "loose", "push it in")]}
    )
    assert main(["doctor", "--json"]) == code
    report = json.loads(capsys.readouterr().out)
    assert report["ready"] == (code == 0)
    assert report["findings"][-1] == {"what": "card", "verdict": verdict, "detail": "loose", "remedy": "push it in"}


def test_lines_of_doctor_in_a_pipe_ended_in_blanks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    found = [
        Finding("card", Verdict.OK, "loose", "push it in"),
        Finding("a longer name", Verdict.WARNING, "x" * 60, ""),
    ]
    monkeypatch.setattr("engine.app.doctor.CHECKS", {"card": lambda _: found})
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert any("x" * 60 in line for line in lines)
    assert [line for line in lines if line != line.rstrip()] == []


def test_a_person_gets_lines_with_remedies_and_a_last_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    finding = Finding("card", Verdict.PROBLEM, "[b]loose[/b]\x1b[2J", "push it in")
    monkeypatch.setattr("engine.app.doctor.CHECKS", {"card": lambda _: [finding]})
    main(["doctor"])
    out = capsys.readouterr().out
    assert "problem" in out
    assert "[b]loose[/b]\ufffd[2J" in out
    assert "-> push it in" in out
    assert out.splitlines()[-1].startswith("Not ready")
