"""A row of features belongs to its half second: the picture that was shown then, upright, of whatever file."""

import sys
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest

from engine.core.errors import InputError, UsageError
from engine.video.fit import BORDER, Fit
from engine.video.frames_at_rate import blocks, rows
from engine.video.video_frames import PictureFile, sound_start_s
from tests.unit.engine.audio.sounds import noise, write_av, write_sound
from tests.unit.engine.video.clocks import clock_face, even, number_on, write_clock

WHOLE = Fit(64, 96, "stretch")
UNEVEN = [round(at, 3) for at in accumulate(np.random.default_rng(0).uniform(0.005, 0.3, 40).tolist(), initial=0.0)]
FILES = {
    "match.mp4": (even(25, 4), {}),
    "american.mkv": (even(30000 / 1001, 4), {}),
    "slow.mov": (even(1.5, 6), {}),
    "broadcast.ts": (even(25, 4), {}),
    "a_phone_s.mp4": (UNEVEN, {}),
    "a_screen_s.mkv": (UNEVEN, {}),
    "picture_late.mp4": (even(25, 4, start_s=0.8), {"sound_s": 5.0}),
    "sound_late.mp4": (even(25, 4), {"sound_s": 2.0, "sound_from_s": 1.5}),
}


def shown_at(times_s: list[float], at_s: float) -> int:
    """The number of the frame that a player shows then."""
    return max(0, int(np.searchsorted(times_s, at_s + 1e-4, side="right")) - 1)


def read(path: Path, rate_hz: float = 2.0, fit: Fit = WHOLE) -> list[np.ndarray]:
    """Every row's picture, by its number."""
    source = PictureFile(path)
    found = list(rows(source, rate_hz, fit))
    source.close()
    assert [row for row, _ in found] == list(range(len(found)))
    return [picture for _, picture in found]


@pytest.mark.parametrize("name", FILES)
def test_the_clock_in_the_picture_shows_the_time_of_its_row_to_one_frame(tmp_path: Path, name: str):
    times_s, options = FILES[name]
    seen = [number_on(picture) for picture in read(write_clock(tmp_path / name, times_s, **options))]
    wanted = [shown_at(times_s, row / 2) for row in range(len(seen))]
    off = np.abs(np.subtract(seen, wanted))
    assert off.max() <= name.endswith(".mkv")  # mkv's times are rounded to milliseconds
    assert len(seen) / 2 >= times_s[-1] and (len(seen) - 1) / 2 <= times_s[-1] + 0.7


@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 25.0, 40.0])
def test_another_rate_than_two_a_second_is_as_exact(tmp_path: Path, rate_hz: float):
    times_s = even(25, 2)
    seen = [number_on(picture) for picture in read(write_clock(tmp_path / "match.mp4", times_s), rate_hz)]
    assert seen == [shown_at(times_s, row / rate_hz) for row in range(round(2 * rate_hz))]


def test_a_frame_whose_time_was_rounded_up_by_the_file_is_still_that_of_its_row(tmp_path: Path):
    path = write_clock(tmp_path / "match.mkv", even(30, 3))  # frame 20 is meant for 2/3 s and stands at 667 ms
    assert [number_on(picture) for picture in read(path, 3.0)][:9] == [10 * row for row in range(9)]


def test_two_broadcasts_that_were_joined_are_shown_one_after_the_other(tmp_path: Path):
    """As their sound is heard, though the times of the second begin anew."""
    times_s = even(25, 4.2)
    one = write_clock(tmp_path / "one.ts", times_s).read_bytes()
    (tmp_path / "joined.ts").write_bytes(one + one)
    seen = [number_on(picture) for picture in read(tmp_path / "joined.ts")]
    wanted = [shown_at([*times_s, *(at_s + 4.2 for at_s in times_s)], row / 2) % 105 for row in range(17)]
    assert seen == wanted


def test_times_that_go_back_a_little_stand_still_instead(tmp_path: Path):
    one = write_clock(tmp_path / "one.ts", even(25, 0.6)).read_bytes()
    (tmp_path / "joined.ts").write_bytes(one + one)
    times_s = [timed.at_s for timed in PictureFile(tmp_path / "joined.ts").frames()]
    assert len(times_s) == 30 and times_s == sorted(times_s)


