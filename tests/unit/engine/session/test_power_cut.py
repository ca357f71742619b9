"""A power cut costs a second at most, also where ``fsync`` alone leaves it to the drive's cache."""

import errno
import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from engine.core import durable_writes as durable
from engine.session.folder import DATABASE
from engine.session.schema import open_to_write
from tests.unit.engine.session.helpers import FakeTime, listen, recorder

EMPTY_THE_CACHE = 51


@dataclass
class Mac:
    """The ``fcntl`` of a Mac: notes when which file was brought from the drive's cache to the disk."""

    folder: Path
    time: FakeTime
    supported: bool = True
    emptied: list[tuple[float, str]] = field(default_factory=list)

    def fcntl(self, descriptor: int, command: int) -> int:
        assert command == EMPTY_THE_CACHE
        if not self.supported:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        inode = os.fstat(descriptor).st_ino
        (path,) = (path for path in self.folder.rglob("*") if path.stat().st_ino == inode)
        self.emptied.append((self.time.now_s, path.suffix))
        return 0

    def pauses_s(self, suffix: str) -> list[float]:
        return [b - a for a, b in pairwise(at_s for at_s, of in self.emptied if of.endswith(suffix))]


@pytest.fixture
def mac(tmp_path: Path, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> Mac:
    mac = Mac(tmp_path, time)
    monkeypatch.setattr(durable, "FULL_SYNC", EMPTY_THE_CACHE)
    monkeypatch.setattr(durable, "fcntl", mac)
    return mac


def test_a_power_cut_on_a_mac_takes_a_second_of_readings_and_sound_at_most(tmp_path: Path, time: FakeTime, mac: Mac):
    writer = recorder(tmp_path, time, keep_sound=True)
    listen(writer, time, 10)
    for suffix in ("pcm", "-wal"):
        pauses_s = mac.pauses_s(suffix)
        assert len(pauses_s) >= 8
        assert max(pauses_s) <= 1.01
    writer.close()


def test_a_finished_minute_is_on_the_disk_before_its_raw_sound_is_removed(tmp_path: Path, time: FakeTime, mac: Mac):
    writer = recorder(tmp_path, time, keep_sound=True)
    listen(writer, time, 61)
    writer.close()
    assert [suffix for _, suffix in mac.emptied].count(".tmp") == 2


def test_sqlite_is_told_to_empty_the_drives_cache_too(tmp_path: Path, time: FakeTime):
    writer = recorder(tmp_path, time)
    writer.close()
    database = open_to_write(writer.folder)
    assert database.execute("PRAGMA fullfsync").fetchone() == (1,)
    assert database.execute("PRAGMA checkpoint_fullfsync").fetchone() == (1,)
    database.close()
    assert (writer.folder / DATABASE).is_file()


def test_a_drive_that_can_not_empty_its_cache_is_synced_as_well_as_it_can_be(
    tmp_path: Path, mac: Mac, monkeypatch: pytest.MonkeyPatch
):
    mac.supported = False
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with (tmp_path / "file").open("wb") as file:
        durable.sync(file.fileno())
        assert synced == [file.fileno()]
