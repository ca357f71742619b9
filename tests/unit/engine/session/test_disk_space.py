"""Left-overs, room on the disk, clips, and one recorder a device."""

import os
import shutil

import numpy as np
import pytest
import soundfile

from engine.core.errors import DeviceError, InputError
from engine.core.signals import ALARM_LINE, End, Mark, Spike
from engine.session import SessionReader
from engine.session.device_lock import hold_device
from engine.session.disk_space import DiskKeeper, DiskSettings, trim
from engine.session.file_lock import Holder
from engine.session.finish_interrupted import settle_all
from engine.session.sound_clips import clip_at, clips_of, read_clip, write_clip
from engine.session.sound_files import SoundWriter, to_pcm
from tests.unit.engine.session.helpers import FakeTime, listen, noise, recorder


def cut_off(writer, root):
    """The session as a kill leaves it: a copy of the files while the recorder has them open."""
    copy = root / "20261119T150000Z-dead00"
    shutil.copytree(writer.folder, copy)
    return copy


def test_the_next_start_puts_a_killed_session_in_order_and_says_what_happened(root, time):
    writer = recorder(root, time, keep_sound=True)
    listen(writer, time, 75.0, live=False)
    session = cut_off(writer, root)
    told = settle_all(root, time.clocks, os.getpid())
    assert told == [
        (
            "session 20261119T150000Z-dead00 was cut off (its recorder was killed, or the power went): "
            "750 readings up to 1:15 are kept, and its last 15 s of sound"
        )
    ]
    with SessionReader.open(session) as reader:
        assert isinstance(reader.info.end, End)
        assert reader.info.end.reason == "killed"
        assert [(s.start, s.end, s.path.suffix) for s in reader.segments()] == [
            (0, 60 * 22050, ".flac"),
            (60 * 22050, 75 * 22050, ".flac"),
        ]
    assert settle_all(root, time.clocks, os.getpid()) == []


def test_a_session_that_ended_cleanly_is_not_mentioned(root, time):
    writer = recorder(root, time)
    writer.write(End(0.0, "interrupted"))
    writer.close()
    assert settle_all(root, time.clocks, os.getpid()) == []


def test_a_damaged_left_over_is_named_and_the_others_are_settled(root, time):
    writer = recorder(root, time)
    listen(writer, time, 1.0)
    cut_off(writer, root)
    broken = root / "20261118T150000Z-dead01"
    shutil.copytree(writer.folder, broken)
    (broken / "session.db").write_bytes(b"x")
    told = settle_all(root, time.clocks, os.getpid())
    assert len(told) == 2
    assert "can't be put in order" in told[1]


def test_sound_stops_before_the_disk_is_full_and_goes_on_when_there_is_room(tmp_path):
    free = 10**9
    keeper = DiskKeeper(tmp_path, DiskSettings(reserve_bytes=500_000_000), free=lambda folder: free)
    sound = SoundWriter(tmp_path / "sound")
    told = {}
    for second in range(100):
        free = 10**8 if second == 20 else 55 * 10**7 if second == 50 else 10**9 if second == 70 else free
        keeper.look(second, sound)
        sound.write(noise(second, 1.0), second)
        told |= dict.fromkeys(sound.take_notices(), second)
    sound.close()
    assert told == {
        "the sound is no longer kept: only 100 MB are free, and it stops below 500 MB; the index goes on": 20,
        "the sound is kept again": 70,
    }


def test_a_disk_that_fills_up_is_told_once_where_no_sound_is_kept(tmp_path):
    keeper = DiskKeeper(tmp_path, DiskSettings(reserve_bytes=500_000_000), free=lambda folder: 10**8)
    told = [notice for second in range(100) for notice in keeper.look(second, None)]
    assert told == ["the disk is nearly full: 100 MB are free"]


def test_a_budget_takes_the_oldest_sound_first_and_that_around_spikes_last(root, time):
    sessions = []
    for day in range(2):
        writer = recorder(root, FakeTime(wall_off_s=day * 86400.0), keep_sound=True)
        listen(writer, time, 240.0, live=False)
        writer.write(Spike(70.0, 71.0, 75.0, 0.9, 71.0))
        writer.close()
        sessions.append(writer.folder)
    sizes = {p: p.stat().st_size for s in sessions for p in s.rglob("*.flac")}
    largest = max(sizes.values())

    def kept() -> list[list[int]]:
        return [[int(p.stem) // 22050 // 60 for p in sorted(s.rglob("*.flac"))] for s in sessions]

    assert trim(root, sum(sizes.values())) == []
    trim(root, 6 * largest)
    assert kept() == [[1, 3], [0, 1, 2, 3]]
    trim(root, 4 * largest)
    assert kept() == [[1], [1, 2, 3]]
    trim(root, 2 * largest)
    assert kept() == [[1], [1]]
    trim(root, largest)
    assert kept() == [[], [1]]
    assert sum(path.stat().st_size for path in root.rglob("*.flac")) <= largest


def test_a_clip_is_cut_to_the_sample(root, time, tmp_path):
    writer = recorder(root, time, keep_sound=True)
    listen(writer, time, 100.0, live=False)
    writer.write(Spike(70.0, 71.0, 75.0, 0.9, 71.0))
    writer.write(Mark(5.0, "../../Goal! \x1b[31m"))
    writer.write(Mark(50.0, ALARM_LINE, "0.6"))
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        mark, spike = clips_of(reader)
    assert (mark.name, mark.start, mark.stop) == ("000005.000s-mark-goal-31m", 0, 25 * 22050)
    assert (spike.name, spike.start, spike.stop) == ("000070.000s-spike", 60 * 22050, 90 * 22050)
    for kind in ("flac", "wav"):
        pcm, missing = read_clip(writer.folder, spike)
        path = tmp_path / f"{spike.name}.{kind}"
        write_clip(path, pcm, kind)
        played, rate = soundfile.read(path, dtype="int16")
        assert (missing, rate, path.stat().st_mode & 0o077) == (0, 22050, 0)
        np.testing.assert_array_equal(played, to_pcm(noise(60.0, 30.0).samples))
        with pytest.raises(InputError, match="exists already"):
            write_clip(path, pcm, kind)


def test_a_clip_near_the_end_ends_with_the_sound(root, time):
    writer = recorder(root, time, keep_sound=True)
    listen(writer, time, 20.0, live=False)
    writer.close()
    pcm, missing = read_clip(writer.folder, clip_at(15.0, "spike"))
    assert (len(pcm), missing) == (15 * 22050, 0)


def test_a_second_recorder_on_a_device_hears_who_holds_it(root):
    holder = Holder(os.getpid(), "2026-11-20T15:00:00Z", "mic:USB", "20261120T150000Z-4f2a9c")
    lock = hold_device(root, "USB / Mic\x1b", holder)
    with pytest.raises(DeviceError, match=f"process {os.getpid()} since 2026-11-20T15:00:00Z") as caught:
        hold_device(root, "USB / Mic\x1b", holder)
    assert "20261120T150000Z-4f2a9c" in caught.value.hint
    hold_device(root, "another", holder).release()
    lock.release()
    hold_device(root, "USB / Mic\x1b", holder).release()
