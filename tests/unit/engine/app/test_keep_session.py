"""A run that is shown and recorded at once, and what goes on beside it."""

import os
from itertools import takewhile
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import soundfile

from engine.app.built_engine import build_engine
from engine.app.keep_awake import kept_awake
from engine.app.keep_session import recording, watched
from engine.app.listen import DEMO_AT_ONCE_S, Listening
from engine.app.open_source import open_source
from engine.audio.reconnecting import WatchedSource
from engine.core.errors import DeviceError, MomentumError, UsageError
from engine.core.settings import Settings
from engine.core.signals import End, Mark, Reading
from engine.session import SessionReader, list_sessions
from engine.session.device_lock import hold_device
from engine.session.file_lock import Holder
from tui.cli.open_monitor import on_screen, show_live
from tui.monitor.feed import FeedKind
from tui.monitor.live_feed import live_info
from tui.monitor.stored_feed import StoredFeed
from tui.monitor.widgets.header_and_status import banner_lines


@pytest.fixture
def crowd(tmp_path: Path) -> str:
    noise = np.random.default_rng(0).normal(scale=0.05, size=3 * 22050).astype(np.float32)
    soundfile.write(tmp_path / "crowd.wav", noise, 22050)
    return str(tmp_path / "crowd.wav")


@pytest.fixture
def root(home: Path) -> Path:
    return home / "data" / "sessions"


def test_the_demo_shows_an_index_from_the_first_second_and_the_one_it_would_have_shown_anyway(home: Path) -> None:
    engine = build_engine(Settings())
    waits, goes_on, now_s = Event(), Event(), [0.0]

    def sleep(seconds: float) -> None:
        waits.set()  # what comes at once has been heard
        goes_on.wait()
        now_s[0] += seconds

    source = open_source("demo", demo_at_once_s=DEMO_AT_ONCE_S, clock=lambda: now_s[0], sleep=sleep)
    seen = []

    def screen(feed, *_: object) -> int:
        waits.wait()
        seen.extend(feed.poll())
        assert "first 0:40 heard at once" in banner_lines(feed.info)[0]
        assert feed.vitals().delay_s is None  # sound that nobody waited for is not late
        goes_on.set()
        return 0

    opened = watched(source, Settings(), None)
    with recording(opened, engine, Settings(), keep=False, tell=print) as kept:
        show_live(Listening(opened, engine, kept), on_screen(Settings()), screen=screen, at_once_s=DEMO_AT_ONCE_S)
    shown = [event for event in seen if isinstance(event, Reading)]
    assert shown[-1].t == pytest.approx(DEMO_AT_ONCE_S, abs=0.2)
    assert shown[-1].pressure is not None
    plain = build_engine(Settings()).stream
    blocks = open_source("demo", speed=float("inf")).blocks()
    heard = [reading for block in takewhile(lambda b: b.start < 41 * 22050, blocks) for reading in plain.push(block)]
    assert [(r.t, r.pressure) for r in shown] == [(r.t, r.pressure) for r in heard[: len(shown)]]


def test_the_screen_and_the_session_have_the_same_run(crowd: str, root: Path):
    settings = Settings()
    engine = build_engine(settings)
    opened = watched(open_source(crowd, speed=float("inf")), settings, None)
    seen = []

    def screen(feed, *_: object) -> int:
        feed.run.result()
        feed.add_mark(Mark(2.0, "goal"))
        seen.extend(feed.poll())
        assert feed.info.session
        assert feed.info.recording
        return 0

    with recording(opened, engine, settings, keep=True, tell=print) as kept:
        assert show_live(Listening(opened, engine, kept), on_screen(settings), screen=screen) == 0
    (session,) = list_sessions(root)
    with SessionReader.open(session) as reader:
        recorded = reader.poll()
        replayed = StoredFeed(reader, FeedKind.REPLAY).info
    shown = live_info(engine, engine.start("crowd"))
    assert replayed.calibration == shown.calibration == "fitted on matches of the same kind that were not learned from"
    assert replayed.operating_points == shown.operating_points != ()
    assert [event for event in recorded if not isinstance(event, Mark)] == [e for e in seen if not isinstance(e, Mark)]
    assert Mark(2.0, "goal") in recorded


def test_a_screen_that_failed_is_the_reason_of_the_end(root: Path):
    def screen(feed, *_: object) -> int:
        raise MomentumError("the screen failed", "look at the log")

    settings = Settings()
    opened = watched(open_source("demo"), settings, None)
    engine = build_engine(settings)
    with recording(opened, engine, settings, keep=True, tell=print) as kept, pytest.raises(MomentumError):
        show_live(Listening(opened, engine, kept), on_screen(settings), screen=screen)
    (session,) = list_sessions(root)
    with SessionReader.open(session) as reader:
        assert [event.reason for event in reader.poll() if isinstance(event, End)] == ["screen_failed"]


def test_without_a_session_the_run_is_shown_all_the_same(crowd: str, root: Path):
    settings = Settings()
    engine = build_engine(settings)
    opened = watched(open_source(crowd, speed=float("inf")), settings, None)
    with recording(opened, engine, settings, keep=False, tell=print) as kept:
        run = Listening(opened, engine, kept)
        assert show_live(run, on_screen(settings), screen=lambda feed, *_: feed.run.result() and 0) == 0
    assert list_sessions(root) == []


class FakeDevice:
    """Stands for a device that is under watch."""

    name, live, duration_s = "USB", True, None

    def close(self) -> None: ...


def test_a_device_that_another_recorder_holds_leaves_no_empty_session(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.audio.microphone.Microphone", FakeDevice)
    opened = watched(FakeDevice(), Settings(), None)
    assert isinstance(opened.source, WatchedSource)
    engine = build_engine(Settings())
    lock = hold_device(root, "USB", Holder(os.getpid(), "2026-11-20T15:00:00Z", "USB", "s"))
    with (
        pytest.raises(DeviceError, match="is being recorded"),
        recording(opened, engine, Settings(), keep=True, tell=print),
    ):
        raise AssertionError("must not begin")
    assert list_sessions(root) == []
    lock.release()
    with recording(opened, engine, Settings(), keep=True, tell=print) as kept:
        assert [folder.name for folder in list_sessions(root)] == [kept.session]


def test_a_hook_that_cannot_be_run_is_said_before_anything_is_kept(crowd: str, root: Path):
    settings = Settings(on_spike="no-such-program-anywhere")
    opened = watched(open_source(crowd, speed=float("inf")), settings, None)
    with (
        pytest.raises(UsageError, match="is not found"),
        recording(opened, build_engine(settings), settings, True, print),
    ):
        raise AssertionError("must not begin")
    assert list_sessions(root) == []


@pytest.mark.parametrize("keep", [True, False])
def test_a_mac_is_kept_awake_while_it_listens_and_not_for_a_file(
    crowd: str, root: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
):
    started: list[list[str]] = []

    class Caffeinate:
        def __init__(self, command: list[str], **_: object) -> None:
            started.append(command)

        def terminate(self) -> None:
            started.append(["ended"])

        def wait(self, _: float) -> int:
            return -15

    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("engine.app.keep_session.kept_awake", lambda system: kept_awake(system, Caffeinate))
    monkeypatch.setattr("engine.audio.microphone.Microphone", FakeDevice)
    engine = build_engine(Settings())
    with recording(watched(FakeDevice(), Settings(), None), engine, Settings(), keep=keep, tell=print):
        assert started == [["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]]
    assert started.pop() == ["ended"]
    started.clear()
    with recording(watched(open_source(crowd), Settings(), None), engine, Settings(), keep=keep, tell=print):
        assert started == []
