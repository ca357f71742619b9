"""``momentum simulate``: sound and truth on disk, private, and nothing replaced unasked."""

import json
import stat
import sys
from pathlib import Path

import pytest
import soundfile

from engine.core.errors import ExitCode
from engine.core.extras import installing
from tests.unit.engine.football.statsbomb_match import MATCH_ID, half, line_ups, shot
from tui.cli.main import main


def test_it_writes_sound_and_truth_for_the_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "a.flac"
    assert main(["simulate", str(out), "--minutes", "0.2", "--seed", "4"]) == ExitCode.DONE
    assert soundfile.info(out).frames == 12 * 22050
    assert truth_in(tmp_path)["seed"] == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 2


def test_one_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.flac", "b.flac"):
        main(["simulate", str(tmp_path / name), "--minutes", "0.2"])
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()
    assert (tmp_path / "a.events.json").read_bytes() == (tmp_path / "b.events.json").read_bytes()


def test_confusers_can_be_chosen(tmp_path: Path) -> None:
    main(["simulate", str(tmp_path / "a.flac"), "--minutes", "2", "--seed", "3", "--confusers", "wind, whistle"])
    assert {sound["kind"] for sound in truth_in(tmp_path)["confusers"]} <= {"wind", "whistle"}


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        (["a.flac", "--confusers", "ghosts"], "ghosts"),
        (["a.flac", "--minutes", "0"], "minutes"),
        (["a.flac", "--seed", "-1"], "--seed"),
        (["a.wav"], "a.wav"),
        (["a.flac", "--open-data", "."], "--open-data"),
    ],
)
def test_a_bad_argument_is_two_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: list[str], fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", *args]) == ExitCode.USAGE
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 2 and fault in said[0]
    assert not list(tmp_path.iterdir())


def test_a_real_match_is_played_event_by_event(tmp_path: Path) -> None:
    data = write_open_data(tmp_path / "data")
    out = tmp_path / "a.flac"
    args = ["--match", str(MATCH_ID), "--open-data", str(data), "--minutes", "1"]
    assert main(["simulate", str(out), *args]) == ExitCode.DONE
    truth = truth_in(tmp_path)
    (kick_off_s, _), *_ = truth["periods"]
    assert [round(event["t_s"] - kick_off_s) for event in truth["events"] if event["kind"] == "goal"] == [20]


def test_an_unknown_match_is_bad_input(tmp_path: Path) -> None:
    data = write_open_data(tmp_path / "data")
    args = ["--match", str(MATCH_ID + 1), "--open-data", str(data)]
    assert main(["simulate", str(tmp_path / "a.flac"), *args]) == ExitCode.INPUT


def truth_in(folder: Path) -> dict:
    """The truth beside the simulated sound."""
    return json.loads((folder / "a.events.json").read_text())


def write_open_data(folder: Path) -> Path:
    (folder / "events").mkdir(parents=True)
    events = [*line_ups(), *half(1, "00:45:10.000"), *half(2, "00:47:00.000"), shot("00:00:20.000", "Goal", 0.3)]
    (folder / "events" / f"{MATCH_ID}.json").write_text(json.dumps(events))
    return folder


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "a.flac"
    out.write_bytes(b"mine")
    assert main(["simulate", str(out), "--minutes", "0.1"]) == ExitCode.USAGE
    assert out.read_bytes() == b"mine"
    assert main(["simulate", str(out), "--minutes", "0.1", "--force"]) == ExitCode.DONE
    assert soundfile.info(out).samplerate == 22050


def test_a_missing_folder_is_said_to_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(tmp_path / "no" / "a.flac"), "--minutes", "0.1"]) == ExitCode.FAILED
    assert "no" in capsys.readouterr().err


def test_many_matches_are_those_of_single_commands_and_no_file_is_made_twice(tmp_path: Path) -> None:
    many = tmp_path / "many"
    wanted = ["--minutes", "0.2", "--confusers", "none"]
    assert main(["simulate", str(many), "--count", "2", "--seed", "4", *wanted]) == ExitCode.DONE
    assert main(["simulate", str(tmp_path / "a.flac"), "--seed", "5", *wanted]) == ExitCode.DONE
    assert (many / "match-5.flac").read_bytes() == (tmp_path / "a.flac").read_bytes()
    assert (many / "match-5.events.json").read_bytes() == (tmp_path / "a.events.json").read_bytes()
    made = {file.name: file.stat().st_mtime_ns for file in many.glob("match-*")}
    (many / "match-5.events.json").write_text('{"seed": 5, "cut sh')
    assert main(["simulate", str(many), "--count", "3", "--seed", "4", *wanted]) == ExitCode.DONE
    assert {name for name, at in made.items() if (many / name).stat().st_mtime_ns != at} == {
        "match-5.flac",
        "match-5.events.json",
    }
    assert len(list(many.iterdir())) == 2 * 3 + 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in many.iterdir()} == {0o600}


def test_a_folder_of_other_things_gets_no_matches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert main(["simulate", str(tmp_path), "--count", "2", "--minutes", "0.1"]) == ExitCode.USAGE
    assert "other files" in capsys.readouterr().err
    many = tmp_path / "many"
    assert main(["simulate", str(many), "--count", "1", "--minutes", "0.1"]) == ExitCode.DONE
    assert main(["simulate", str(many), "--count", "1", "--minutes", "0.2"]) == ExitCode.USAGE
    assert "simulated otherwise" in capsys.readouterr().err
    assert main(["simulate", str(many), "--count", "1", "--minutes", "0.2", "--force"]) == ExitCode.DONE
    assert soundfile.info(many / "match-0.flac").frames == 12 * 22050


def test_a_cluster_for_one_match_or_by_a_wrong_address_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(tmp_path / "a.flac"), "--cluster", "local:2"]) == ExitCode.USAGE
    assert "--count" in capsys.readouterr().err
    many = tmp_path / "many"
    assert main(["simulate", str(many), "--count", "2", "--cluster", "desk"]) == ExitCode.USAGE
    assert "is no cluster" in capsys.readouterr().err
    assert not many.exists()


def test_without_the_package_a_cluster_says_which_extra_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "train.jobs.dask_workers", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["simulate", str(tmp_path / "m"), "--count", "2", "--cluster", "local:2"]) == ExitCode.USAGE
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and said[1] == f"  {installing('cluster')}"


def test_a_broadcast_is_a_game_as_soccernet_lays_it_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "game"
    assert main(["simulate", str(made), "--broadcast", "--minutes", "0.5", "--seed", "2"]) == ExitCode.DONE
    assert {file.name for file in made.iterdir()} == {
        "1_90p.mp4", "2_90p.mp4", "1_broadcast.json", "2_broadcast.json", "Labels-v2.json",
    }  # fmt: skip
    assert main(["simulate", str(made), "--broadcast", "--minutes", "0.5"]) == ExitCode.USAGE
    assert "--force" in capsys.readouterr().err
    labels = str(made / "Labels-v2.json")
    for wrong in (["--labels", labels], ["--broadcast", "--count", "2"], ["--broadcast", "--minutes", "0.01"]):
        assert main(["simulate", str(tmp_path / "other"), *wrong]) == ExitCode.USAGE
    assert (
        main(["simulate", str(tmp_path / "other"), "--broadcast", "--labels", str(tmp_path / "none")]) == ExitCode.INPUT
    )
    assert not (tmp_path / "other").exists()
