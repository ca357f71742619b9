"""What was spotted in a recording, kept with its session: through a repair, and in nobody's way."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.paths import find_paths
from engine.core.signals import End
from engine.core.spotted import Lane, Spotted
from engine.session import SessionReader
from engine.session.repair import repair
from engine.session.spotted_lane_rows import add_lanes
from engine.session.spotted_rows import add_spotted
from tests.unit.engine.session.helpers import FakeTime, reading
from tests.unit.engine.session.test_words import recorded
from tui.cli.main import main

FOUND = [Spotted(1.0, "Goal", 0.75, {"video": 1.5, "crowd": -0.25}), Spotted(1.5, "Corner", 0.5)]
LANES = [
    Lane(name, 0.25 + np.arange(500) * 0.5, np.linspace(0.0, high, 500, dtype=np.float32), 0.5)
    for name, high in (("video+audio", 0.5), ("fused", 1.0))
]


@pytest.fixture
def session(root: Path, time: FakeTime) -> Path:
    folder = recorded(root, time, [reading(1.0), reading(2.0), End(2.0, "end_of_file")])
    add_spotted(folder, FOUND)
    add_lanes(folder, LANES)
    return folder


def kept(session: Path) -> list[Spotted]:
    with SessionReader.open(session) as reader:
        return reader.spotted()


def lanes(session: Path) -> dict[str, Lane]:
    with SessionReader.open(session) as reader:
        return {lane.name: lane for lane in reader.lanes()}


def test_the_curves_of_the_channels_are_kept_and_those_of_another_run_take_their_place(session: Path):
    kept_lanes = lanes(session)
    assert list(kept_lanes) == ["video+audio", "fused"]
    for lane in LANES:
        assert np.array_equal(kept_lanes[lane.name].t_s, lane.t_s) and kept_lanes[lane.name].step_s == 0.5
        assert np.array_equal(kept_lanes[lane.name].highest, lane.highest)
    add_lanes(session, LANES[1:])
    assert list(lanes(session)) == ["fused"]


def test_a_page_that_is_lost_costs_minutes_of_a_curve_and_the_rest_keeps_its_times(session: Path, time: FakeTime):
    data = (session / "session.db").read_bytes()
    at = data.index(LANES[1].highest[240:250].tobytes()) // 1024 * 1024  # the page that the third piece lies in
    (session / "session.db").write_bytes(data[:at] + b"\xff" * 1024 + data[at + 1024 :])
    repair(session, time.clocks, 1)
    left = lanes(session)["fused"]
    assert 0 < len(left.t_s) <= 380 and (np.diff(left.t_s) > 0).all()
    whole = dict(zip(LANES[1].t_s.tolist(), LANES[1].highest.tolist(), strict=True))
    assert all(whole[t] == high for t, high in zip(left.t_s.tolist(), left.highest.tolist(), strict=True))


def test_what_was_spotted_is_kept_and_what_is_spotted_again_takes_its_place(session: Path):
    assert kept(session) == FOUND
    add_spotted(session, FOUND[:1])
    assert kept(session) == FOUND[:1]


@pytest.fixture
def shown(session: Path) -> Path:
    """The session where the commands look for it."""
    find_paths().sessions.parent.mkdir(parents=True)
    find_paths().sessions.symlink_to(session.parent)
    return session


def exported(session: Path, *more: object, code: int = 0) -> None:
    assert main(["sessions", "export", session.name, *map(str, more)]) == code


def test_what_was_spotted_is_in_the_exported_tables_with_a_column_for_each_share(shown: Path, capsys, tmp_path: Path):
    exported(shown, "-f", "csv", "--table", "spotted")
    assert capsys.readouterr().out.splitlines() == [
        "t,label,confidence,share_video,share_crowd",
        "1.0,Goal,0.75,1.5,-0.25",
        "1.5,Corner,0.5,,",
    ]
    exported(shown, "-f", "csv", "--table", "lanes", "--from", "249", "--to", "249.5")
    assert capsys.readouterr().out.splitlines() == [
        "t,lane,highest,step_s",
        "249.25,video+audio,0.498998,0.5",
        "249.25,fused,0.997996,0.5",
    ]
    exported(shown, "-f", "json")
    whole = json.loads(capsys.readouterr().out)
    assert whole["spotted"][1] == {
        "t": 1.5,
        "label": "Corner",
        "confidence": 0.5,
        "share_video": None,
        "share_crowd": None,
    }
    assert len(whole["lanes"]) == 1000
    parquet = pytest.importorskip("pyarrow.parquet")
    for table, count in (("spotted", 2), ("lanes", 1000)):
        exported(shown, "-f", "parquet", "--table", table, "-o", tmp_path / f"{table}.parquet")
        assert parquet.read_table(tmp_path / f"{table}.parquet").num_rows == count


def test_exported_lines_have_what_was_spotted_and_the_lanes_between_the_readings(shown: Path, capsys):
    exported(shown)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["type"] == "start" and rows[-1]["type"] == "end"
    timed = [row for row in rows if row["type"] in ("reading", "spotted", "lane")]
    assert [row["type"] for row in timed if row["t"] <= 1.0] == ["lane"] * 4 + ["spotted", "reading"]
    spotted = [row for row in rows if row["type"] == "spotted"]
    assert spotted[0] == {"type": "spotted", "t": 1.0, "label": "Goal", "confidence": 0.75, "shares": FOUND[0].shares}
    assert len(spotted) == 2 and sum(row["type"] == "lane" for row in rows) == 1000


def test_what_was_spotted_goes_out_as_soccernet_s_predictions_and_as_chapters(shown: Path, capsys):
    exported(shown, "-f", "soccernet", "--halves", "0:01", "--spotted")
    made = json.loads(capsys.readouterr().out)["predictions"]
    assert [(one["position"], one["label"], one["confidence"]) for one in made] == [
        ("0", "Goal", "0.75"),
        ("500", "Corner", "0.5"),
    ]
    exported(shown, "-f", "soccernet", "--halves", "0:01")
    said = capsys.readouterr()
    assert json.loads(said.out)["predictions"] == [] and "2 spotted events are not among the predictions" in said.err
    exported(shown, "-f", "chapters")
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "TIMEBASE=1/1000",
        "START=1000",
        "END=2000",
        "title=Goal 75%, Corner 50%",
    ]
    exported(shown, "-f", "chapters", "--from", "2", code=5)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_sessions_show_lists_what_was_spotted_with_its_shares(shown: Path, capsys: pytest.CaptureFixture[str]):
    session = shown
    assert main(["sessions", "show", session.name]) == 0
    assert "spotted  00:01 Goal 0.75\n" in capsys.readouterr().out
    assert main(["sessions", "show", session.name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spotted"][0]["shares"] == FOUND[0].shares


def test_a_session_in_which_nothing_was_spotted_has_no_such_table(root: Path, time: FakeTime):
    session = recorded(root, time, [reading(1.0), End(1.0, "end_of_file")])
    assert kept(session) == [] and lanes(session) == {}


def test_a_repair_keeps_what_was_spotted(session: Path, time: FakeTime):
    data = bytearray((session / "session.db").read_bytes())
    data[:100] = bytes(100)
    (session / "session.db").write_bytes(data)
    assert repair(session, time.clocks, 1).lost_readings == 0
    assert kept(session) == FOUND
    assert {name: lane.highest.tolist() for name, lane in lanes(session).items()} == {
        lane.name: lane.highest.tolist() for lane in LANES
    }


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("spotted", "(NULL, 1.0, 'Goal', 2.0, '{}')"),
        ("spotted", "(NULL, 1.0, 'Goal', 0.5, '[')"),
        ("spotted", "(NULL, 'x', 'Goal', 0.5, '{}')"),
        ("lanes", "(NULL, 1.0, 'video', 0.5, x'0000')"),
        ("lanes", "(NULL, 1.0, 'video', 0.5, x'0000c07f')"),
        ("lanes", "(NULL, 1.0, 'video', 0.5, x'00000040')"),
        ("lanes", "(NULL, 1.0, 'video', 0.0, x'00000000')"),
        ("lanes", "(NULL, 9e999, 'video', 0.5, x'00000000')"),
        ("lanes", "(NULL, 'x', 'video', 0.5, x'00000000')"),
        ("lanes", "(NULL, 1.0, 'video', 0.5, 'text')"),
    ],
)
def test_a_damaged_row_is_a_fault_in_two_lines(session: Path, table: str, row: str):
    database = sqlite3.connect(session / "session.db")
    with database:
        database.execute(f"INSERT INTO {table} VALUES {row}")
    database.close()
    with pytest.raises(InputError, match="can't be read"):
        _ = kept(session), lanes(session)