def test_a_time_hours_ahead_is_no_time_and_nobody_waits_for_it(tmp_path: Path):
    times_s = even(25, 2)
    wrong = [at_s + 7200.0 * (at_s >= 1.0) for at_s in times_s]
    seen = [number_on(picture) for picture in read(write_clock(tmp_path / "match.mkv", wrong))]
    assert seen == [0, 12, 25, 37]


def test_wide_pixels_give_a_wide_picture(tmp_path: Path):
    path = write_clock(tmp_path / "dvd.mp4", even(25, 1), size=(64, 48), pixel_shape=2)
    assert PictureFile(path).pixel_shape == 2.0
    assert number_on(read(path, fit=Fit(64, 96))[1]) == 12, "nothing is cut off"


def test_sound_that_begins_a_moment_early_to_be_thrown_away_does_not_move_the_picture(tmp_path: Path):
    path = write_clock(tmp_path / "opus.mkv", even(25, 2), sound_s=1.0, sound_from_s=-0.1, avoid_negative_ts="disabled")
    assert [number_on(picture) for picture in read(path)] == [0, 12, 25, 37]


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_what_a_phone_filmed_on_its_side_stands_upright(tmp_path: Path, turned: int):
    """``turned`` counterclockwise is how a player shows it; ffmpeg's own turning was compared once."""
    upright = np.rot90(clock_face(0), turned // 90)
    picture = read(write_clock(tmp_path / "phone.mp4", even(25, 1), turned=turned), fit=Fit(*upright.shape[:2]))[0]
    assert np.abs(picture.astype(int) - upright).mean() < 12


def test_a_wide_picture_is_scaled_to_the_height_and_loses_its_edges_as_soccernet_s_did(tmp_path: Path):
    path = write_clock(tmp_path / "wide.mp4", even(25, 1), size=(90, 160))
    whole, cropped = read(path, fit=Fit(45, 80, "stretch"))[0], read(path, fit=Fit(45, 45))[0]
    assert cropped.shape == (45, 45, 3)
    assert np.abs(cropped.astype(int) - whole[:, 17:62]).mean() < 8


def test_a_tall_picture_fills_the_square_too_and_a_border_is_grey(tmp_path: Path):
    path = write_clock(tmp_path / "tall.mp4", even(25, 1), turned=90)
    cropped, whole = read(path, fit=Fit(48, 48))[0], read(path, fit=Fit(72, 48, "stretch"))[0]
    assert cropped.shape == (48, 48, 3) and np.abs(cropped.astype(int) - whole[12:60]).mean() < 8
    bordered = read(path, fit=Fit(48, 48, "border"))[0]
    assert (bordered[:, 32:] == BORDER).all() and not (bordered[:, :32] == BORDER).all()


def test_a_block_has_the_same_bits_wherever_reading_began(tmp_path: Path):
    path = write_clock(tmp_path / "match.mp4", even(25, 5))
    whole = list(blocks(PictureFile(path), 2.0, WHOLE, 4))
    later = list(blocks(PictureFile(path), 2.0, WHOLE, 4, first=4))
    assert [block.first for block in whole] == [0, 4, 8] and [len(block.pictures) for block in whole] == [4, 4, 2]
    assert whole[0].before is None
    for mine, theirs in zip(later, whole[1:], strict=True):
        assert mine.first == theirs.first and np.array_equal(mine.pictures, theirs.pictures)
        assert mine.before is not None and theirs.before is not None and np.array_equal(mine.before, theirs.before)
    assert np.array_equal(whole[1].before, whole[0].pictures[-1])


@pytest.mark.parametrize("times_s", [even(25, 4), UNEVEN])
def test_frames_that_are_not_decoded_are_none_that_a_row_shows(tmp_path: Path, times_s: list[float]):
    path = write_clock(tmp_path / "match.mp4", times_s)
    every, few = PictureFile(path), PictureFile(path)
    all_frames = list(every.frames())
    shown = {shown_at(times_s, row / 2) for row in range(round(2 * times_s[-1]) + 1)}
    wanted = {timed.at_s for number, timed in enumerate(all_frames) if number in shown}
    kept = list(few.frames(lambda begin_s, end_s: any(begin_s - 0.001 <= at_s < end_s for at_s in wanted)))
    assert len(all_frames) == len(times_s)
    assert len(kept) < 0.7 * len(all_frames), "some are left out"
    assert wanted <= {timed.at_s for timed in kept}


def test_sound_that_begins_after_the_picture_is_known_to(tmp_path: Path):
    late = write_clock(tmp_path / "late.mp4", even(25, 2), sound_s=1.0, sound_from_s=0.9)
    early = write_clock(tmp_path / "early.mp4", even(25, 2, start_s=0.5), sound_s=1.0)
    assert sound_start_s(late) == pytest.approx(0.9, abs=0.07)  # a codec's first samples are there to be thrown away
    assert sound_start_s(early) == 0.0
    assert sound_start_s(write_sound(tmp_path / "only.wav", noise(0.2), 22050)) == 0.0


def test_a_sound_file_has_no_picture_and_says_so(tmp_path: Path):
    sound = write_av(tmp_path / "radio.m4a", "aac", noise(0.5)[:, None], 22050, format="mp4")
    with pytest.raises(InputError, match=r"radio\.m4a has no picture in it"):
        PictureFile(sound)


def test_a_cover_on_a_sound_file_is_no_picture(tmp_path: Path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=22050, layout="mono")
        cover = container.add_stream("png", rate=1)
        cover.height, cover.width, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(clock_face(1, 32, 32), format="rgb24")))
        container.mux(cover.encode(None))
        piece = av.AudioFrame.from_ndarray(noise(0.1)[None, :1024].copy(), format="fltp", layout="mono")
        piece.sample_rate = 22050
        container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    with pytest.raises(InputError, match="no picture"):
        PictureFile(path)


