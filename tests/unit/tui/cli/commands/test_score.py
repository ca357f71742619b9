"""``momentum score`` as its user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from tui.cli.main import main


@pytest.fixture
def second(tmp_path: Path) -> str:
    """A second of noise."""
    file = tmp_path / "match.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, grid.SAMPLE_RATE_HZ), grid.SAMPLE_RATE_HZ)
    return str(file)


def test_a_person_who_pipes_the_summary_reads_it(second: str, capsys: pytest.CaptureFixture[str]):
    assert main(["score", second, "--text"]) == 0
    assert capsys.readouterr().out.startswith("00:01 of sound, 0 readings with an index\n")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_program_gets_lines(second: str, capsys: pytest.CaptureFixture[str], options: list[str]):
    assert main(["score", second, *options]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (rows[0]["type"], rows[-1]["type"]) == ("start", "end")


@pytest.mark.parametrize("form", ["--json", "--text"])
def test_two_forms_at_once_are_refused(second: str, capsys: pytest.CaptureFixture[str], form: str):
    assert main(["score", second, form, "--csv"]) == 2
    assert f"{form} and --csv" in capsys.readouterr().err
