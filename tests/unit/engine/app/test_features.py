"""Features of a recording: whole, resumable to the bit, and a broken file does not hold up the others."""

import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from engine.app.features import Order, build_encoder, features_of, make_features, row_of_encoder
from engine.app.made_features import Made
from engine.core.errors import InputError, UsageError
from engine.core.run_protocols import Stop
from engine.encoders import feature_file as feature_files
from engine.encoders.choices import Choice
from engine.encoders.encoder import Rows
from engine.encoders.feature_file import Unfinished, encoder_row, feature_file, load_features
from tests.unit.engine.audio.sounds import noise, write_sound
from tests.unit.engine.encoders.test_networks import small
from tests.unit.engine.video.clocks import even, write_clock

SECONDS = 34


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clock at five frames a second, with sound: two blocks of rows and a bit."""
    return write_clock(
        tmp_path_factory.mktemp("films") / "1_224p.mp4", even(5, SECONDS), sound_s=SECONDS, size=(36, 64)
    )


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clock(tmp_path_factory.mktemp("films") / "1_36p.mp4", even(5, 6), size=(36, 64))


class Told:
    """Remembers progress, and asks for the end once so much is done."""

    def __init__(self, end_at_s: float = np.inf) -> None:
        self.stop = Stop()
        self.done: list[tuple[float, float | None, str]] = []
        self._end_at_s = end_at_s

    def __call__(self, step: str, done: float, total: float | None, note: str = "") -> None:
        self.done.append((done, total, note))
        if done >= self._end_at_s:
            self.stop.request("interrupted")


def made(order: Order, told: Told | None = None) -> list[Made]:
    told = told or Told()
    return list(make_features(order, told, told.stop))


def order(film: Path, folder: Path, *names: str, **more: object) -> Order:
    return Order((film,), tuple(map(Choice, names or ("pixels",))), folder=folder, **more)


def test_a_half_becomes_an_array_with_a_row_each_half_second_and_a_page_on_what_it_is(film: Path, tmp_path: Path):
    told = Told()
    (one,) = made(order(film, tmp_path), told)
    assert one.file == tmp_path / "1_Pixels.npy" and one.rows == 2 * SECONDS and one.fault is None
    values = np.load(one.file)
    assert values.shape == (2 * SECONDS, 212) and values.dtype == np.float32 and np.isfinite(values).all()
    said = json.loads((tmp_path / "1_Pixels.json").read_text())
    assert said["encoder"] == "pixels" and said["fps"] == 2.0 and said["rows"] == 2 * SECONDS and said["complete"]
    assert said["source"]["name"] == "1_224p.mp4" and said["start_s"] == 0.0
    assert told.done[0][:2] == (0.0, pytest.approx(SECONDS, abs=0.3))  # of the last frame it is not known
    assert "x real time" in told.done[-1][2] and told.done[-1][2].endswith("0 s left")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1_Pixels.json", "1_Pixels.npy"]


@pytest.mark.parametrize("name", ["pixels", "crowd"])
def test_a_run_that_was_ended_goes_on_where_it_was_in_the_same_bits(film: Path, tmp_path: Path, name: str):
    (whole,) = made(order(film, tmp_path / "whole", name))
    (begun,) = made(order(film, tmp_path, name), Told(end_at_s=30.0))
    assert not begun.file.exists() and begun.rows == 64
    (ended,) = made(order(film, tmp_path, name))
    assert ended.file.read_bytes() == whole.file.read_bytes()


def test_what_was_begun_of_another_recording_is_begun_anew(film: Path, tmp_path: Path):
    copy = tmp_path / "1_224p.mp4"
    copy.write_bytes(film.read_bytes())
    made(order(copy, tmp_path), Told(end_at_s=30.0))
    other = write_clock(copy, even(5, 35, start_s=0.0), size=(36, 64))
    (one,) = made(order(other, tmp_path))
    assert np.array_equal(np.load(one.file), features_of(other, "pixels").values)


def test_in_memory_they_are_the_same_as_on_disk(film: Path, tmp_path: Path):
    for name in ("pixels", "crowd"):
        (one,) = made(order(film, tmp_path, name))
        values, start_s = features_of(film, name)
        assert start_s == 0.0 and np.array_equal(values, np.load(one.file))


def test_what_is_there_already_is_left_and_other_features_are_not_written_over(film: Path, tmp_path: Path):
    made(order(film, tmp_path))
    (again,) = made(order(film, tmp_path))
    assert again.seconds is None and again.rows == 2 * SECONDS
    with pytest.raises(UsageError, match="holds other features"):
        made(order(film, tmp_path, rate_hz=1.0))
    (other,) = made(order(film, tmp_path, rate_hz=1.0, replace=True))
    assert other.rows == SECONDS


def test_features_from_before_pages_spoke_of_pictures_are_left_and_those_of_other_pictures_are_not(film, tmp_path):
    made(order(film, tmp_path))
    page = tmp_path / "1_Pixels.json"
    said = json.loads(page.read_text())
    assert said.pop("picture") == "128 x 72, stretch"
    page.write_text(json.dumps(said))
    (again,) = made(order(film, tmp_path))
    assert again.seconds is None and again.rows == 2 * SECONDS
    page.write_text(json.dumps({**said, "picture": "64 x 64, crop"}))
    with pytest.raises(UsageError, match="holds other features"):
        made(order(film, tmp_path))


def test_a_broken_file_is_told_of_and_the_others_are_made(film: Path, tmp_path: Path):
    torn, gone = tmp_path / "torn.mp4", tmp_path / "gone.mp4"
    torn.write_bytes(film.read_bytes()[:2000])
    many = Order((torn, gone, film), (Choice("pixels"),), folder=tmp_path)
    first, second, third = made(many)
    assert isinstance(first.fault, InputError) and "torn.mp4 can't be read" in first.fault.message
    assert isinstance(second.fault, InputError) and "There is no file" in second.fault.message
    assert third.fault is None and third.rows == 2 * SECONDS
    assert not first.file.exists() and not list(tmp_path.glob(".*"))


def test_of_a_video_that_breaks_off_the_rows_before_are_kept_and_it_says_so(tmp_path: Path):
    cut = write_clock(tmp_path / "cut.mp4", even(25, 6), movflags="faststart")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 2 // 3])
    (one,) = made(order(cut, tmp_path))
    said = json.loads(one.file.with_suffix(".json").read_text())
    assert one.fault is not None and "breaks off" in one.fault.message and one.fault.message == said["fault"]
    assert not said["complete"] and 0 < one.rows == said["rows"] == len(np.load(one.file))
    (again,) = made(order(cut, tmp_path))
    assert again.seconds is None and again.rows == one.rows, "it was there already"
    assert again.fault is not None and (again.fault.message, again.fault.hint) == (one.fault.message, one.fault.hint)


def test_a_short_last_block_of_a_killed_run_is_no_whole_one_for_the_next(tmp_path: Path):
    said = {"width": 2, "source": {"name": "1.mp4"}}
    values = np.arange(2 * 70, dtype=np.float32).reshape(70, 2)
    begun = Unfinished(tmp_path / "1_X.npy", said)
    begun.add(Rows(0, values[:64]))
    begun.add(Rows(64, values[64:67]))
    again = Unfinished(tmp_path / "1_X.npy", said)
    assert again.rows == 64
    again.add(Rows(64, values[64:]))
    assert again.finish() == 70 and np.array_equal(np.load(tmp_path / "1_X.npy"), values)


@pytest.mark.parametrize("killed_in", ["write_whole_json", "_write_array"])
def test_a_run_killed_while_it_puts_the_rows_together_is_made_by_the_same_command(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_in: str
):
    whole = features_of(short, "pixels").values
    made(order(short, tmp_path, rate_hz=1.0))
    inner = getattr(feature_files, killed_in)

    def killed(file: Path, *more: object) -> None:
        if file.stem == "1_Pixels":
            raise KeyboardInterrupt
        inner(file, *more)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(feature_files, killed_in, killed)
        made(order(short, tmp_path, replace=True))
    (after,) = made(order(short, tmp_path))
    assert after.rows == 12 and np.array_equal(np.load(after.file), whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1_Pixels.json", "1_Pixels.npy"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", None])
def test_features_that_were_damaged_on_the_disk_are_made_again(short: Path, tmp_path: Path, content: bytes | None):
    (one,) = made(order(short, tmp_path))
    whole = one.file.read_bytes()
    one.file.write_bytes(whole[:-400] if content is None else content)
    with pytest.raises(InputError, match="holds no features"):
        load_features(one.file)
    (again,) = made(order(short, tmp_path))
    assert again.seconds is not None and again.fault is None and again.file.read_bytes() == whole


def test_an_archive_of_arrays_is_no_array(tmp_path: Path):
    with (tmp_path / "1_X.npy").open("wb") as file:
        np.savez(file, a=np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match="holds no features"):
        load_features(tmp_path / "1_X.npy")


def test_what_will_be_said_of_features_is_known_without_the_memory_of_their_network(tmp_path: Path, monkeypatch):
    choice = Choice("mobilenet", small("mobilenet", tmp_path))
    row = encoder_row(build_encoder(choice), 2.0)
    monkeypatch.delattr("engine.encoders.in_mlx.MlxNet")
    monkeypatch.setitem(sys.modules, "engine.encoders.in_onnx", None)
    assert row_of_encoder(choice, 2.0) == row and row["encoder"] == "mobilenet" and len(row["weights_sha256"]) == 64


def peak_bytes(film: Path, folder: Path) -> int:
    """What Python and numpy hold at most while features of ``film`` are made, ten rows a second."""
    tracemalloc.start()
    (one,) = made(order(film, folder, rate_hz=10.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert one.fault is None and not list(folder.glob(".*"))
    return peak


def test_two_hours_of_a_film_take_no_more_memory_than_five_minutes(tmp_path: Path):
    films = [write_clock(tmp_path / f"{s}.mp4", even(2, s), size=(36, 64)) for s in (1, 14, 28)]
    _, shorter, longer = (peak_bytes(film, tmp_path / film.stem) for film in films)  # the first one imports
    features = np.load(tmp_path / "28" / "28_Pixels.npy").nbytes
    assert longer - shorter < features / 8, "neither pictures nor rows are gathered over all of a film"


def test_the_crowd_needs_no_picture_and_its_absence_of_sound_is_told(tmp_path: Path):
    sound = write_sound(tmp_path / "radio.wav", noise(15.0), 22050)
    silent = write_clock(tmp_path / "silent.mp4", even(5, 2), size=(36, 64))
    one, other = made(Order((sound, silent), (Choice("crowd"),), folder=tmp_path))
    assert one.rows == 30 and one.fault is None
    assert other.fault is not None and other.fault.message == "silent.mp4 has no sound in it."


def test_two_recordings_that_would_become_one_file_are_refused_before_anything_is_done(film: Path, tmp_path: Path):
    other = tmp_path / "1_HQ.mp4"
    with pytest.raises(UsageError, match=r"both become .*1_Pixels\.npy"):
        made(Order((film, other), (Choice("pixels"),), folder=tmp_path))


@pytest.mark.parametrize(
    ("name", "file"),
    [("1_720p.mkv", "1_X.npy"), ("2.mp4", "2_X.npy"), ("1.final.mp4", "1_X.npy"), ("12_cup.mp4", "12_cup_X.npy")],
)
def test_halves_are_named_as_soccernet_names_them(name: str, file: str):
    assert feature_file(Path("cup") / name, "X") == Path("cup") / file
    assert feature_file(Path(name), "X", Path("out")) == Path("out") / file
