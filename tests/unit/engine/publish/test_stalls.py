"""A receiver that takes nothing while its socket is full: the thread that listens never waits for it.

Nothing is timed. The sender is held within its network write, and the thread that listens comes to its end, or says
that it waits.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from engine.app.publishing import Published, publishing
from engine.core.publish_settings import PublishSettings
from engine.publish import mqtt, webhook
from engine.publish.memory_backlog import MemoryBacklog
from tests.publishing.brokers import PATIENCE_S
from tests.publishing.recorder import Recorder, Unkept, recorded

BROKER = {"mqtt": {"broker": "127.0.0.1:9"}}
WEBHOOK = {"webhooks": [{"url": "http://127.0.0.1:9/", "events": ["alarm", "spike", "match", "health"]}]}


class FullSocket:
    """A network write that never comes back, until the test is over."""

    def __init__(self) -> None:
        self.entered, self.over = threading.Event(), threading.Event()

    def write(self, *_: Any, **__: Any) -> int:
        self.entered.set()
        self.over.wait(4 * PATIENCE_S)
        return 1

    def connection(self, *_: Any, **__: Any) -> "FullSocket":
        return self

    window = 20
    publish = write

    def turn(self, wait_s: float = 0.0) -> None: ...

    def take_acknowledged(self) -> dict[int, str]:
        return {}

    def leave(self, *_: Any) -> None: ...

    def drop(self) -> None: ...


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> FullSocket:
    made = FullSocket()
    monkeypatch.setattr(mqtt, "Connection", made.connection)
    monkeypatch.setattr(webhook, "post", made.write)
    monkeypatch.setattr("engine.app.publishing.LAST_S", 0.0)
    monkeypatch.setattr("engine.app.publishing._GOODBYES_S", 0.0)
    return made


@contextmanager
def run(folder: Path, receiver: dict[str, Any], kept: bool) -> Iterator[tuple[Recorder, Published]]:
    """A run that is published, with a session or, as with ``--no-record``, without."""
    settings = {"venue": "v", **receiver}
    if kept:
        with recorded(folder, settings, lambda told: None) as recorder:
            yield recorder, recorder.published  # type: ignore[attr-defined]
    else:
        with publishing(PublishSettings.model_validate(settings), None, folder, lambda told: None) as published:
            yield Recorder(folder, published, Unkept()), published  # type: ignore[arg-type]


def listens_on(recorder: Recorder, published: Published, full: FullSocket, waits: "Queue[str]") -> str:
    """What becomes of a minute of listening while the network write goes on: ``heard``, or what ``waits`` says."""

    def listen() -> None:
        recorder.hear(5)  # something to be sent
        full.entered.wait(PATIENCE_S)
        recorder.hear(60)
        published.take_notices()
        waits.put("heard")

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    found = waits.get(timeout=2 * PATIENCE_S)
    assert full.entered.wait(PATIENCE_S) and not full.over.is_set()
    full.over.set()
    thread.join(PATIENCE_S)
    return found


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "not-kept"])
@pytest.mark.parametrize("receiver", [BROKER, WEBHOOK], ids=["broker", "webhook"])
def test_a_receiver_that_takes_nothing_never_holds_up_a_reading(
    tmp_path: Path, full: FullSocket, receiver: dict[str, Any], kept: bool
):
    with run(tmp_path, receiver, kept) as (recorder, published):
        assert listens_on(recorder, published, full, Queue()) == "heard"


def test_a_sender_that_held_its_lock_while_it_writes_would_be_found_out(
    tmp_path: Path, full: FullSocket, monkeypatch: pytest.MonkeyPatch
):
    """The test above with a sender as it must not be: one lock around the queue and the network write."""
    lock, waits = threading.Lock(), Queue[str]()
    take, write = MemoryBacklog.take, MemoryBacklog.write
    held = threading.Event()

    def take_and_keep_the_lock(backlog: MemoryBacklog, limit: int) -> Any:
        if held.is_set():  # what it took before was for nobody
            held.clear()
            lock.release()
        items = take(backlog, limit)
        if items:
            lock.acquire()
            held.set()
        return items

    def write_with_the_lock(backlog: MemoryBacklog, event: Any) -> None:
        if not lock.acquire(blocking=False):
            waits.put("it waits for the sender")
            lock.acquire()
        write(backlog, event)
        lock.release()

    def send(*_: Any, **__: Any) -> int:
        number = full.write()
        held.clear()
        lock.release()
        return number

    monkeypatch.setattr(MemoryBacklog, "take", take_and_keep_the_lock)
    monkeypatch.setattr(MemoryBacklog, "write", write_with_the_lock)
    monkeypatch.setattr(webhook, "post", send)
    with run(tmp_path, WEBHOOK, kept=False) as (recorder, published):
        assert listens_on(recorder, published, full, waits) == "it waits for the sender"
