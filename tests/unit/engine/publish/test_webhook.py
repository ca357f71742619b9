"""Webhooks: what a receiver gets, however it behaves."""

import json
import re
from pathlib import Path

import pytest

from engine.core.signals import Health
from engine.publish.wanted_events import EVENTS
from engine.session import SessionReader
from engine.session.follow_rows import Position
from tests.publishing.brokers import free_port
from tests.publishing.receiver import HANG_UP, STALL, receiving
from tests.publishing.recorder import recorded

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAGE = Path(__file__).parents[4] / "docs" / "publish.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.publish.webhook.RETRY_S", (0.01, 0.05))
    monkeypatch.setattr("engine.publish.webhook.TIMEOUT_S", 0.4)


def to(url: str, **more: object) -> dict[str, object]:
    return {"venue": "Old Trafford", "webhooks": [{"url": url, **more}]}


def wanted(root: Path) -> list[str]:
    """Ids of what a receiver is told without being asked for more: spikes, another health, start and end."""
    ids: list[str] = []
    for folder in sorted(path.parent for path in root.glob("*/session.db")):
        health = None
        with SessionReader.open(folder) as session:
            for row in session.rows_after(Position(), readings=False).new(10**6):
                name = next((name for name, types in EVENTS.items() if isinstance(row.event, types)), "")
                if name == "health":
                    before, health = health, row.event.health
                    if health is before:
                        continue
                if name in ("spike", "health", "session"):
                    ids.append(f"{folder.name}/e{row.number}")
    return ids


def test_a_receiver_is_told_of_spikes_health_start_and_end_in_order(root: Path):
    with receiving() as receiver:
        with recorded(root, to(receiver.url)) as recorder:
            recorder.hear(12)
            recorder.change(Health.LOST, "the cable")
            recorder.change(Health.LOST, "a notice within the same state")
            recorder.change(Health.LISTENING)
            recorder.hear(6)
            receiver.until(lambda: len(receiver.taken) == 1 + 1 + 3 + 2)
        receiver.until(lambda: len(receiver.taken) == len(wanted(root)))
    assert receiver.ids() == wanted(root)
    bodies = [json.loads(body) for _, body in receiver.taken]
    assert [body["type"].removeprefix("momentum.") for body in bodies] == [
        "start", "health", "spike", "spike", "health", "health", "spike", "end",
    ]  # fmt: skip
    assert bodies[0]["data"]["venue"] == "Old Trafford"
    assert not list(root.glob("*/publish-*"))


@pytest.mark.parametrize(
    "trouble",
    [
        [500] * 4, [HANG_UP, 502, HANG_UP], [STALL, 200, STALL], [404, 401, 302],
        [(429, {"retry-after": "0"}), (503, {"retry-after": "Fri, 20 Nov 2026 15:00:00 GMT"}), (429, {})],
    ],
)  # fmt: skip
def test_a_receiver_in_trouble_loses_nothing_and_sees_one_id_for_one_message(root: Path, trouble: list):
    with receiving([200, *trouble]) as receiver, recorded(root, to(receiver.url)) as recorder:
        recorder.hear(20)
        receiver.until(lambda: len(receiver.taken) == len(wanted(root)))
        assert receiver.ids() == wanted(root)
        assert len(receiver.asked) >= len(receiver.taken) + len([each for each in trouble if each != 200])
        assert list(dict.fromkeys(headers["webhook-id"] for headers, _ in receiver.asked)) == wanted(root)


