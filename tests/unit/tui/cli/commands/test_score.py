"""``momentum score`` as its user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.model.tags import TagsConfig
from tests.untrained_weights import write_untrained_weights
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


def test_weights_with_tags_say_in_every_form_what_is_heard(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tags = TagsConfig(("chant", "cheer"), 8, (1.0, 1.0), (2.0, -2.0))
    write_untrained_weights(home / "data" / "weights" / "tagged", 3, tags)
    file = tmp_path / "long.wav"
    rng = np.random.default_rng(0)
    soundfile.write(file, rng.normal(0, 0.1, round(45 * grid.SAMPLE_RATE_HZ)), grid.SAMPLE_RATE_HZ)
    forms = {}
    for form in ("--json", "--csv", "--text"):
        arguments = ["score", str(file), form, "--weights", "tagged", "--spike-on", "0.1", "--spike-off", "0.05"]
        assert main(arguments) == 0
        forms[form] = capsys.readouterr().out.splitlines()
    rows = [json.loads(line) for line in forms["--json"]]
    heard = [row for row in rows if "heard" in row]
    assert 5 <= len(heard) <= 8
    assert all(set(row["heard"]) == {"chant", "cheer"} and row["pressure"] is not None for row in heard)
    (spike,) = [row for row in rows if row["type"] == "spike"]
    assert spike["what"] == "chant" and 0.5 < spike["what_probability"] < 1
    assert forms["--csv"][0].endswith("health,chant,cheer")
    assert [line.rpartition("listening,")[2] for line in forms["--csv"] if "listening,0" in line] == [
        f"{row['heard']['chant']},{row['heard']['cheer']}" for row in heard
    ]
    assert "sounds like" in forms["--text"][2] and forms["--text"][-1].split()[-1] == "chant"
