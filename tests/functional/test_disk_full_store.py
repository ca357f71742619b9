"""A session's store on a disk that fills up: sound goes first, then readings wait, and nothing ends."""

import shutil
import subprocess
from pathlib import Path

import pytest

from engine.core.errors import InputError, MomentumError
from engine.core.signals import End, Mark
from engine.session import SessionReader, SessionWriter
from engine.session.disk_space import DiskKeeper, DiskSettings
from tests.functional.full_disk import MEGABYTE, fill
from tests.unit.engine.session.helpers import FakeTime, listen, start


def test_a_full_disk_ends_nothing_and_when_there_is_room_the_session_goes_on(small_disk: Path):
    time = FakeTime()
    keeper = DiskKeeper(small_disk, DiskSettings(reserve_bytes=4 * MEGABYTE))
    writer = SessionWriter.create(small_disk / "sessions", "mic", keep_sound=True, disk=keeper, clocks=time.clocks)
    writer.write(start(writer.name))
    listen(writer, time, 20.0)
    assert writer.take_notices() == []

    most = small_disk / "most"
    most.write_bytes(bytes(5 * MEGABYTE))
    listen(writer, time, 20.0, from_s=20.0)
    (notice,) = writer.take_notices()
    assert notice.startswith("the sound is no longer kept: only")
    with SessionReader.open(writer.folder) as reader:
        assert reader.info.readings == 400

    filler = fill(small_disk)
    listen(writer, time, 60.0, from_s=40.0)
    assert writer.failing
    (notice,) = writer.take_notices()
    assert notice.startswith("nothing can be written (database or disk is full); listening goes on")

    filler.unlink()
    most.unlink()
    listen(writer, time, 20.0, from_s=100.0)
    assert not writer.failing
    assert sorted(notice.split(";")[0].split(" after")[0] for notice in writer.take_notices()) == [
        "the sound is kept again",
        "writing again",
    ]
    writer.write(End(120.0, "end_of_file"))
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        times = reader.readings().t
        assert len(times) == 1200
        assert reader.info.end == End(120.0, "end_of_file")
        kept = [(round(s.start / 22050), round(s.end / 22050)) for s in reader.segments()]
    assert kept[0][0] == 0
    assert kept[-1][1] == 120
    assert len(kept) == 2


def test_a_session_on_a_disk_that_cannot_be_written_can_be_read(small_disk: Path):
    time = FakeTime()
    writer = SessionWriter.create(small_disk / "sessions", "mic", clocks=time.clocks)
    writer.write(start(writer.name))
    listen(writer, time, 20.0)
    killed = small_disk / "sessions" / "20261119T150000Z-dead00"
    shutil.copytree(writer.folder, killed)
    (killed / "session.db-shm").unlink()
    writer.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with SessionReader.open(writer.folder) as reader:
        assert len(reader.poll()) == 202
        with pytest.raises(InputError, match="its folder can't be written"):
            reader.add_mark(Mark(1.0, "goal"))
    with pytest.raises(InputError, match="must be writable"):
        SessionReader.open(killed)


def test_no_room_for_the_store_itself_is_said_before_the_listening_begins(small_disk: Path):
    fill(small_disk)
    with pytest.raises(MomentumError, match="no session can be kept") as caught:
        SessionWriter.create(small_disk / "sessions", "mic")
    assert "--no-record" in caught.value.hint
    assert list((small_disk / "sessions").glob("*")) == []
