"""Many sources in one process: each session is the one that it would be alone, and one's trouble is no other's."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.app.keep_session import put_in_order
from engine.app.listen import Wanted
from engine.app.record import record
from engine.app.record_many import Outcome, Pauses, record_many, refuse_one_device_twice, worst
from engine.audio.devices import InputDevice
from engine.audio.media_file import MediaFile
from engine.core.errors import DeviceError, ExitCode, InputError, MomentumError, UsageError
from engine.core.run_protocols import Stop
from engine.core.settings import Settings
from engine.core.signals import AudioBlock, End
from engine.core.venue_sources import Place, places_named
from engine.session import SessionReader, SessionWriter, list_sessions

SECONDS = 45
AT_ONCE = Pauses(again_after_s=0.0)
STORED = "SELECT id, t, pressure, level_db, peak_db, health FROM readings ORDER BY id"
EVENTS = "SELECT after_reading, type, body FROM events WHERE type NOT IN ('start', 'mark') ORDER BY rowid"


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Four grounds: noise that swells at other moments in each."""
    folder, files = tmp_path_factory.mktemp("grounds"), []
    for i, name in enumerate(("north", "south", "east", "west")):
        rng, t = np.random.default_rng(i), np.arange(SECONDS * 22050) / 22050
        crowd = rng.normal(scale=0.02, size=len(t)) * (1 + 4 * (np.sin(2 * np.pi * t / (11 + i)) > 0.9))
        soundfile.write(folder / f"{name}.wav", crowd.astype(np.float32), 22050, subtype="FLOAT")
        files.append(str(folder / f"{name}.wav"))
    return files


@pytest.fixture
def root(home: Path) -> Path:
    return home / "data" / "sessions"


def stored(folder: Path) -> tuple[list[tuple], list[tuple]]:
    """All that a session says of the sound, without the times of the wall clock."""
    with sqlite3.connect(folder / "session.db") as database:
        return database.execute(STORED).fetchall(), database.execute(EVENTS).fetchall()


@pytest.fixture(scope="module")
def alone(matches: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[tuple], list[tuple]]]:
    """What a run on each by itself keeps."""
    home = tmp_path_factory.mktemp("alone")
    kept = []
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOMENTUM_HOME", str(home))
        for file in matches:
            record(Wanted(Settings(source=file), speed=float("inf")), lambda _: None)
            kept.append(stored(list_sessions(home / "data" / "sessions")[0]))
    return kept


def run(places: Sequence[Place], opening=None, tell=lambda _: None, settings: Settings | None = None, **more):
    wanted = Wanted(settings or Settings(), speed=float("inf"))
    return record_many(wanted, places, tell, pauses=AT_ONCE, opening=opening, **more)


class Broken(MediaFile):
    """A file whose device is pulled out in the middle."""

    def __init__(self, path: str, after: int, fault: Exception) -> None:
        super().__init__(path)
        self._after = after
        self._fault = fault

    def blocks(self) -> Iterator[AudioBlock]:
        for number, block in enumerate(super().blocks()):
            if number == self._after:
                raise self._fault
            yield block


def test_sessions_of_many_sources_have_the_bits_of_single_runs(matches: list[str], alone, root: Path):
    assert all(any(pressure is not None for _, _, pressure, *_ in readings) for readings, _ in alone)
    said: list[str] = []
    outcomes = run(places_named(matches), tell=said.append)
    assert [stored(root / outcome.session) for outcome in outcomes] == alone
    assert [outcome.readings for outcome in outcomes] == [len(readings) for readings, _ in alone]
    assert worst(outcomes) == 0
    for outcome, name in zip(outcomes, ("north", "south", "east", "west"), strict=True):
        with SessionReader.open(root / outcome.session) as reader:
            assert (reader.info.venue, reader.info.source) == (name, f"{name}.wav")
            assert reader.info.settings["sources"] == []
        account = f"{name}: {outcome.readings} readings in 00:44, all kept in session {outcome.session}"
        assert account in said


