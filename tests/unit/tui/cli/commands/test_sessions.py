"""The archive as its user meets it."""

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import soundfile

from engine.core.files import private_file, private_folder
from engine.core.signals import End, Mark, Spike, WordsEvent
from engine.session import SessionReader, SessionWriter, list_sessions
from engine.session.finish_interrupted import settle
from tests.unit.engine.session.helpers import FakeTime, listen, recorder
from tui.cli.main import main
from tui.monitor.model import Moment
from tui.monitor.words import describe

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def root(home: Path) -> Path:
    return home / "data" / "sessions"


@pytest.fixture
def session(root: Path) -> str:
    writer = record(root)
    writer.close()
    return writer.name


def test_what_a_spike_sounded_like_is_shown(root: Path, capsys: Captured):
    writer = record(root)
    writer.write(Spike(80.0, 81.0, 85.0, 0.9, 81.0, "horn or drum", 0.71))
    writer.close()
    assert main(["sessions", "show", writer.name]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("spike")]
    assert told == [
        "spike    01:10 to 01:15, highest 0.90",
        "spike    01:20 to 01:25, highest 0.90, sounds like horn or drum (0.71)",
    ]


def test_a_spike_that_the_commentator_confirmed_says_so_and_what_was_said_is_listed(root: Path, capsys: Captured):
    writer = record(root)
    writer.write(WordsEvent(90.0, 76.0, 72.5, "goal", 0.834, "goal, [red]net\x1b[31m"))
    writer.close()
    assert main(["sessions", "show", writer.name]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("spike", "words"))]
    assert told == [
        "spike    01:10 to 01:15, highest 0.90, said goal 83%",
        "words    01:12 said goal 83% (goal, [red]net\ufffd[31m)",
    ]
    assert main(["sessions", "show", writer.name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spikes"][0]["said"]["kind"] == "goal"


def record(root: Path) -> SessionWriter:
    time = FakeTime()
    writer = recorder(root, time, keep_sound=True)
    listen(writer, time, 100.0, live=False)
    writer.write(Spike(70.0, 71.0, 75.0, 0.9, 71.0))
    writer.write(Mark(30.0, "[red]goal\x1b[31m", "1:0"))
    writer.write(End(100.0, "end_of_file"))
    return writer


def test_the_list_is_json_for_a_program_that_asks_for_it(session: str, capsys: Captured):
    assert main(["sessions", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert {
        key: row[key] for key in ("session", "source", "state", "end", "heard_s", "readings", "spikes", "marks")
    } == {
        "session": session,
        "source": "demo:7",
        "state": "ended",
        "end": "end_of_file",
        "heard_s": 100.0,
        "readings": 1000,
        "spikes": 1,
        "marks": 1,
    }
    assert row["sound_bytes"] > 100_000


def test_a_damaged_session_stands_in_the_list_with_its_remedy(session: str, root: Path, capsys: Captured):
    (root / session / "session.db").write_bytes(b"x")
    assert main(["sessions", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["state"] == "damaged"
    assert main(["sessions", "show", "latest"]) == 5
    assert f"momentum sessions repair {session}" in capsys.readouterr().err


def test_a_session_whose_database_is_gone_can_be_seen_and_deleted(session: str, root: Path, capsys: Captured):
    (root / session / "session.db").unlink()
    assert main(["sessions", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["session"], row["state"]) == (session, "damaged")
    assert main(["sessions", "show", session]) == 5
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert main(["sessions", "repair", session, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lost_readings"] is None
    assert main(["sessions", "delete", session, "--yes"]) == 0
    assert not (root / session).exists()


def test_list_show_and_monitor_have_one_name_for_a_session_that_was_cut_off(session: str, root: Path, capsys: Captured):
    copy = root / "20261119T150000Z-dead00"
    shutil.copytree(root / session, copy)
    database = sqlite3.connect(copy / "session.db")
    database.execute("DELETE FROM events WHERE type = 'end'")
    database.commit()
    database.close()
    names = []
    for _ in range(2):  # before and after the next start puts it in order
        assert main(["sessions", "list", "--json"]) == 0
        names += [row["state"] for row in json.loads(capsys.readouterr().out) if row["session"] == copy.name]
        assert main(["sessions", "show", copy.name, "--json"]) == 0
        names.append(json.loads(capsys.readouterr().out)["state"])
        settle(copy, FakeTime().clocks, pid=1)
    with SessionReader.open(copy) as reader:
        assert reader.info.end is not None
        moment = Moment(100.0, None, None, "", 0.5, 0, None, None, "", "")
        names.append(describe(moment, reader.info.end).word.lower())
    assert names == ["cut off"] * 5


def test_show_tells_spikes_and_marks_as_plain_text(session: str, capsys: Captured):
    assert main(["sessions", "show", session[:12]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "spike    01:10 to 01:15, highest 0.90" in lines
    assert "mark     00:30 [red]goal\ufffd[31m 1:0" in lines


def test_export_prints_json_lines_and_keeps_to_the_time_asked_for(session: str, capsys: Captured):
    assert main(["sessions", "export", session, "--from", "1:09", "--to", "71"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["type"] for row in rows] == ["start", *["reading"] * 20, "spike", "end"]


def test_export_writes_a_private_file_and_not_over_another(session: str, tmp_path: Path, capsys: Captured):
    out = tmp_path / "x.csv"
    command = ["sessions", "export", "latest", "-f", "csv", "-o", str(out)]
    assert main(command) == 0
    assert len(list(csv.DictReader(io.StringIO(out.read_text())))) == 1000
    assert out.stat().st_mode & 0o077 == 0
    assert main(command) == 5
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force", "--table", "spikes"]) == 0
    assert len(out.read_text().splitlines()) == 2


def test_clips_are_cut_around_spikes_and_marks(session: str, tmp_path: Path):
    assert main(["sessions", "export", session, "-f", "clips", "-o", str(tmp_path / "c"), "--before", "5"]) == 0
    clips = sorted((tmp_path / "c").iterdir())
    assert [clip.name for clip in clips] == ["000030.000s-mark-red-goal-31m.flac", "000070.000s-spike.flac"]
    assert [soundfile.info(clip).frames for clip in clips] == [25 * 22050] * 2


def test_a_soccernet_export_without_kick_offs_says_what_it_took_for_them(session: str, root: Path, capsys: Captured):
    command = ["sessions", "export", session, "-f", "soccernet"]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["halves"] == {"first_s": 0.0, "second_s": None, "assumed": True}
    assert printed.err.splitlines() == [
        "no kick-off is marked: the first half is taken to begin with the sound",
        "no second half is marked: everything after the kick-off is put into the first half",
        "mark both with k in the monitor (momentum replay SESSION), or give --halves 1:30,63:05",
    ]
    with SessionReader.open(root / session) as reader:
        reader.add_mark(Mark(5.0, "kick-off"))
        reader.add_mark(Mark(60.0, "second-half"))
    assert main(command) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out)["predictions"][0]["gameTime"] == "2 - 00:11"
    assert main([*command, "--halves", "1:20,1:30"]) == 0
    assert capsys.readouterr().err == "left out, since before the first half: 1\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "../../etc"], 2, "is not the name of a session"),
        (["show", "nothing"], 5, "there is no session"),
        (["export", "latest", "-f", "xls"], 2, "--format xls is not known"),
        (["export", "latest", "--table", "x"], 2, "--table x is not known"),
        (["export", "latest", "--from", "later"], 2, "later is no time"),
        (["export", "latest", "--from", "9", "--to", "3"], 2, "does not lie before"),
        (["export", "latest", "-f", "soccernet", "--halves", "9,3"], 2, "is not understood"),
        (["export", "latest", "-f", "parquet"], 2, "Name a file with --out"),
        (["delete", "latest"], 2, "only when that is confirmed"),
    ],
)
def test_a_mistake_is_two_lines(session: str, capsys: Captured, arguments: list[str], code: int, said: str):
    assert main(["sessions", *arguments]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 2


def test_repair_of_a_whole_session_says_that_it_is_whole(session: str, capsys: Captured):
    assert main(["sessions", "repair", session, "--json"]) == 0
    account = json.loads(capsys.readouterr().out)
    assert (account["readings"], account["lost_readings"], account["kept_in"]) == (1000, 0, None)


def test_delete_removes_one_session_with_all_it_has_and_no_other(
    session: str, root: Path, home: Path, capsys: Captured
):
    other = record(root)
    other.close()
    spill = home / "cache" / "spill" / f"{session}.spill"
    private_folder(spill.parent)
    private_file(spill).close()
    assert main(["sessions", "show", session, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["waits_in"] == [str(spill)]
    assert main(["sessions", "delete", session, "--yes"]) == 0
    assert not spill.exists()
    assert list_sessions(root) == [other.folder]


def test_a_running_session_can_be_shown_and_exported_but_neither_repaired_nor_deleted(root: Path, capsys: Captured):
    writer = record(root)
    assert main(["sessions", "export", writer.name, "-f", "json"]) == 0
    assert main(["sessions", "repair", writer.name]) == 5
    assert main(["sessions", "delete", writer.name, "--yes"]) == 5
    assert "is being recorded" in capsys.readouterr().err
    with SessionReader.open(writer.folder) as reader:
        assert reader.running


def test_in_a_narrow_terminal_the_name_that_must_be_copied_stays_whole(root: Path, capsys: Captured, monkeypatch):
    long = "2026-11-21 Borussia Moenchengladbach - 1. FC Koeln first half.flac"
    writer = recorder(root, FakeTime(), source=long)
    writer.close()
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["sessions", "list"]) == 0
    heading, line, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["session", "state", "length", "spikes", "marks", "sound", "MB", "source"]
    assert len(row) <= 80 == len(line)
    assert row.split()[0] == writer.name and " 2026-11-21" in row and row.endswith("…")


def test_no_name_forges_a_line(root: Path, capsys: Captured):
    recorder(root, FakeTime(), source="x\nspike    09:99 to 09:99, highest 1.00").close()
    assert main(["sessions", "show", "latest"]) == 0
    assert not [line for line in capsys.readouterr().out.splitlines() if line.startswith("spike")]


def test_a_repair_that_has_to_wait_is_no_success(session: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.session.repair.put_in_order", full)
    assert main(["sessions", "repair", session]) == 1
    assert "can't be put in order" in capsys.readouterr().out


@pytest.mark.parametrize(("form", "force"), [("clips", []), ("csv", []), ("csv", ["--force"])])
def test_a_file_is_no_folder_and_a_folder_no_file(session: str, tmp_path: Path, capsys: Captured, form, force):
    out = tmp_path / "out"
    if form == "clips":
        out.write_text("")
    else:
        out.mkdir()
    assert main(["sessions", "export", "latest", "-f", form, "-o", str(out), *force]) == 5
    assert ("is no folder" if form == "clips" else "is a folder") in capsys.readouterr().err
