"""What a session's own disk does not take: where it waits, and how it comes back."""

import os
import sqlite3
from pathlib import Path

import pytest

from engine.core.errors import MomentumError
from engine.core.signals import End, Mark, Spike
from engine.session import SessionReader, SessionWriter
from engine.session.finish_interrupted import settle_all
from engine.session.recording_problems import NotKept
from engine.session.spill import find_spills, take_back
from tests.unit.engine.session.helpers import FakeTime, listen, reading, start

SPIKE = Spike(3.0, 3.5, 4.0, 0.9, 3.5)


@pytest.fixture
def spills(tmp_path: Path) -> tuple[Path, ...]:
    return tmp_path / "first", tmp_path / "second"


@pytest.fixture
def writer(root: Path, time: FakeTime, spills: tuple[Path, ...], monkeypatch) -> SessionWriter:
    monkeypatch.setattr("engine.session.writer.LAST_PATIENCE_S", 0.01)
    writer = SessionWriter.create(root, "demo:7", clocks=time.clocks, spills=spills)
    writer.write(start(writer.name))
    listen(writer, time, 1.0)
    return writer


def hold(writer: SessionWriter) -> sqlite3.Connection:
    """Another process that has the store for itself: nothing can be written."""
    blocker = sqlite3.connect(writer.folder / "session.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    return blocker


def times(folder: Path) -> list[float]:
    with SessionReader.open(folder) as reader:
        return [round(t, 1) for t in reader.readings().t.tolist()]


def test_what_waited_in_a_spill_comes_back_at_the_next_start_with_its_events_once(root, time, spills, writer):
    blocker = hold(writer)
    listen(writer, time, 5.0, from_s=1.0)
    writer.write(SPIKE)
    writer.write(End(6.0, "interrupted"))
    writer.close()
    blocker.close()
    (told,) = writer.take_notices()[-1:]
    (file,) = find_spills(writer.name, spills)
    assert f"wait in {file}" in told
    assert file.stat().st_mode & 0o077 == 0
    content = file.read_bytes()

    sentences = settle_all(root, time.clocks, os.getpid(), spills)
    assert [f"session {writer.name} has 50 readings back" in s for s in sentences] == [True]
    assert find_spills(writer.name, spills) == []
    file.write_bytes(content)  # as after a taking back that was cut short before its last step
    file.chmod(0o600)
    assert take_back(writer.folder, spills) == 0
    assert times(writer.folder) == [round(0.1 * n, 1) for n in range(1, 61)]
    with SessionReader.open(writer.folder) as reader:
        assert reader.spikes() == [SPIKE]
        assert reader.info.end == End(6.0, "interrupted")


def test_a_watcher_that_comes_later_sees_why_nothing_new_is_written_until_it_is(time, writer):
    blocker = hold(writer)
    listen(writer, time, 5.0, from_s=1.0)
    with SessionReader.open(writer.folder) as reader:
        assert reader.not_kept == writer.not_kept
        assert reader.not_kept.lines() == ["readings are not written (database is locked; they wait in a spill file)"]
        blocker.close()
        listen(writer, time, 2.0, from_s=6.0)
        assert reader.not_kept == NotKept()
    assert len(times(writer.folder)) == 80


def test_what_memory_had_no_room_for_comes_from_the_spill_when_writing_is_possible_again(
    root, time, spills, monkeypatch
):
    monkeypatch.setattr("engine.session.unwritten_rows.WAITING_READINGS", 30)
    writer = SessionWriter.create(root, "demo:7", clocks=time.clocks, spills=spills)
    listen(writer, time, 1.0)
    blocker = hold(writer)
    listen(writer, time, 9.0, from_s=1.0)
    blocker.close()
    listen(writer, time, 2.0, from_s=10.0)
    assert [n for n in writer.take_notices() if n.endswith("nothing was lost")] != []
    assert len(times(writer.folder)) == 120
    assert find_spills(writer.name, spills) == []


def test_where_the_first_folder_takes_nothing_the_second_does(time, spills, writer):
    spills[0].write_text("a file")
    blocker = hold(writer)
    listen(writer, time, 5.0, from_s=1.0)
    writer.close()
    blocker.close()
    assert find_spills(writer.name, spills) == [spills[1] / f"{writer.name}.spill"]


def test_a_temporary_folder_that_others_made_is_not_written_to(time, spills, writer, tmp_path):
    for folder in spills:
        folder.mkdir()
        folder.chmod(0o777)
    blocker = hold(writer)
    listen(writer, time, 5.0, from_s=1.0)
    with pytest.raises(MomentumError, match=f"50 readings of session {writer.name} could not be written and are lost"):
        writer.close()
    blocker.close()
    assert [file for folder in spills for file in folder.iterdir()] == []
    assert len(times(writer.folder)) == 10


def test_a_link_in_the_place_of_a_spill_is_not_followed(time, spills, writer, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    spills[0].mkdir(mode=0o700)
    (spills[0] / f"{writer.name}.spill").symlink_to(precious)
    blocker = hold(writer)
    listen(writer, time, 5.0, from_s=1.0)
    blocker.close()
    assert precious.read_text() == "mine"
    assert find_spills(writer.name, spills) == [spills[1] / f"{writer.name}.spill"]


def test_lines_of_a_spill_that_make_no_sense_are_left_out(time, spills, writer):
    writer.write(End(1.0, "interrupted"))
    writer.close()
    spills[0].mkdir(mode=0o700)
    file = spills[0] / f"{writer.name}.spill"
    lines = [
        '["spill_of", "x"]',
        '["reading", 11, 1.1, 0.5, -20.0, -9.0, 1, 1.5, 1.1]',
        '["reading", 12, "x", 0, 0, 0, 1, 1, 1]',
        '["event", 11, "mark", null, "{}"]',
        "{",
        '["reading", 13, 1.3, 0.5, -2',
    ]
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    assert take_back(writer.folder, spills) == 1
    assert times(writer.folder)[-1] == 1.1


def test_a_mark_that_somebody_set_meanwhile_stays_beside_what_comes_back(time, spills, writer):
    blocker = hold(writer)
    listen(writer, time, 5.0, from_s=1.0)
    writer.write(reading(6.1))
    writer.write(Mark(6.0, "goal"))
    writer.close()
    blocker.close()
    with SessionReader.open(writer.folder) as reader:
        reader.add_mark(Mark(6.0, "goal"))
    take_back(writer.folder, spills)
    with SessionReader.open(writer.folder) as reader:
        assert reader.marks() == [Mark(6.0, "goal"), Mark(6.0, "goal")]