def test_a_video_whose_end_is_missing_gives_its_rows_and_then_says_where_it_broke_off(tmp_path: Path):
    path = write_clock(tmp_path / "cut.mp4", even(25, 6), movflags="faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    seen = []
    with pytest.raises(InputError, match=r"cut\.mp4 is damaged: its picture breaks off at \d\.\d s of 6\.0 s"):
        for _, picture in rows(PictureFile(path), 2.0, WHOLE):
            seen.append(number_on(picture))
    assert 4 <= len(seen) < 12
    assert seen[:4] == [shown_at(even(25, 6), row / 2) for row in range(4)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("torn.mp4", None, r"torn\.mp4 can't be read as a video"),
        ("empty.mp4", b"", r"empty\.mp4 is empty"),
        ("notes.mp4", b"these are notes\n" * 20, r"notes\.mp4 is a text file, not a video"),
    ],
)
def test_what_is_no_video_is_refused_in_two_lines(tmp_path: Path, name: str, content: bytes | None, says: str):
    path = tmp_path / name
    if content is None:  # the table of an mp4 stands at its end
        whole = write_clock(path, even(25, 2)).read_bytes()
        content = whole[: len(whole) // 2]
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        PictureFile(path)


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has it")
def test_hardware_that_is_not_there_is_not_silently_done_without(tmp_path: Path):
    with pytest.raises(UsageError, match="on a Mac alone"):
        PictureFile(write_clock(tmp_path / "match.mp4", even(25, 1)), "hardware")


def test_damage_in_the_middle_costs_frames_and_no_time(tmp_path: Path):
    path = write_clock(tmp_path / "scratched.mp4", even(25, 6), movflags="faststart")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    pictures = read(path)
    assert len(pictures) == 12
    assert abs(number_on(pictures[-1]) - shown_at(even(25, 6), 5.5)) <= 1


def test_a_picture_that_nothing_here_can_decode_is_said_in_two_lines(tmp_path: Path):
    path = write_clock(tmp_path / "strange.mp4", even(25, 1))
    path.write_bytes(path.read_bytes().replace(b"mp4v", b"zzzz").replace(b"esds", b"zsds"))
    with pytest.raises(InputError, match=r"strange\.mp4: its picture is of a kind that can't be decoded here"):
        PictureFile(path)
