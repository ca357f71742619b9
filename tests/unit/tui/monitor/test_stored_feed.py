import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.signals import AudioBlock, End, Mark, Start
from engine.session import SessionReader, SessionWriter
from tests.unit.engine.session.helpers import start
from tests.unit.tui.monitor.fake_feed import INFO, make_events
from tui.monitor.feed import FeedKind, SpikeLabel
from tui.monitor.model import Model
from tui.monitor.stored_feed import StoredFeed

POINTS = [{"false_per_match": 1, "threshold": 0.7}, {"false_per_match": 0.2, "threshold": 0.9}]


def begun(root: Path) -> SessionWriter:
    writer = SessionWriter.create(root, "demo:7", keep_sound=True, weights={"operating_points": POINTS})
    writer.write(Start(writer.name, "demo:7", "default", True, 22050, INFO.started_at, 0.7, "danger"))
    return writer


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SessionWriter]:
    writer = begun(tmp_path)
    yield writer
    writer.close()


@pytest.fixture
def feed(writer: SessionWriter) -> Iterator[StoredFeed]:
    for event in make_events(120.0):
        writer.write(event)
    feed = StoredFeed(SessionReader.open(writer.folder), FeedKind.WATCH)
    yield feed
    feed.close()


def test_it_says_what_the_session_is(feed: StoredFeed) -> None:
    info = feed.info
    assert (info.source, info.weights, info.threshold, info.simulated) == ("demo:7", "default", 0.7, True)
    assert [point.threshold for point in info.operating_points] == [0.9, 0.7]
    assert feed.running


def test_a_model_opened_on_it_knows_all_and_then_follows(feed: StoredFeed, writer: SessionWriter) -> None:
    model = Model(feed)
    model.open()
    fresh = Model(StoredFeed(SessionReader.open(writer.folder), FeedKind.WATCH))
    fresh.take(fresh.feed.poll())
    assert len(model.history) == len(fresh.history) > 1000
    assert model.spikes == fresh.spikes
    for event in make_events(130.0)[-100:]:
        writer.write(event)
    writer.write(End(130.0, "quit"))
    model.take(feed.poll())
    assert model.head_s == pytest.approx(130.0, abs=0.1)
    assert model.end == End(130.0, "quit")


def test_what_was_heard_before_the_screen_opened_is_known_and_what_is_heard_since(writer: SessionWriter) -> None:
    events = make_events(120.0, tags=True)
    for event in events[:-300]:
        writer.write(event)
    feed = StoredFeed(SessionReader.open(writer.folder), FeedKind.WATCH)
    model = Model(feed)
    model.open()
    heard = model.moment(60.0).heard
    assert heard is not None and heard.startswith("chant 0.81, ")
    assert model.moment(20.0).heard is None
    head_s = model.head_s
    for event in events[-300:]:
        writer.write(event)
    model.take(feed.poll())
    assert model.head_s > head_s and model.moment(model.head_s).heard is not None
    assert {spike.what for spike in model.spikes} == {"cheer"}
    feed.close()


def test_a_mark_set_on_the_screen_comes_back_once(feed: StoredFeed) -> None:
    model = Model(feed)
    model.open()
    feed.add_mark(Mark(60.0, "goal", "header"))
    model.take(feed.poll())
    model.take(feed.poll())
    assert model.marks == [Mark(60.0, "goal", "header")]


def test_a_label_that_was_taken_back_is_gone_for_the_next_visitor_and_can_be_given_again(
    feed: StoredFeed, writer: SessionWriter
) -> None:
    label = SpikeLabel(71.0, "right", "goal", "header")
    feed.label_spike(label)
    feed.unlabel_spike(label)
    assert feed.labels() == StoredFeed(SessionReader.open(writer.folder), FeedKind.REPLAY).labels() == []
    feed.label_spike(label)
    assert feed.labels() == [label]


def test_a_second_export_does_not_take_the_place_of_the_first(feed: StoredFeed, tmp_path: Path) -> None:
    first, second = feed.export("labels", tmp_path), feed.export("labels", tmp_path)
    assert [path.name for path in (first, second)] == [
        f"{feed.reader.name}.labels.json",
        f"{feed.reader.name}.labels-2.json",
    ]
    assert first.stat().st_mode & 0o777 == 0o600


def test_a_session_whose_folder_belongs_to_another_is_not_writable(
    feed: StoredFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert feed.writable
    monkeypatch.setattr("engine.session.reader.os.access", lambda path, mode: False)
    assert not feed.writable


def test_labels_are_kept_for_the_next_visitor(feed: StoredFeed, writer: SessionWriter) -> None:
    label = SpikeLabel(71.0, "right", "goal", "header")
    feed.label_spike(label)
    assert StoredFeed(SessionReader.open(writer.folder), FeedKind.REPLAY).labels() == [label]


@pytest.mark.parametrize("kind", ["spikes", "readings", "json", "labels"])
def test_an_export_is_for_its_owner_alone(feed: StoredFeed, tmp_path: Path, kind: str) -> None:
    path = feed.export(kind, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size > 0


def test_a_clip_is_the_sound_around_a_spike(feed: StoredFeed, writer: SessionWriter, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        feed.clip(71.0, tmp_path)
    writer.sound(AudioBlock(np.full(90 * 22050, 0.1, np.float32), 0))
    writer.close()
    path = feed.clip(71.0, tmp_path)
    assert path.suffix == ".flac"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_gone_is_said_and_no_fault(feed: StoredFeed, writer: SessionWriter) -> None:
    shutil.rmtree(writer.folder)
    assert feed.vitals().detail == "the session's folder is gone"


def test_a_session_without_a_start_is_refused_with_a_hint(tmp_path: Path) -> None:
    writer = SessionWriter.create(tmp_path, "demo:7")
    with pytest.raises(InputError, match="holds nothing yet"):
        StoredFeed(SessionReader.open(writer.folder), FeedKind.WATCH)
    writer.close()


def test_a_session_of_another_detector_has_lines_to_take_that_promise_nothing(tmp_path: Path) -> None:
    writer = SessionWriter.create(
        tmp_path, "demo:7", weights={"operating_points": POINTS}, settings={"spike_refractory_s": 2.0}
    )
    writer.write(start(writer.name))
    feed = StoredFeed(SessionReader.open(writer.folder), FeedKind.REPLAY)
    assert [(point.threshold, point.alarms_per_match) for point in feed.info.operating_points] == [
        (0.9, None),
        (0.7, None),
    ]
    feed.close()
    writer.close()