@pytest.mark.parametrize(
    "fault",
    [DeviceError("it was pulled out", "plug it in"), ValueError("a bug")],
)
def test_a_source_that_is_lost_takes_nothing_from_the_others(matches: list[str], alone, root: Path, fault: Exception):
    places, said = places_named(matches[:3]), []

    def opening(place: Place):
        return Broken(place.spec, 5, fault) if place.name == "south" else MediaFile(place.spec)

    north, south, east = run(places, opening, said.append)
    assert [stored(root / north.session), stored(root / east.session)] == [alone[0], alone[2]]
    assert (north.exit_code, east.exit_code) == (0, 0)
    assert worst([north, south, east]) == south.exit_code == getattr(fault, "exit_code", ExitCode.FAILED)
    with SessionReader.open(root / south.session) as reader:
        assert reader.info.end is not None
        assert reader.info.end.reason == "fault"
        assert 0 < reader.info.readings == south.readings
    assert any(line.startswith("south: ") and str(fault.args[0]) in line for line in said)


def test_a_session_that_can_not_be_kept_is_told_for_its_own(matches: list[str], alone, root: Path, monkeypatch):
    create = SessionWriter.create

    def full(folder: Path, source: str, **more):
        if source == "south.wav":
            raise MomentumError("no session can be kept: the disk is full", "make room")
        return create(folder, source, **more)

    monkeypatch.setattr(SessionWriter, "create", full)
    said: list[str] = []
    north, south = run(places_named(matches[:2]), tell=said.append)
    assert "south: no session can be kept: the disk is full; make room" in said
    assert "south: nothing was heard; it ended by a fault: no session can be kept: the disk is full" in said
    assert (north.exit_code, south.exit_code, worst([north, south])) == (0, 1, 1)
    assert stored(root / north.session) == alone[0]


def test_a_disk_that_is_full_for_one_session_is_told_for_it_and_its_readings_come_back(
    matches: list[str], alone, root: Path, monkeypatch
):
    create = SessionWriter.create

    def small(folder: Path, source: str, **more):
        writer = create(folder, source, **more)
        if source == "south.wav":
            pages = writer._database.execute("PRAGMA page_count").fetchone()[0]
            writer._database.execute(f"PRAGMA max_page_count={pages + 2}")
        return writer

    monkeypatch.setattr(SessionWriter, "create", small)
    said: list[str] = []
    north, south = run(places_named(matches[:2]), tell=said.append)
    assert stored(root / north.session) == alone[0]
    with SessionReader.open(root / south.session) as reader:
        kept = reader.info.readings
    assert 0 <= kept < south.readings == len(alone[1][0])
    assert any(line.startswith("south: ") and "the disk is full" in line for line in said)
    assert f"south: {south.readings} readings in 00:44, {kept} of them kept in session {south.session}" in said
    assert not any(line.startswith("north: ") and "disk" in line for line in said)
    put_in_order(said.append)
    assert stored(root / south.session)[0] == alone[1][0]


def test_a_microphone_that_is_plugged_in_late_is_recorded_from_then_on(matches: list[str], alone, root: Path):
    tries, said = [], []
    late = threading.Event()

    class Endless(MediaFile):
        def blocks(self) -> Iterator[AudioBlock]:
            yield from super().blocks()
            assert late.wait(60)

    def opening(place: Place):
        if place.name == "north":
            return Endless(place.spec)
        tries.append(place)
        if len(tries) < 3:
            raise DeviceError("There is no microphone 'south'.", "There are: none.")
        late.set()
        return MediaFile(place.spec)

    _, south = run(places_named(matches[:2]), opening, said.append)
    assert len(tries) == 3
    assert south.fault is None
    assert stored(root / south.session) == alone[1]
    assert [line for line in said if "tried again" in line] == [
        "south: There is no microphone 'south'. It is tried again for as long as the others listen."
    ]


