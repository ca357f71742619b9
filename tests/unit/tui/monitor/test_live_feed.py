from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DeviceError, MomentumError
from engine.core.signals import AudioBlock, End, Health, Mark, Reading, Start
from engine.live.spike_detector import SpikeDetector, SpikeSettings
from engine.live.stream import PressureStream
from engine.session import SessionReader, SessionWriter
from tests.unit.engine.explain.sessions import small_weights
from tests.unit.tui.monitor.fake_feed import INFO
from tui.monitor.feed import FeedKind
from tui.monitor.live_feed import LiveFeed
from tui.monitor.model import Model
from tui.monitor.stored_feed import StoredFeed

READING = Reading(1.0, 0.2, -30.0, -20.0, Health.LISTENING)


def made(store: StoredFeed | None = None, now_s: float = 10.0) -> LiveFeed:
    feed = LiveFeed(INFO, SpikeDetector(SpikeSettings(on=0.7, off=0.5)), store, clock=lambda: now_s)
    feed.run = Future()
    return feed


def test_what_the_engine_writes_is_polled_once_in_order() -> None:
    feed = made()
    later = replace(READING, t=1.1)
    feed.write(READING)
    feed.write(later)
    assert list(feed.poll()) == [READING, later]
    assert list(feed.poll()) == []


def test_the_delay_is_from_the_sound_heard_to_now() -> None:
    feed = made(now_s=10.0)
    feed.sound(AudioBlock(np.zeros(22050 * 2, np.float32), 0, captured_at=9.95))
    feed.write(replace(READING, t=1.9))
    feed.poll()
    assert feed.vitals().delay_s == pytest.approx(0.15)


def test_the_spectrum_is_the_newest_mel_frame() -> None:
    feed = made()
    assert feed.spectrum() is None
    feed.sound(AudioBlock(np.random.default_rng(7).normal(0, 0.1, 22050).astype(np.float32), 0))
    frame = feed.spectrum()
    assert frame is not None
    assert frame.shape == (64,)


def test_the_engine_takes_a_new_alarm_line_between_two_blocks_and_the_session_notes_it() -> None:
    detector = SpikeDetector(SpikeSettings(on=0.8, off=0.4))
    feed = LiveFeed(INFO, detector, clock=lambda: 0.0)
    feed.run = Future()
    assert feed.set_threshold(0.6)
    assert detector.settings.on == 0.8
    feed.flush()
    assert (detector.settings.on, detector.settings.off) == pytest.approx((0.6, 0.3))
    model = Model(feed)
    model.take(feed.poll())
    assert (model.threshold, model.marks) == (0.6, [])
    feed.run.set_result(None)
    assert not feed.set_threshold(0.7)
    feed.write(End(1.0, "end_of_file"))
    feed.flush()
    model.take(feed.poll())
    assert model.threshold == 0.6
    assert feed.vitals().delay_s is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DeviceError("microphone lost", "plug it in"), "microphone lost"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
    ],
)
def test_an_engine_that_died_without_a_word_still_ends_the_session(error: Exception, said: str) -> None:
    feed = made()
    assert feed.running
    feed.write(READING)
    assert feed.run is not None
    feed.run.set_exception(error)
    assert list(feed.poll()) == [READING, End(1.0, "fault", said)]
    assert list(feed.poll()) == []
    assert not feed.running


def test_an_end_that_was_said_is_not_said_again() -> None:
    feed = made()
    end = End(1.0, "end_of_file")
    feed.write(end)
    assert feed.run is not None
    feed.run.set_result(end)
    assert list(feed.poll()) == [end]


def test_without_a_store_marks_show_and_exports_say_why_not(tmp_path: Path) -> None:
    feed = made()
    feed.add_mark(Mark(1.0, "goal"))
    assert list(feed.poll()) == [Mark(1.0, "goal")]
    with pytest.raises(MomentumError, match="keeps no session"):
        feed.export("json", tmp_path)


def test_marks_of_visitors_show_as_well_and_the_own_ones_once(tmp_path: Path) -> None:
    writer = SessionWriter.create(tmp_path, "demo:7")
    writer.write(Start(writer.name, "demo:7", "default", True, 22050, INFO.started_at, 0.7, "danger"))
    now = [0.0]
    store = StoredFeed(SessionReader.open(writer.folder), FeedKind.LIVE)
    feed = LiveFeed(INFO, SpikeDetector(), store, clock=lambda: now[0])
    feed.run = Future()
    feed.poll()
    feed.add_mark(Mark(1.0, "goal"))
    assert list(feed.poll()) == [Mark(1.0, "goal")]
    with SessionReader.open(writer.folder) as visitor:
        visitor.add_mark(Mark(2.0, "corner"))
    now[0] = 2.0
    assert list(feed.poll()) == [Mark(2.0, "corner")]
    feed.close()
    writer.close()


def test_without_a_session_a_spike_is_explained_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.explain.attribution._MOST_NODES", 9)  # the first answer is enough
    weights = small_weights(tmp_path / "small")
    feed = LiveFeed(INFO, SpikeDetector(), weights=weights.folder, clock=lambda: 0.0)
    sound = (0.03 * np.random.default_rng(1).normal(size=44 * 22050)).astype(np.float32)
    block = AudioBlock(sound, 0)
    feed.sound(block)
    readings = PressureStream(weights.network, weights.config.calibration).push(block)
    for reading in readings:
        feed.write(reading)
    done = feed.explain(readings[-1].t)
    assert done.attribution.index == pytest.approx(readings[-1].pressure, abs=1e-5)
    with pytest.raises(MomentumError, match="no longer in memory"):
        feed.explain(20.0)