def test_a_receiver_that_asks_for_a_rest_has_it(root: Path, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    monkeypatch.setattr("engine.publish.sender.Sender.wait", lambda self, s: waits.append(s) or self._ending.wait(0.01))
    rests = [(429, {"retry-after": "1234"}), (503, {"retry-after": "99999"}), 503]
    with receiving(rests) as receiver, recorded(root, to(receiver.url)):
        receiver.until(lambda: len(receiver.taken) == 2)
    assert [wait for wait in waits if wait > 1] == [1234.0, 3600.0]


def test_a_receiver_that_is_gone_for_long_hears_all_of_it_when_it_is_back(root: Path):
    port = free_port()
    with recorded(root, to(f"http://127.0.0.1:{port}/hooks/T0123"), lambda told: None) as recorder:
        recorder.hear(300)
        sender = recorder.published.senders[0]
        while sender.failures < 20:
            sender.wait(0.01)
        recorder.hear(300)
        with receiving(port=port) as receiver:
            receiver.until(lambda: len(receiver.taken) == len(wanted(root)))
            assert receiver.ids() == wanted(root)


def test_what_a_receiver_has_not_taken_comes_with_the_next_start(root: Path):
    port, said = free_port(), []
    with recorded(root, to(f"http://127.0.0.1:{port}/hooks/T0123"), said.append) as recorder:
        recorder.hear(20)
    assert "publish: 7 messages wait for http://127.0.0.1" in said[0]
    assert "T0123" not in said[0]
    with receiving(port=port) as receiver:
        with recorded(root, to(receiver.url)):
            receiver.until(lambda: len(receiver.taken) == 9)
        receiver.until(lambda: len(receiver.taken) == len(wanted(root)))
        assert receiver.ids() == wanted(root)
        assert all(json.loads(body)["data"]["late"] for _, body in receiver.taken[:7])


def test_a_message_that_is_refused_for_itself_does_not_hold_up_the_others(root: Path):
    with receiving([200, *[422] * 5]) as receiver, recorded(root, to(receiver.url)) as recorder:
        recorder.hear(10)
        receiver.until(lambda: len(receiver.taken) == len(wanted(root)) - 1)
        assert receiver.ids() == [wanted(root)[0], *wanted(root)[2:]]
        assert recorder.published.senders[0].refused == 1


def test_the_ten_lines_of_the_page_verify_every_signature(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    (lines,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict = {}
    exec(lines, names)
    with receiving() as receiver, recorded(root, to(receiver.url, secret_from="env:HOOK_SECRET")) as recorder:
        recorder.hear(10)
        receiver.until(lambda: len(receiver.taken) == len(wanted(root)))
    for headers, body in receiver.taken:
        assert names["is_genuine"](SECRET, headers, body)
        assert not names["is_genuine"](SECRET, headers, body + b" ")
        assert not names["is_genuine"](SECRET.replace("M", "N"), headers, body)
        old = headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1000)}
        assert not names["is_genuine"](SECRET, old, body)
    assert len([line for line in lines.splitlines() if line]) <= 10


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ("slack", ("text",)),
        ("discord", ("content",)),
        ("teams", ("attachments", 0, "content", "body", 0, "text")),
    ],
)
def test_a_chat_gets_a_sentence_in_its_own_form_and_calls_nobody(root: Path, form: str, where: tuple):
    venue = "<!channel> @everyone & Co"
    with receiving() as receiver:
        settings = to(receiver.url, format=form, events=["spike"]) | {"venue": venue}
        with recorded(root, settings) as recorder:
            recorder.hear(5)
            receiver.until(lambda: len(receiver.taken) == 1)
    found = body = json.loads(receiver.taken[0][1])
    for step in where:
        found = found[step]
    assert found.endswith(
        "@everyone &amp; Co: spike from 00:03 on, highest 0.90" if form == "slack" else "highest 0.90"
    )
    if form == "discord":
        assert body["allowed_mentions"] == {"parse": []}


def test_a_sentence_of_ones_own(root: Path):
    with receiving() as receiver:
        more = {"format": "slack", "events": ["match"], "text": "$label in $venue! $note $unknown"}
        with recorded(root, to(receiver.url, **more)) as recorder:
            recorder.hear(5)
            receiver.until(lambda: len(receiver.taken) == 1)
    assert json.loads(receiver.taken[0][1]) == {"text": "goal in Old Trafford! 5 $unknown"}