def test_where_no_source_is_there_at_all_nothing_is_waited_for(matches: list[str], root: Path):
    def opening(place: Place):
        if place.name == "north":
            raise InputError("it is no sound", "give another")
        raise DeviceError(f"There is no microphone '{place.name}'.", "There are: none.")

    outcomes = run(places_named(matches), opening)
    assert [outcome.exit_code for outcome in outcomes] == [5, 3, 3, 3]
    assert worst(outcomes) == 3
    assert list_sessions(root) == []


def test_an_end_that_is_asked_for_ends_all_and_says_what_each_has_heard(matches: list[str], root: Path):
    heard, said = threading.Barrier(2), []

    class Live(MediaFile):
        """Goes on for ever once its sound is heard."""

        live = True

        def blocks(self) -> Iterator[AudioBlock]:
            last = AudioBlock(np.zeros(0, np.float32), 0)
            for last in super().blocks():
                yield last
            heard.wait(60)
            asked[0].request("terminated")
            while True:
                yield AudioBlock(last.samples[:0], last.end)

    asked: list[Stop] = []

    @contextmanager
    def guard(stop: Stop) -> Iterator[None]:
        asked.append(stop)
        yield

    outcomes = run(places_named(matches[:2]), lambda place: Live(place.spec), said.append, guard=guard)
    assert [outcome.end.reason for outcome in outcomes if outcome.end] == ["terminated"] * 2
    assert worst(outcomes) == 143
    for outcome in outcomes:
        assert (
            f"{outcome.place.name}: {outcome.readings} readings in 00:44, all kept in session {outcome.session}" in said
        )
        with SessionReader.open(root / outcome.session) as reader:
            assert (reader.info.end.reason, reader.info.readings) == ("terminated", outcome.readings)


def test_a_source_that_does_not_end_is_not_waited_for_without_end(matches: list[str], root: Path):
    hanging, released = threading.Event(), threading.Event()

    class Hanging(MediaFile):
        def blocks(self) -> Iterator[AudioBlock]:
            yield next(super().blocks())
            hanging.set()
            released.wait()

    @contextmanager
    def guard(stop: Stop) -> Iterator[None]:
        threading.Thread(target=lambda: hanging.wait(60) and stop.request("interrupted")).start()
        yield

    said: list[str] = []
    places = places_named(matches[:2])
    ticks = map(float, range(10_000))
    pauses = Pauses(ending_s=100.0, clock=lambda: next(ticks))

    def opening(place: Place):
        return (Hanging if place.name == "north" else MediaFile)(place.spec)

    wanted = Wanted(Settings(), speed=float("inf"))
    north, south = record_many(wanted, places, said.append, guard, pauses=pauses, opening=opening)
    assert (north.exit_code, worst([north, south])) == (6, 6)
    assert any(line.startswith("north: ") and "has not come to its end within 100 s" in line for line in said)
    released.set()


def test_the_same_microphone_in_other_words_is_refused():
    there = [InputDevice(0, "Scarlett 2i2", 2, 48000, True, "ALSA"), InputDevice(1, "USB", 1, 44100, False, "ALSA")]
    refuse_one_device_twice(places_named(["mic:scarlett", "mic:usb", "mic:gone", "demo"]), lambda: there)
    for other in ("mic:0", "mic", "mic:Scarlett 2i2"):
        with pytest.raises(UsageError, match="are the same microphone"):
            refuse_one_device_twice(places_named(["mic:scarlett", other]), lambda: there)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([0, 0], 0), ([143, 143], 143), ([0, 5], 5), ([143, 3], 3), ([3, 1, 5], 1), ([6, 1], 6), ([], 0)],
)
def test_the_exit_code_is_that_of_the_worst_end(codes: list[int], expected: int):
    place = Place("demo", "demo", "demo")
    ends = {0: End(1.0, "end_of_file"), 143: End(1.0, "terminated")}
    outcomes = [
        Outcome(place, end=ends[code]) if code in ends else Outcome(place, fault=MomentumError("", "", ExitCode(code)))
        for code in codes
    ]
    assert worst(outcomes) == expected
